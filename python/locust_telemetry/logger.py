"""The `locust_telemetry` logger: one JSON object a line, on standard error."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone

from pythonjsonlogger.core import LogData
from pythonjsonlogger.json import JsonFormatter

from locust_telemetry._native import to_json
from locust_telemetry.common.helpers import format_utc

#: The logger whose children make all records.
LOGGER_NAME = "locust_telemetry"

#: Names the handler that is ours, so that it is set up once.
_HANDLER_NAME = "locust_telemetry_console"


class RFC3339JsonFormatter(JsonFormatter):
    """Formats records as JSON with RFC 3339 times in UTC, milliseconds and `Z`.

    A line is always valid JSON: numbers that are not finite become null, objects that JSON cannot carry their
    `str()`. An own `json_default`, `json_encoder`, `json_serializer` or `json_indent` is used as given instead.
    """

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """Return the record's time; `datefmt` is ignored."""
        return format_utc(datetime.fromtimestamp(record.created, tz=timezone.utc))

    def jsonify_log_record(self, log_data: LogData) -> str:
        """Return the record as JSON text."""
        untouched = self.json_serializer is json.dumps and self.json_default is None and self.json_indent is None
        if untouched and getattr(self.json_encoder, "__module__", "").startswith("pythonjsonlogger"):
            text = to_json(log_data)
            # A console without UTF-8 would write other characters as escapes that JSON does not have.
            return json.dumps(json.loads(text)) if self.json_ensure_ascii and not text.isascii() else text
        return str(super().jsonify_log_record(log_data))


def configure_logging(level: str = "INFO") -> None:
    """Send the `locust_telemetry` logger's records to standard error as JSON.

    Handlers that a user added to the logger stay. Records do not go on to the root logger, so that Locust's
    own console does not show them twice.
    """
    logger = logging.getLogger(LOGGER_NAME)
    logger.setLevel(level.upper())
    logger.propagate = False
    for handler in logger.handlers:
        if handler.get_name() == _HANDLER_NAME:
            handler.setLevel(level.upper())
            return
    handler = logging.StreamHandler()
    handler.set_name(_HANDLER_NAME)
    handler.setLevel(level.upper())
    handler.setFormatter(
        RFC3339JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level"},
        )
    )
    logger.addHandler(handler)
