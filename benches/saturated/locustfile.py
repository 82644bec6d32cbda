"""The generator under test: users of two endpoints with fixed delays, as many and as blocked as a file says."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, HttpUser, LoadTestShape, constant, events, runners
from locust_telemetry import entrypoint
from locust_telemetry.core import hub

from saturated.control import Control

entrypoint.initialize()
# A worker that is blocked for seconds is what is wanted here: nobody is to give it up.
runners.HEARTBEAT_LIVENESS = 120
hub.TICK_S = float(os.environ["SATURATION_TICK_MS"]) / 1000

CONTROL = Path(os.environ["SATURATION_CONTROL"])
SHORT, LONG = (f"/delay/{delay_ms}" for delay_ms in os.environ["SATURATION_DELAYS_MS"].split(","))
WAIT_S = float(os.environ["SATURATION_WAIT_S"])
#: Seconds between the moments at which something may be burnt.
STEP_S = 0.02


def short(user: Any) -> None:
    """Ask for the fast endpoint."""
    user.client.get(SHORT)


def long(user: Any) -> None:
    """Ask for the slow endpoint."""
    user.client.get(LONG)


class Client({"FastHttpUser": FastHttpUser, "HttpUser": HttpUser}[os.environ["SATURATION_CLIENT"]]):  # type: ignore[misc]
    """The users of the kind that is put to the test."""

    wait_time = constant(WAIT_S)
    tasks = {short: 3, long: 1}


class Steered(LoadTestShape):
    """As many users as the file says, at once."""

    def tick(self) -> tuple[int, float] | None:
        """Return users and spawn rate; None at the end."""
        users = Control.read(CONTROL).users
        return None if users is None else (users, max(users, 1))


def burn_now_and_then() -> None:
    """Block the hub with a computation, at random moments, as a task would that parses a huge answer."""
    while True:
        gevent.sleep(STEP_S)
        wanted = Control.read(CONTROL)
        if random.random() < wanted.burns_per_second * STEP_S:
            end = time.perf_counter() + wanted.burn_ms / 1000
            while time.perf_counter() < end:
                pass


@events.test_start.add_listener
def on_test_start(environment: Any, **keywords: Any) -> None:
    """Begin to burn, where the requests are made."""
    if not isinstance(environment.runner, runners.MasterRunner):
        gevent.spawn(burn_now_and_then)
