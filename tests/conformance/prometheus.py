"""The real Prometheus, as a receiver of OTLP (3.x) and as a scraper of the Collector's page (Debian's 2.42)."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..end_to_end.launcher import free_port
from .programs import prometheus_program, scraper_program
from .service import Service

_SCRAPING = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: collector
    # The page has the job and the instance of each process.
    honor_labels: true
    static_configs: [{{targets: ["{target}"]}}]
"""


#: A point has the time at which its last second ends, which may be ahead of the clock when a run ends amid a second.
_AHEAD_S = 2.0


@dataclass(frozen=True)
class Sample:
    """One sample of an answer, with its labels but for the name."""

    labels: dict[str, str]
    at_s: float
    value: float


@dataclass(frozen=True)
class NativeBuckets:
    """The buckets of a native histogram: above what, up to what, and how many."""

    counts: tuple[tuple[float, float, float], ...]

    @property
    def total(self) -> float:
        return sum(count for *_, count in self.counts)

    def edges(self) -> Iterator[tuple[float, float, float]]:
        yield from self.counts


class Prometheus:
    """One running Prometheus on a port of 127.0.0.1, with a store of its own."""

    def __init__(self, program: str, folder: Path, configuration: str, *options: str) -> None:
        folder.mkdir()
        (folder / "prometheus.yml").write_text(configuration)
        self.url = f"http://127.0.0.1:{free_port()}"
        listen = ["--web.listen-address", self.url.removeprefix("http://")]
        store = ["--config.file", "prometheus.yml", "--storage.tsdb.path", "data", "--log.level", "warn"]
        self._service = Service("prometheus", [program, *store, *listen, *options], folder)
        self._service.wait_for(f"{self.url}/-/ready")

    @classmethod
    @contextmanager
    def receiving(cls, folder: Path) -> Iterator[Prometheus]:
        """Run Prometheus 3 with nothing but its OTLP receiver turned on."""
        yield from _closing(cls(prometheus_program(), folder, "", "--web.enable-otlp-receiver"))

    @classmethod
    @contextmanager
    def scraping(cls, folder: Path, target: str) -> Iterator[Prometheus]:
        """Run Debian's Prometheus, which scrapes a page each second."""
        yield from _closing(cls(scraper_program(), folder, _SCRAPING.format(target=target)))

    @property
    def otlp_endpoint(self) -> str:
        return f"{self.url}/api/v1/otlp"

    @property
    def log(self) -> str:
        return self._service.log

    def query(self, promql: str, at_s: float | None = None) -> list[Sample]:
        """Return the vector that a query gives: of all that was sent, or at a moment in Unix seconds."""
        answer = self._query(promql, at_s)
        assert answer["resultType"] == "vector", answer
        return [_sample(one["metric"], *one["value"]) for one in answer["result"]]

    def native_buckets(self, promql: str) -> NativeBuckets:
        """Return the buckets of the one native histogram that a query gives."""
        (one,) = self._query(promql)["result"]
        _, histogram = one["histogram"]
        buckets = [[float(part) for part in bucket[1:]] for bucket in histogram["buckets"]]
        return NativeBuckets(tuple((lower, upper, count) for lower, upper, count in buckets))

    def samples(self, selector: str, within: str) -> list[list[Sample]]:
        """Return all stored samples of each series in the last while, such as `10m`."""
        answer = self._query(f"{selector}[{within}]")
        return [[_sample(one["metric"], *pair) for pair in one.get("values", [])] for one in answer["result"]]

    def names(self) -> set[str]:
        """Return the names of all metrics."""
        return set(self._get("label/__name__/values", {}))

    def close(self) -> None:
        self._service.close()

    def _query(self, promql: str, at_s: float | None = None) -> Any:
        return self._get("query", {"query": promql, "time": f"{at_s or time.time() + _AHEAD_S:.3f}"})

    def _get(self, what: str, asked: dict[str, str]) -> Any:
        url = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(asked)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{asked}: {error.read().decode()}") from None
        assert answer["status"] == "success", answer
        return answer["data"]


def _closing(running: Prometheus) -> Iterator[Prometheus]:
    try:
        yield running
    finally:
        running.close()


def _sample(labels: dict[str, str], at_s: float, value: str) -> Sample:
    return Sample({key: one for key, one in labels.items() if key != "__name__"}, at_s, float(value))
