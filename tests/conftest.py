"""Fixtures that keep a test's plugins, log records and runs to itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from locust_telemetry.core.manager import RecorderPluginManager

from tests.isolation import own_logger, own_manager
from tests.locust_doubles import LoggedRecords


@pytest.fixture
def manager() -> Iterator[RecorderPluginManager]:
    with own_manager() as manager:
        yield manager


@pytest.fixture
def logged() -> Iterator[LoggedRecords]:
    with own_logger() as logged:
        yield logged


@pytest.fixture(autouse=True)
def own_runs(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run store of the test's own, where local recorders keep runs that are told no other, and any free port."""
    store = tmp_path_factory.getbasetemp() / "runs.db"
    monkeypatch.setenv("LOCUST_TELEMETRY_STORE", str(store))
    monkeypatch.setenv("LOCUST_TELEMETRY_WEB_PORT", "0")
    return store
