"""What is one for each process, put back after a test."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import opentelemetry.metrics._internal as api
from locust_telemetry.core.coordinator import TelemetryCoordinator
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.recorders.otel.meter_provider import NativeMeterProvider
from locust_telemetry.recorders.otel.process import ProcessExport, process
from opentelemetry.util._once import Once

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
def own_export() -> Iterator[ProcessExport]:
    """Give the process's export as it is at first, and OpenTelemetry's API without a global provider of meters."""
    names = ("_METER_PROVIDER", "_METER_PROVIDER_SET_ONCE", "_PROXY_METER_PROVIDER")
    before = [getattr(api, name) for name in names]
    for name, fresh in zip(names, (None, Once(), api._ProxyMeterProvider()), strict=True):
        setattr(api, name, fresh)
    provider, process.provider = process.provider, NativeMeterProvider()
    try:
        yield process
    finally:
        process.abandon()
        process.provider = provider
        for name, value in zip(names, before, strict=True):
            setattr(api, name, value)


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
