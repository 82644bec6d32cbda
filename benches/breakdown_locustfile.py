"""A locustfile that takes one worker's cost apart: of each request, of the hub, of native threads.

With `BENCH_IDLE` users do nothing: what the process's first thread works then is done whatever the load.
Otherwise the package's listener is taken off and put back, in turns of a moment each and in an order of chance: two
moments side by side differ by the listener alone, however fast the machine happens to be.
"""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, constant, events, task
from locust_telemetry import entrypoint, session

entrypoint.initialize()

SETTLE_S = float(os.environ["BENCH_SETTLE_S"])
SPAN_S = float(os.environ["BENCH_SPAN_S"])
IS_IDLE = os.environ["BENCH_IDLE"] == "1"

#: A moment with the listener, or without it.
MOMENT_S = 0.05


class Counted(FastHttpUser):
    """Asks for the first page again and again, or does nothing."""

    wait_time = constant(0)
    requests = 0

    @task
    def first_page(self) -> None:
        """Ask, and count."""
        if IS_IDLE:
            gevent.sleep(3600)
        self.client.get("/")
        Counted.requests += 1


def native_threads_cpu_s() -> float:
    """Return the CPU time of the package's threads so far."""
    total_ns = 0
    for thread in Path("/proc/self/task").iterdir():
        if thread.joinpath("comm").read_text().startswith("lt-"):
            total_ns += int(thread.joinpath("schedstat").read_text().split()[0])
    return total_ns / 1e9


def moment_us() -> float:
    """Return the CPU time of a request, in microseconds, over a moment."""
    requests, cpu = Counted.requests, time.thread_time()
    gevent.sleep(MOMENT_S)
    return (time.thread_time() - cpu) / max(1, Counted.requests - requests) * 1e6


def take_turns(until: float) -> list[tuple[float, float]]:
    """Return pairs of a request's CPU time with and without the listener, in microseconds."""
    (own,) = session._sessions
    listener, handlers = own.engine.listener, events.request._handlers
    place = handlers.index(listener)
    pairs = []
    while time.monotonic() < until:
        pair = {}
        for is_on in random.sample((True, False), 2):
            if not is_on:
                handlers.remove(listener)
            pair[is_on] = moment_us()
            if not is_on:
                handlers.insert(place, listener)
        pairs.append((pair[True], pair[False]))
    return pairs


def measure() -> None:
    """Write what the process did within the span."""
    gevent.sleep(SETTLE_S)
    started, cpu, native = time.monotonic(), time.thread_time(), native_threads_cpu_s()
    requests = Counted.requests
    pairs: list[tuple[float, float]] = []
    if IS_IDLE:
        gevent.sleep(SPAN_S)
    else:
        pairs = take_turns(started + SPAN_S)
    span_s = time.monotonic() - started
    found = {
        "pairs": pairs,
        "requests_per_s": (Counted.requests - requests) / span_s,
        "hub_ms_per_s": (time.thread_time() - cpu) / span_s * 1e3,
        "native_ms_per_s": (native_threads_cpu_s() - native) / span_s * 1e3,
    }
    Path(os.environ["BENCH_RESULT"]).write_text(json.dumps(found))


@events.test_start.add_listener
def on_test_start(environment: Any, **keywords: Any) -> None:
    """Start to measure."""
    gevent.spawn(measure)
