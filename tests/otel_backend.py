"""A backend that takes OTLP over HTTP as JSON in a process of its own, and what it was told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Point = dict[str, Any]


class Backend:
    """Reads the requests that the process has written down, one a line."""

    def __init__(self, path: Path, endpoint: str) -> None:
        self._path = path
        self.endpoint = endpoint

    def _requests(self, signal: str) -> Iterator[dict[str, Any]]:
        for line in self._path.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            if told["path"].endswith(signal):
                yield told["body"]

    def points(self, name: str) -> list[Point]:
        """Return every data point of a metric, in the order in which they came; attributes as a dict."""
        found = []
        for request in self._requests("metrics"):
            for resource in request.get("resourceMetrics", []):
                for scope in resource["scopeMetrics"]:
                    for metric in scope["metrics"]:
                        if metric["name"] == name:
                            (data,) = [metric[kind] for kind in ("sum", "gauge", "histogram") if kind in metric]
                            found.extend({**point, "of": _plain(point)} for point in data["dataPoints"])
        return found

    def last(self, name: str, *keys: str) -> dict[tuple[Any, ...], Point]:
        """Return the last point with a value of each series, by these attributes."""
        with_value = [point for point in self.points(name) if not point.get("flags")]
        return {tuple(point["of"].get(key) for key in keys): point for point in with_value}

    def logs(self) -> list[dict[str, Any]]:
        """Return every log record: its body, and its attributes."""
        return [
            {"body": record["body"].get("stringValue"), **_plain(record)}
            for request in self._requests("logs")
            for resource in request.get("resourceLogs", [])
            for scope in resource["scopeLogs"]
            for record in scope["logRecords"]
        ]

    def resources(self) -> list[dict[str, Any]]:
        """Return the resource of each request for metrics."""
        return [
            _plain(resource["resource"])
            for request in self._requests("metrics")
            for resource in request.get("resourceMetrics", [])
        ]


def _plain(attributed: dict[str, Any]) -> dict[str, Any]:
    return {attribute["key"]: next(iter(attribute["value"].values())) for attribute in attributed.get("attributes", [])}


@contextmanager
def backend(folder: Path, status: int = 200) -> Iterator[Backend]:
    """Run a backend that answers this; what it is told is in a file of this folder."""
    path = folder / "told.jsonl"
    path.touch()
    program = [sys.executable, __file__, str(path), str(status)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Backend(path, f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.kill()


class _Writer(BaseHTTPRequestHandler):
    """Writes each request down before it answers."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(sys.argv[1], "a", encoding="utf-8") as file:
            file.write(json.dumps({"path": self.path, "body": body}) + "\n")
        self.send_response(int(sys.argv[2]))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Writer)
    print(server.server_address[1], flush=True)
    server.serve_forever()
