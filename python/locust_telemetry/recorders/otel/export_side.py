"""Who exports what a worker did: the worker itself, or the master for all; never both.

The master's `--lt-otel-export-from` holds for all, since it rides to the workers with the first test; until then a
worker goes by its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locust_telemetry.core.role import WORKER, role_of
from locust_telemetry.metadata import METADATA_OPTION
from locust_telemetry.options import EXPORT_FROM_MASTER, OTEL_EXPORT_FROM

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry.options import Options


def master_has_spoken(environment: Environment) -> bool:
    """Whether a recording master's options stand in this worker's `parsed_options`."""
    return getattr(environment.parsed_options, METADATA_OPTION, None) is not None


def leaves_export_to_master(environment: Environment, options: Options) -> bool:
    """Whether this is a worker for which its master exports."""
    if role_of(environment.runner) != WORKER:
        return False
    said = getattr(environment.parsed_options, OTEL_EXPORT_FROM.dest, None) if master_has_spoken(environment) else None
    return (said or options.otel_export_from) == EXPORT_FROM_MASTER
