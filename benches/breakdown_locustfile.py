"""A locustfile that takes one worker's cost apart: of each request, of the hub, of native threads.

Two moments side by side differ by one thing alone, however fast the machine happens to be: the package's listener is
taken off and put back, or changed for a function that does nothing; then what the package does on the hub now and then
is stopped, and done many times as often. Turns are in an order of chance, and short, since a machine that others use
changes its speed all the time: turns of 50 ms tell the listener's part four times less exactly than those of 5 ms.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from locust import FastHttpUser, constant, events, task
from locust_telemetry import entrypoint, session
from locust_telemetry.core import hub
from locust_telemetry.recorders.json import handlers

entrypoint.initialize()

SETTLE_S = float(os.environ["BENCH_SETTLE_S"])
LISTENER_S = float(os.environ["BENCH_LISTENER_S"])
HUB_S = float(os.environ["BENCH_HUB_S"])

#: How long a turn of a listener is: some fifty requests.
LISTENER_TURN_S = 0.005
#: How long a turn of the hub is: that a greenlet which is to stop wakes up once more should not count.
HUB_TURN_S = 0.05
#: How many times as often the hub does what it does, so that it can be seen at all.
HURRY = 200


class Counted(FastHttpUser):
    """Asks for the first page again and again."""

    wait_time = constant(0)
    requests = 0

    @task
    def first_page(self) -> None:
        """Ask, and count."""
        self.client.get("/")
        Counted.requests += 1


class Pace:
    """Stands for gevent where the package's greenlets sleep: lets them wake up as it is told to."""

    def __init__(self) -> None:
        """Begin as usual."""
        self._may_go_on = Event()
        self.be_usual()

    def __getattr__(self, name: str) -> Any:
        """Return what else gevent has."""
        return getattr(gevent, name)

    def sleep(self, seconds: float = 0) -> None:
        """Sleep at the present pace."""
        self._may_go_on.wait()
        gevent.sleep(seconds / self._factor)

    def be_usual(self) -> None:
        """Let greenlets sleep as long as they wish."""
        self._factor = 1
        self._may_go_on.set()

    def hurry(self) -> None:
        """Let greenlets do everything `HURRY` times as often."""
        self._factor = HURRY
        self._may_go_on.set()

    def stop(self) -> None:
        """Let them do nothing."""
        self._may_go_on.clear()


pace = Pace()
for module in (hub, session, handlers):
    module.gevent = pace  # type: ignore[attr-defined]


def do_nothing(**keywords: Any) -> None:
    """Be the smallest listener that is written in Python."""


def native_threads_cpu_s() -> float:
    """Return the CPU time of the package's threads so far."""
    total_ns = 0
    for thread in Path("/proc/self/task").iterdir():
        if thread.joinpath("comm").read_text().startswith("lt-"):
            total_ns += int(thread.joinpath("schedstat").read_text().split()[0])
    return total_ns / 1e9


def turn(seconds: float) -> tuple[float, float]:
    """Return the CPU time of a request, in microseconds, over some time, and how many there were in a second."""
    began, requests, cpu = time.monotonic(), Counted.requests, time.thread_time()
    gevent.sleep(seconds)
    made = Counted.requests - requests
    return (time.thread_time() - cpu) / max(1, made) * 1e6, made / (time.monotonic() - began)


def take_turns(
    span_s: float, turn_s: float, states: dict[str, Callable[[], None]]
) -> list[dict[str, tuple[float, float]]]:
    """Return a turn in each state, again and again."""
    until = time.monotonic() + span_s
    turns = []
    while time.monotonic() < until:
        turns.append({})
        for name in random.sample(list(states), len(states)):
            states[name]()
            turns[-1][name] = turn(turn_s)
    return turns


def measure() -> None:
    """Write what the process did within the span."""
    gevent.sleep(SETTLE_S)
    (own,) = session._sessions
    listener, listeners = own.engine.listener, events.request._handlers
    rest = [one for one in listeners if one is not listener]
    place = listeners.index(listener)

    def listen_with(*present: Callable[..., None]) -> Callable[[], None]:
        return lambda: listeners.__setitem__(slice(None), [*rest[:place], *present, *rest[place:]])

    started, native, requests = time.monotonic(), native_threads_cpu_s(), Counted.requests
    on, off, empty = listen_with(listener), listen_with(), listen_with(do_nothing)
    # In turns with nothing else, since in use it is always on: on for a quarter of the time, a call took longer.
    found: dict[str, Any] = {"listener": take_turns(LISTENER_S, LISTENER_TURN_S, {"on": on, "off": off})}
    # The difference of the control is chance.
    found["others"] = [take_turns(LISTENER_S / 4, LISTENER_TURN_S, {"on": other, "off": off}) for other in (empty, off)]
    on()
    span_s = time.monotonic() - started
    found["native_ms_per_s"] = (native_threads_cpu_s() - native) / span_s * 1e3
    found["requests_per_s"] = (Counted.requests - requests) / span_s
    found["hub"] = take_turns(HUB_S, HUB_TURN_S, {"hurried": pace.hurry, "stopped": pace.stop})
    pace.be_usual()
    found["hurry"] = HURRY
    Path(os.environ["BENCH_RESULT"]).write_text(json.dumps(found))


@events.test_start.add_listener
def on_test_start(environment: Any, **keywords: Any) -> None:
    """Start to measure."""
    gevent.spawn(measure)
