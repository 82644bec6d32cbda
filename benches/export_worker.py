"""A process with many series whose otel recorder exports to some backend; runs as a child.

The argument is a JSON order `{"endpoint", "seconds", "series"}`; an endpoint of null stands for no otel recorder. The
answer is one line of figures: how late the hub's ticks were, how long each call into the exporter took, memory, and the
time that the end took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import gevent
from locust_telemetry._native import Engine, OtelExporter, OtelInstrument

TICK_S = 0.001
#: Batches of events in a second: a hub that runs greenlets in between.
BATCHES = 100
FLUSH_TIMEOUT_S = 5.0


class Exporting:
    """The exporter, as a recorder of a worker has it."""

    def __init__(self, engine: Engine, endpoint: str) -> None:
        """Start it."""
        self.exporter = OtelExporter(
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            endpoint=endpoint,
            insecure=None,
            interval_s=1.0,
            flush_timeout_s=FLUSH_TIMEOUT_S,
            resource={"service.name": "bench"},
            export_requests=True,
            speak_for_workers=False,
            semantic_conventions=False,
            server=None,
            mark_end=True,
        )
        engine.open_otel(self.exporter)
        self.exporter.start()
        self.counter = self._instrument("counter")
        self.gauge = self._instrument("observable_gauge")
        #: How long calls took by the clock, in seconds.
        self.calls_s: list[float] = []

    def _instrument(self, kind: str) -> OtelInstrument:
        return self.exporter.instrument("bench", "", kind, f"bench.{kind}", "1", "", None)

    def tick(self) -> None:
        """Do what a hub does with an exporter: add, and look whether callbacks are due."""
        begin_s = time.perf_counter()
        self.counter.add(1, {"greenlet": "tick"})
        if self.exporter.wants_observations:
            self.gauge.observe(0, [(begin_s, {})])
            self.exporter.observed()
        self.calls_s.append(time.perf_counter() - begin_s)


def feed(engine: Engine, series: int, seconds: int) -> None:
    """Fire a request for each series in every second."""
    listener = engine.listener
    events = [
        {
            "request_type": "GET",
            "name": f"/item/{number}",
            "response_time": 5.0 + number % 100,
            "response_length": 100,
            "exception": None,
            "response": None,
        }
        for number in range(series)
    ]
    size = -(-series // BATCHES)
    begin_s = time.perf_counter()
    for batch in range(seconds * BATCHES):
        at = batch % BATCHES * size
        for event in events[at : at + size]:
            listener(**event)
        gevent.sleep(max(0.0, begin_s + (batch + 1) / BATCHES - time.perf_counter()))


def resident_mib() -> float:
    """Return the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def distribution_ms(values_s: list[float]) -> dict[str, float]:
    """Return percentiles in ms."""
    ordered = sorted(values_s) or [float("nan")]

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3

    return {"n": len(values_s), "p50": at(0.5), "p99": at(0.99), "p99.9": at(0.999), "max": at(1)}


def watch(endpoint: str | None, seconds: int, series: int) -> dict[str, Any]:
    """Run for some seconds; return what the hub saw."""
    engine = Engine(max_series=series)
    exporting = Exporting(engine, endpoint) if endpoint is not None else None
    engine.start(3.0)
    engine.start_run("bench", "bench", "local", "LocalRunner", "local", {}, {})
    late_s: list[float] = []

    def tick() -> None:
        while True:
            asleep_since = time.perf_counter()
            gevent.sleep(TICK_S)
            late_s.append(max(0.0, time.perf_counter() - asleep_since - TICK_S))
            if exporting is not None:
                exporting.tick()

    # The first second, in which all series are new, is not what a run is like.
    feed(engine, series, 2)
    late_s.clear()
    ticking = gevent.spawn(tick)
    before_mib = resident_mib()
    gevent.spawn(feed, engine, series, seconds).get()
    ticking.kill()
    grown_mib = resident_mib() - before_mib
    begin_s = time.perf_counter()
    engine.stop_run()
    engine.flush().wait(FLUSH_TIMEOUT_S)
    summary = engine.summary() or {}
    if exporting is not None:
        exporting.exporter.shutdown().wait(max(0.0, begin_s + FLUSH_TIMEOUT_S - time.perf_counter()))
    end_s = time.perf_counter() - begin_s
    engine.shutdown()
    books = {recorder["id"]: recorder for recorder in summary.get("recorders", [])}.get("otel", {})
    return {
        "late_ms": distribution_ms(late_s),
        "call_ms": distribution_ms(exporting.calls_s if exporting is not None else []),
        "resident_mib": resident_mib(),
        "grown_mib": grown_mib,
        "end_s": end_s,
        "requests": summary.get("num_requests"),
        "delivered": books.get("delivered_requests"),
    }


def main() -> None:
    """Answer one order."""
    print(json.dumps(watch(**json.loads(sys.argv[1]))), flush=True)


if __name__ == "__main__":
    main()
