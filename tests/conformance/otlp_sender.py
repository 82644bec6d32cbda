"""Sends one OTLP request: `otlp_sender.py PROTOCOL ENDPOINT`, with the message on standard input.

A program of its own for the reason for which `otlp_backend.py` is one; `send` runs it.
"""

from __future__ import annotations

import subprocess
import sys
import urllib.request

import grpc
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

_TIMEOUT_S = 10


def send(protocol: str, endpoint: str, message: ExportMetricsServiceRequest) -> None:
    """Send a request by a protocol, named as in OTEL_EXPORTER_OTLP_PROTOCOL; fails with what was answered."""
    program = [sys.executable, __file__, protocol, endpoint]
    done = subprocess.run(program, input=message.SerializeToString(), capture_output=True, timeout=3 * _TIMEOUT_S)
    assert done.returncode == 0, done.stderr.decode()


def main() -> None:
    protocol, endpoint = sys.argv[1:]
    message = ExportMetricsServiceRequest.FromString(sys.stdin.buffer.read())
    if protocol == "grpc":
        with grpc.insecure_channel(endpoint.removeprefix("http://")) as channel:
            MetricsServiceStub(channel).Export(message, timeout=_TIMEOUT_S)
        return
    body, content_type = message.SerializeToString(), "application/x-protobuf"
    if protocol == "http/json":
        body = json_format.MessageToJson(message, use_integers_for_enums=True).encode()
        content_type = "application/json"
    asked = urllib.request.Request(f"{endpoint}/v1/metrics", body, {"Content-Type": content_type})
    urllib.request.urlopen(asked, timeout=_TIMEOUT_S).close()


if __name__ == "__main__":
    main()
