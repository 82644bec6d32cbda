"""The plugin of the JSON recorder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locust_telemetry import config
from locust_telemetry.core.plugin import BaseRecorderPlugin
from locust_telemetry.options import JSON_OPTIONS, add_options

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry.core.recorder import BaseRecorder


class LocustJsonRecorderPlugin(BaseRecorderPlugin):
    """Records JSON lines: on the `locust_telemetry` logger, and in a file where one is given."""

    RECORDER_PLUGIN_ID: str | None = config.TELEMETRY_JSON_RECORDER_PLUGIN_ID

    def add_test_metadata(self) -> dict[str, Any]:
        """Return nothing: the defaults suffice."""
        return {}

    def add_cli_arguments(self, group: Any) -> None:
        """Add the options of the JSON file."""
        add_options(group, JSON_OPTIONS)

    def load_master_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Record a master."""
        from locust_telemetry.recorders.json.recorder import LocustJsonMasterNodeRecorder

        self._record(LocustJsonMasterNodeRecorder, environment)

    def load_worker_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Record a worker."""
        from locust_telemetry.recorders.json.recorder import LocustJsonWorkerNodeRecorder

        self._record(LocustJsonWorkerNodeRecorder, environment)

    def load_local_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Record a run in one process."""
        from locust_telemetry.recorders.json.recorder import LocustJsonLocalNodeRecorder

        self._record(LocustJsonLocalNodeRecorder, environment)

    def _record(self, recorder_cls: type[BaseRecorder], environment: Environment) -> None:
        from locust_telemetry.recorders.json import handlers

        recorder_cls(
            env=environment,
            output_handler_cls=handlers.JsonTelemetryOutputHandler,
            lifecycle_handler_cls=handlers.JsonTelemetryLifecycleHandler,
            system_handler_cls=handlers.JsonTelemetrySystemMetricsHandler,
            requests_handler_cls=handlers.JsonTelemetryRequestHandler,
        )
