"""The independent backend (`otlp_backend.py`) as a test sees it: where to send to, and what came."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from .otlp_books import Books
from .otlp_receiver import OtlpReceiver

_BACKEND = Path(__file__).with_name("otlp_backend.py")


class OtlpDecoder(OtlpReceiver):
    """The running backend; what it was sent can be read at any time."""

    name = "decoder"

    def __init__(self, folder: Path) -> None:
        self._journal = folder / "received.jsonl"
        super().__init__(
            folder, lambda grpc, http: [sys.executable, str(_BACKEND), str(self._journal), str(grpc), str(http)]
        )

    def books(self) -> Books:
        """Put together what came so far."""
        return Books(
            ExportMetricsServiceRequest.FromString(base64.b64decode(line["request"]))
            for line in self._received()
            if line["is"] == "ExportMetricsServiceRequest"
        )

    def log_records(self) -> list[LogRecord]:
        """Return the log records that came so far."""
        requests = [
            ExportLogsServiceRequest.FromString(base64.b64decode(line["request"]))
            for line in self._received()
            if line["is"] == "ExportLogsServiceRequest"
        ]
        return [
            record
            for request in requests
            for in_resource in request.resource_logs
            for in_scope in in_resource.scope_logs
            for record in in_scope.log_records
        ]

    @property
    def ways(self) -> set[str]:
        """How requests came: `grpc`, or the content type of HTTP."""
        return {line["way"] for line in self._received()}

    @property
    def user_agents(self) -> set[str]:
        return {line["user_agent"] for line in self._received()}

    def _received(self) -> list[dict[str, str]]:
        """Return all lines; fails if anything could not be read."""
        lines = [json.loads(line) for line in self._journal.read_text().splitlines()]
        refused = [line["why"] for line in lines if line["is"] == "refused"]
        assert not refused, refused[:5]
        return lines
