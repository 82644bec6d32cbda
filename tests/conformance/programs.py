"""The programs that the tests run beside Locust; `make conformance` builds them and names them in the environment."""

from __future__ import annotations

import os
from pathlib import Path

from ..end_to_end.versions import MissingProgram


def _program(variable: str) -> str:
    path = os.environ.get(variable, "")
    if not Path(path).is_file():
        raise MissingProgram(
            f"{variable}={path!r} is no file; run these tests with `make conformance`, which builds it."
        )
    return path


def collector_program() -> str:
    """Return the path of the OpenTelemetry Collector; raises MissingProgram."""
    return _program("CONFORMANCE_COLLECTOR")


def prometheus_program() -> str:
    """Return the path of Prometheus 3; raises MissingProgram."""
    return _program("CONFORMANCE_PROMETHEUS")


def promtool_program() -> str:
    """Return the path of promtool 3; raises MissingProgram."""
    return _program("CONFORMANCE_PROMTOOL")


def scraper_program() -> str:
    """Return the path of Debian's Prometheus 2.42; raises MissingProgram."""
    return _program("CONFORMANCE_SCRAPER")
