"""The OpenTelemetry recorders, one for each kind of process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locust_telemetry.core.recorder import BaseRecorder, LocalNodeRecorder, MasterNodeRecorder, WorkerNodeRecorder
from locust_telemetry.recorders.otel.lease import Lease
from locust_telemetry.recorders.otel.otel import configure_otel


class _OtelRecorder(BaseRecorder):
    """What all three have: they set the export up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the handlers, whose instruments say what is exported, then set the export up."""
        super().__init__(*args, **kwargs)
        if self.takes_requests and self._request_listeners():
            Lease.of(self.env).registry.takes_single_requests = True
        configure_otel(self.env)


class LocustOtelMasterNodeRecorder(_OtelRecorder, MasterNodeRecorder):
    """Exports a master's events, users and system; with `--lt-otel-export-from master`, what workers did too."""


class _RequestRecorder(_OtelRecorder):
    """What those have in whose process requests happen."""

    def on_request(self, *args: Any, **kwargs: Any) -> None:
        """Pass one request to the handler. Called for each request only where a subclass overrides it.

        Requests are counted natively otherwise; an override, like one of the handler's, turns that off.
        """
        self.requests.on_request(*args, **kwargs)

    on_request.takes_nothing = True  # type: ignore[attr-defined]

    def _request_listeners(self) -> list[Callable[..., None]]:
        if not getattr(type(self).on_request, "takes_nothing", False):
            return [self.on_request]
        return super()._request_listeners()


class LocustOtelWorkerNodeRecorder(_RequestRecorder, WorkerNodeRecorder):
    """Exports a worker's requests, users and system."""


class LocustOtelLocalNodeRecorder(_RequestRecorder, LocalNodeRecorder):
    """Exports a run in one process."""
