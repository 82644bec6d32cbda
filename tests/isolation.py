"""What is one for each process, put back after a test."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from locust_telemetry.core.coordinator import TelemetryCoordinator
from locust_telemetry.core.manager import RecorderPluginManager

from tests.locust_doubles import LoggedRecords


@contextmanager
def own_manager() -> Iterator[RecorderPluginManager]:
    """Give an empty registry of plugins, and no coordinator yet."""
    manager, coordinator = RecorderPluginManager._instance, TelemetryCoordinator._instance
    RecorderPluginManager._instance = TelemetryCoordinator._instance = None
    try:
        yield RecorderPluginManager()
    finally:
        RecorderPluginManager._instance, TelemetryCoordinator._instance = manager, coordinator


@contextmanager
def own_logger() -> Iterator[LoggedRecords]:
    """Give the `locust_telemetry` logger as it is at first, with one handler that keeps its records."""
    logger = logging.getLogger("locust_telemetry")
    handlers, level, propagate = logger.handlers[:], logger.level, logger.propagate
    kept = LoggedRecords()
    logger.handlers[:] = [kept]
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield kept
    finally:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate
