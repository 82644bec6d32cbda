"""The plugin of the OpenTelemetry recorder. Loads `opentelemetry` only where it is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locust_telemetry import config
from locust_telemetry.core.plugin import BaseRecorderPlugin
from locust_telemetry.options import OTEL_OPTIONS, add_options

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry.core.recorder import BaseRecorder


class LocustOtelRecorderPlugin(BaseRecorderPlugin):
    """Exports metrics and logs by OTLP."""

    RECORDER_PLUGIN_ID: str | None = config.TELEMETRY_OTEL_RECORDER_PLUGIN_ID

    def add_test_metadata(self) -> dict[str, Any]:
        """Return nothing: the defaults suffice."""
        return {}

    def add_cli_arguments(self, group: Any) -> None:
        """Add the options of the export."""
        add_options(group, OTEL_OPTIONS)

    def load_master_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Record a master."""
        from locust_telemetry.recorders.otel.recorder import LocustOtelMasterNodeRecorder

        self._record(LocustOtelMasterNodeRecorder, environment)

    def load_worker_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Record a worker."""
        from locust_telemetry.recorders.otel.recorder import LocustOtelWorkerNodeRecorder

        self._record(LocustOtelWorkerNodeRecorder, environment)

    def load_local_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Record a run in one process."""
        from locust_telemetry.recorders.otel.recorder import LocustOtelLocalNodeRecorder

        self._record(LocustOtelLocalNodeRecorder, environment)

    def load(self, environment: Environment, **kwargs: Any) -> None:
        """Make the recorders and set the export up; raises OptionError for options that cannot be used."""
        from locust_telemetry.recorders.otel.lease import Lease
        from locust_telemetry.recorders.otel.otel import configure_otel

        Lease.of(environment)  # What a subclass's recorders register their instruments with.
        super().load(environment, **kwargs)
        configure_otel(environment)

    def _record(self, recorder_cls: type[BaseRecorder], environment: Environment) -> None:
        from locust_telemetry.recorders.otel import handlers

        recorder_cls(
            env=environment,
            output_handler_cls=handlers.OtelOutputHandler,
            lifecycle_handler_cls=handlers.OtelLifecycleHandler,
            system_handler_cls=handlers.OtelSystemMetricsHandler,
            requests_handler_cls=handlers.OtelRequestHandler,
        )
