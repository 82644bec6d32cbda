"""Python's log records on their way to the exporter."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from locust_telemetry.logger import LOGGER_NAME

if TYPE_CHECKING:
    from locust_telemetry._native import OtelExporter

#: What every record has; the rest are what a program added with `extra`.
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

#: OpenTelemetry's numbers for Python's levels: "Mapping of severity" of its logs data model. Four for each ten levels.
_MOST_SEVERE = 24


def severity_of(level: int) -> int:
    """Return OpenTelemetry's number, 1 to 24, of a Python level: DEBUG 5, INFO 9, WARNING 13, ERROR 17, CRITICAL 21."""
    tens, rest = divmod(max(level, 0), 10)
    return min(4 * tens + 1 + min(rest, 3), _MOST_SEVERE)


class OtelLogHandler(logging.Handler):
    """Exports the records of all loggers, except the JSON recorder's lines.

    What those tell is exported already, as metrics and as the log records of a run's moments.
    """

    def __init__(self, exporter: OtelExporter, level: str, identity: Callable[[], dict[str, Any]]) -> None:
        """Take records from this level on; `identity` gives the attributes of process and run."""
        super().__init__(level.upper())
        self._exporter: OtelExporter | None = exporter
        #: Gives the attributes of process and run.
        self.identity = identity
        self._inside = threading.local()

    def install(self) -> None:
        """Take records from now on. The package's own logger passes none on to the root logger."""
        for name in (None, LOGGER_NAME):
            logging.getLogger(name).addHandler(self)

    def uninstall(self) -> None:
        """Take no more."""
        for name in (None, LOGGER_NAME):
            logging.getLogger(name).removeHandler(self)

    def mute(self) -> None:
        """Export nothing from now on, though records come. Takes no lock: it runs in forked children."""
        self._exporter = None

    def emit(self, record: logging.LogRecord) -> None:
        """Export one record. Never waits, never raises; what is logged meanwhile is not exported."""
        exporter = self._exporter
        if exporter is None or hasattr(record, "telemetry") or getattr(self._inside, "is_taken", False):
            return
        self._inside.is_taken = True
        try:
            exporter.log(
                int(record.created * 1e9),
                severity_of(record.levelno),
                record.levelname,
                record.getMessage(),
                self._attributes(record),
            )
        except Exception:
            self.handleError(record)
        finally:
            self._inside.is_taken = False

    def _attributes(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return attributes by the semantic conventions, and what the program added."""
        added = {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
        attributes: dict[str, Any] = {
            name: value for name, value in added.items() if isinstance(value, (str, bool, int, float))
        }
        attributes |= {
            "logger.name": record.name,
            "code.file.path": record.pathname,
            "code.function.name": record.funcName,
            "code.line.number": record.lineno,
            **self.identity(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, _ = record.exc_info
            attributes |= {
                "exception.type": kind.__qualname__ if kind.__module__ == "builtins" else _full_name(kind),
                "exception.message": str(error),
                "exception.stacktrace": "".join(traceback.format_exception(*record.exc_info)),
            }
        return {name: value for name, value in attributes.items() if value is not None}


def _full_name(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
