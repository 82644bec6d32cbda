"""A backend that writes down what it is sent by OTLP, read with `opentelemetry-proto` and grpcio alone.

A program of its own, `otlp_backend.py FILE GRPC_PORT HTTP_PORT`, outside of the package of the tests: that imports
Locust, which turns threads into greenlets, and grpcio cannot live with these. Each request becomes a line of the file,
which `otlp_decoder.py` reads.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import sys
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from otlp_json import read_json

_REQUESTS = {
    "/v1/metrics": metrics_service_pb2.ExportMetricsServiceRequest,
    "/v1/logs": logs_service_pb2.ExportLogsServiceRequest,
}


class Journal:
    """The file; each line is written at once, so that threads need no lock."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def take(self, request: Message, way: str, user_agent: str) -> None:
        """Write a request down, and how it came."""
        whole = base64.b64encode(request.SerializeToString()).decode()
        self._write({"is": type(request).__name__, "way": way, "user_agent": user_agent, "request": whole})

    def refuse(self, why: str) -> None:
        """Write down that something could not be read."""
        self._write({"is": "refused", "why": why})

    def _write(self, line: dict[str, str]) -> None:
        os.write(self._file, f"{json.dumps(line)}\n".encode())


class _Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def Export(self, request: Message, context: Any) -> Message:  # noqa: N802
        self._journal.take(request, "grpc", _user_agent(context))
        return metrics_service_pb2.ExportMetricsServiceResponse()


class _Logs(logs_service_pb2_grpc.LogsServiceServicer):
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def Export(self, request: Message, context: Any) -> Message:  # noqa: N802
        self._journal.take(request, "grpc", _user_agent(context))
        return logs_service_pb2.ExportLogsServiceResponse()


def _user_agent(context: Any) -> str:
    return str(dict(context.invocation_metadata()).get("user-agent", ""))


class _HttpHandler(BaseHTTPRequestHandler):
    """Takes OTLP over HTTP, in protobuf and in JSON; anything else is refused and told."""

    protocol_version = "HTTP/1.1"
    journal: Journal

    def do_GET(self) -> None:  # noqa: N802
        """Say that it is there."""
        self._answer(200, "text/plain", b"")

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        content_type = self.headers.get("Content-Type", "")
        try:
            request = self._read(body, content_type)
        except Exception as error:
            self.journal.refuse(f"{self.path}, {content_type}: {type(error).__name__}: {error}")
            self._answer(400, content_type, b"")
            return
        self.journal.take(request, content_type, self.headers.get("User-Agent", ""))
        # An empty message is `{}` in JSON, and no byte in protobuf.
        self._answer(200, content_type, b"{}" if content_type == "application/json" else b"")

    def _read(self, body: bytes, content_type: str) -> Message:
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        request: Message = _REQUESTS[self.path]()
        if content_type == "application/json":
            return read_json(body, request)
        assert content_type == "application/x-protobuf", f"content type {content_type!r}"
        request.ParseFromString(body)
        return request

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing: the tests tell what came."""


def main() -> None:
    path, grpc_port, http_port = sys.argv[1:]
    journal = Journal(path)
    by_grpc = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(_Metrics(journal), by_grpc)
    logs_service_pb2_grpc.add_LogsServiceServicer_to_server(_Logs(journal), by_grpc)
    by_grpc.add_insecure_port(f"127.0.0.1:{grpc_port}")
    by_grpc.start()
    _HttpHandler.journal = journal
    ThreadingHTTPServer(("127.0.0.1", int(http_port)), _HttpHandler).serve_forever()


if __name__ == "__main__":
    main()
