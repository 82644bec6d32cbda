"""The real OpenTelemetry Collector: receives OTLP, writes it to a file, and shows it on a page for Prometheus."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from ..end_to_end.launcher import free_port
from .otlp_books import Books
from .otlp_json import read_json
from .otlp_receiver import OtlpReceiver
from .programs import collector_program

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


class Collector(OtlpReceiver):
    """One running Collector on ports of 127.0.0.1."""

    name = "collector"

    def __init__(self, folder: Path) -> None:
        page = free_port()
        self.page_address = f"127.0.0.1:{page}"
        self._file = folder / "collected.jsonl"
        configuration = folder / "collector.yaml"

        def command(grpc: int, http: int) -> list[str]:
            configuration.write_text(_CONFIGURATION.format(grpc=grpc, http=http, page=page, file=self._file))
            return [collector_program(), "--config", str(configuration)]

        super().__init__(folder, command, self.page_url)

    @property
    def page_url(self) -> str:
        return f"http://{self.page_address}/metrics"

    def page(self) -> str:
        """Return the page as Prometheus would see it."""
        with urllib.request.urlopen(self.page_url, timeout=10) as response:
            return str(response.read().decode())

    @property
    def log(self) -> str:
        return self._service.log

    def books(self) -> Books:
        """End it, and put together what it received."""
        self.close()
        lines = self._file.read_text().splitlines()
        assert all(json.loads(line) for line in lines)
        return Books([read_json(line, ExportMetricsServiceRequest()) for line in lines])
