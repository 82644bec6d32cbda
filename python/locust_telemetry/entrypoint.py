"""Turns telemetry on: `entrypoint.initialize()` in a locustfile, after `from locust_telemetry import entrypoint`."""

from __future__ import annotations

from typing import Any

from locust_telemetry.core.coordinator import TelemetryCoordinator
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.core.plugin import telemetry_recorder_plugin
from locust_telemetry.recorders.json.plugin import LocustJsonRecorderPlugin
from locust_telemetry.recorders.local.plugin import LocustLocalRecorderPlugin
from locust_telemetry.recorders.otel.plugin import LocustOtelRecorderPlugin

#: The plugins that come with the package.
CONFIGURED_RECORDER_PLUGINS = (LocustJsonRecorderPlugin, LocustLocalRecorderPlugin, LocustOtelRecorderPlugin)


def register_plugins() -> RecorderPluginManager:
    """Register the plugins that come with the package, once; return their manager."""
    for plugin_cls in CONFIGURED_RECORDER_PLUGINS:
        telemetry_recorder_plugin(plugin_cls)
    return RecorderPluginManager()


def initialize(*args: Any, **kwargs: Any) -> None:
    """Register the package's plugins and start the coordinator. Safe to call more than once."""
    TelemetryCoordinator(recorder_plugin_manager=register_plugins()).initialize()


def setup_telemetry() -> None:
    """Do what `initialize` does; the name for locustfiles."""
    initialize()
