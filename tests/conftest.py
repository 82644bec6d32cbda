"""Fixtures that keep a test's plugins and log records to itself."""

from collections.abc import Iterator

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
