"""A locustfile that measures its own worker: requests, and CPU time of the process, over a span at full speed.

The same for every variant; `BENCH_TELEMETRY` says whether the package that is installed is turned on. Requests
are counted by the task itself, not by a listener, so that nothing is added to what is measured.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, constant, events, task

if os.environ["BENCH_TELEMETRY"] == "1":
    from locust_telemetry import entrypoint

    entrypoint.initialize()

SETTLE_S = float(os.environ["BENCH_SETTLE_S"])
SPAN_S = float(os.environ["BENCH_SPAN_S"])


class Counted(FastHttpUser):
    """Asks for the first page, again and again."""

    wait_time = constant(0)
    requests = 0

    @task
    def first_page(self) -> None:
        """Ask, and count."""
        self.client.get("/")
        Counted.requests += 1


def measure() -> None:
    """Write what the worker did within the span."""
    gevent.sleep(SETTLE_S)
    requests, wall, cpu = Counted.requests, time.perf_counter(), time.process_time()
    gevent.sleep(SPAN_S)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    found = {"requests": Counted.requests - requests, "wall_s": wall, "cpu_s": cpu}
    Path(os.environ["BENCH_RESULT"]).write_text(json.dumps(found))


@events.test_start.add_listener
def on_test_start(environment: Any, **keywords: Any) -> None:
    """Start to measure on the worker."""
    if "BENCH_RESULT" in os.environ:
        gevent.spawn(measure)
