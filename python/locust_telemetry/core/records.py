"""How a record leaves Python: to the recorders that write single records, and to the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from locust_telemetry._native import Engine


def emit(engine: Engine | None, logger: logging.Logger, kind: str, name: str, telemetry: dict[str, Any]) -> None:
    """Pass a record on; its sentence for people is made of its kind (`event` or `metrics`) and its name."""
    message = f"Recording telemetry {kind}: {name}"
    if engine is not None:
        engine.submit("INFO", logger.name, message, telemetry)
    logger.info(message, extra={"telemetry": telemetry})
