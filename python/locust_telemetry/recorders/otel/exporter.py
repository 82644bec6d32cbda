"""Makes the exporter of a process from its options, its environment's variables and what it is."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

from locust_telemetry._native import OtelExporter, __version__
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.core.role import MASTER, role_of, source_id_of
from locust_telemetry.options import END_STALE, EXPORT_FROM_MASTER

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry.options import Options

#: The scope of all instruments of the package, and the name of the service that records.
SCOPE_NAME = "locust_telemetry"

#: Each is known in upper case and in lower case.
_PROXY_VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})


def make_exporter(environment: Environment, options: Options, takes_single_requests: bool) -> OtelExporter:
    """Make an exporter without threads; raises OptionError, with one line for the user, for what cannot be used.

    `takes_single_requests` says that a recorder records each request itself, so that windows are not exported too.
    """
    is_master = role_of(environment.runner) == MASTER
    try:
        return OtelExporter(
            {name: value for name, value in os.environ.items() if _concerns_export(name)},
            endpoint=options.otel_endpoint,
            insecure=options.otel_insecure,
            interval_s=options.stats_interval_s,
            flush_timeout_s=options.flush_timeout_s,
            resource=resource_of(environment),
            export_requests=_exports_requests(is_master, options) and not takes_single_requests,
            # What each worker did is told by one side too; states, frames and verdicts are the master's in any case.
            speak_for_workers=is_master and options.otel_export_from == EXPORT_FROM_MASTER,
            semantic_conventions=options.otel_semconv,
            server=server_of(environment),
            mark_end=options.otel_end_of_run == END_STALE,
        )
    except ValueError as error:
        raise OptionError(str(error)) from error


def _exports_requests(is_master: bool, options: Options) -> bool:
    """Whether the windows of this process become metrics of requests: those of a master hold its workers'."""
    return not is_master or options.otel_export_from == EXPORT_FROM_MASTER


def _concerns_export(variable: str) -> bool:
    """Whether an environment variable may concern the export: OpenTelemetry's, and those that name proxies."""
    return variable.startswith("OTEL_") or variable.lower() in _PROXY_VARIABLES


def resource_of(environment: Environment) -> dict[str, str]:
    """Return who exports; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over it."""
    return {
        "service.name": SCOPE_NAME,
        "service.version": __version__,
        "service.instance.id": source_id_of(environment.runner),
        "host.name": socket.gethostname(),
        "process.pid": str(os.getpid()),
        "telemetry.sdk.name": "locust-telemetry-rs",
        "telemetry.sdk.language": "rust",
        "telemetry.sdk.version": __version__,
    }


def server_of(environment: Environment) -> str | None:
    """Return the URL that is tested, where it is known before the test."""
    parsed: Any = environment.parsed_options
    classes = [getattr(user_class, "host", None) for user_class in environment.user_classes]
    for host in (environment.host, getattr(parsed, "host", None), *classes):
        if isinstance(host, str) and host:
            return host
    return None
