"""Fixtures that keep a test's plugins, log records and runs to itself."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from locust_telemetry.core.manager import RecorderPluginManager

from tests.isolation import own_logger, own_manager
from tests.locust_doubles import LoggedRecords


def pytest_configure(config: pytest.Config) -> None:
    # A shell's background job inherits that both are ignored, and so would every process that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


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
    """A place of the tests' own for runs that are told no other; returns the store that will be there."""
    data = tmp_path_factory.getbasetemp() / "data"
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    return data / "locust-telemetry" / "runs.db"
