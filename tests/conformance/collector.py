"""The real OpenTelemetry Collector: receives OTLP, writes it to a file, and shows it on a page for Prometheus."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from ..end_to_end.launcher import free_port
from .otlp_books import Books
from .otlp_json import read_json
from .programs import collector_program
from .service import Service

_CONFIGURATION = """
receivers:
  otlp:
    protocols:
      grpc: {{endpoint: "127.0.0.1:{grpc}"}}
      http: {{endpoint: "127.0.0.1:{http}"}}
processors:
  batch: {{timeout: 200ms}}
exporters:
  debug: {{verbosity: basic}}
  file: {{path: "{file}"}}
  prometheus: {{endpoint: "127.0.0.1:{page}"}}
service:
  telemetry:
    metrics: {{level: none}}
  pipelines:
    # As it came, for the tests to read.
    metrics/file: {{receivers: [otlp], exporters: [file]}}
    # As most people configure it.
    metrics/page: {{receivers: [otlp], processors: [batch], exporters: [prometheus]}}
    logs: {{receivers: [otlp], processors: [batch], exporters: [debug]}}
"""


class Collector:
    """One running Collector on ports of 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        grpc, http, page = free_port(), free_port(), free_port()
        self.grpc_endpoint = f"http://127.0.0.1:{grpc}"
        self.http_endpoint = f"http://127.0.0.1:{http}"
        self.page_address = f"127.0.0.1:{page}"
        self._file = folder / "collected.jsonl"
        configuration = folder / "collector.yaml"
        configuration.write_text(_CONFIGURATION.format(grpc=grpc, http=http, page=page, file=self._file))
        self._service = Service("collector", [collector_program(), "--config", str(configuration)], folder)
        self._service.wait_for(self.page_url)

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Collector]:
        collector = cls(folder)
        try:
            yield collector
        finally:
            collector.close()

    @property
    def page_url(self) -> str:
        return f"http://{self.page_address}/metrics"

    def endpoint(self, protocol: str) -> str:
        """Return the endpoint for a value of OTEL_EXPORTER_OTLP_PROTOCOL."""
        return self.grpc_endpoint if protocol == "grpc" else self.http_endpoint

    def page(self) -> str:
        """Return the page as Prometheus would see it."""
        with urllib.request.urlopen(self.page_url, timeout=10) as response:
            return str(response.read().decode())

    @property
    def log(self) -> str:
        return self._service.log

    def close(self) -> None:
        """End it, so that its file is whole."""
        self._service.close()

    def books(self) -> Books:
        """End it, and put together what it received."""
        self.close()
        lines = self._file.read_text().splitlines()
        assert all(json.loads(line) for line in lines)
        return Books([read_json(line, ExportMetricsServiceRequest()) for line in lines])
