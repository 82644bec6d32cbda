"""The earlier spelling of recorders: a base class with `log_telemetry`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locust_telemetry.core.events import TelemetryEventsEnum, TelemetryMetricsEnum
from locust_telemetry.recorders.json.handlers import JsonTelemetryOutputHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from locust.env import Environment


class TelemetryBaseRecorder:
    """A recorder that logs what it likes with the run's context."""

    #: Names the recorder's records where their data does not.
    name: str = "telemetry"

    def __init__(self, env: Environment, **kwargs: Any) -> None:
        """Keep the environment; listen to `self.env.events` from here."""
        self.env = env
        self._output = JsonTelemetryOutputHandler(env)

    def log_telemetry(self, data: Mapping[str, Any], **attributes: Any) -> None:
        """Log a record: the run's context, then `data`, then the attributes; later ones win.

        The record is an `event` with the recorder's name unless `data` or the attributes say otherwise with
        `telemetry_type` and `telemetry_name`.
        """
        fields = {**data, **attributes}
        kind = str(fields.pop("telemetry_type", "event"))
        name = fields.pop("telemetry_name", self.name)
        if isinstance(name, (TelemetryEventsEnum, TelemetryMetricsEnum)):
            name = name.value
        self._output.log_record(kind, str(name), fields)
