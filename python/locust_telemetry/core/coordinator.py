"""Connects the recording of this process with Locust's global events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locust_telemetry.core.manager import RecorderPluginManager

if TYPE_CHECKING:
    from locust.argument_parser import LocustArgumentParser

    from locust_telemetry.session import Session


class TelemetryCoordinator:
    """Sets the recording up for a `locust` process: options, metadata, plugins. One for each process."""

    _instance: TelemetryCoordinator | None = None
    session: Session | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> TelemetryCoordinator:
        """Return the process's one coordinator."""
        if TelemetryCoordinator._instance is None:
            TelemetryCoordinator._instance = super().__new__(cls)
        return TelemetryCoordinator._instance

    def __init__(self, recorder_plugin_manager: RecorderPluginManager) -> None:
        """Keep the manager whose plugins are to be loaded."""
        self.recorder_plugin_manager = recorder_plugin_manager or RecorderPluginManager()

    def initialize(self) -> None:
        """Register on Locust's events: options before parsing, then metadata, plugins and recording.

        Safe to call again: hooks are registered once.
        """
        if self.session is not None:
            return
        from locust import events

        from locust_telemetry.session import Session

        self.session = Session(events, self.recorder_plugin_manager)
        events.init_command_line_parser.add_listener(self._add_cli_arguments)
        self.session.connect()

    def _add_cli_arguments(self, parser: LocustArgumentParser, **kwargs: Any) -> None:
        """Add the options of the package and of each plugin, once for each parser."""
        from locust_telemetry.core.cli import register_telemetry_cli_args

        group = register_telemetry_cli_args(parser)
        if not getattr(parser, "_locust_telemetry_plugins", False):
            parser._locust_telemetry_plugins = True
            self.recorder_plugin_manager.register_plugin_clis(group)
