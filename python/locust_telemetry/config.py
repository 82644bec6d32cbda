"""Names and defaults that several modules share."""

from __future__ import annotations

import uuid
from collections.abc import Callable

#: Seconds between periodic records.
DEFAULT_STATS_RECORDER_INTERVAL: float = 3

#: Level of the `locust_telemetry` logger. Records are logged at INFO: a higher level silences them on the
#: logger (a JSON file still gets them).
DEFAULT_TELEMETRY_LOG_LEVEL: str = "info"

#: Seconds that the end of a test or of the process may wait for recorders.
DEFAULT_FLUSH_TIMEOUT: float = 5

#: Metadata that every run has, by name; a callable is called once for each run.
DEFAULT_ENVIRONMENT_METADATA: dict[str, Callable[[], str]] = {
    "run_id": lambda: uuid.uuid4().hex[:8],
}

#: Name of the group of command-line options.
TELEMETRY_CLI_GROUP_NAME: str = "locust-telemetry"

#: Id of the JSON recorder plugin.
TELEMETRY_JSON_RECORDER_PLUGIN_ID: str = "json"

#: Id of the OpenTelemetry recorder plugin.
TELEMETRY_OTEL_RECORDER_PLUGIN_ID: str = "otel"

#: Id of the local recorder plugin.
TELEMETRY_LOCAL_RECORDER_PLUGIN_ID: str = "local"

#: Which recorders run where nobody says otherwise.
DEFAULT_RECORDERS: tuple[str, ...] = (TELEMETRY_JSON_RECORDER_PLUGIN_ID, TELEMETRY_LOCAL_RECORDER_PLUGIN_ID)

#: The id that turns all recorders off.
NO_RECORDER_ID: str = "none"
