"""The tick on the gevent hub: tells how late the hub is, and how many users there are."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import gevent

if TYPE_CHECKING:
    from locust_telemetry._native import Engine

#: Seconds between ticks.
TICK_S = 0.1


class HubTicker:
    """Ticks on the hub for as long as the process records."""

    def __init__(self, engine: Engine, user_count: Callable[[], int]) -> None:
        """Keep the engine that is told, and where users are counted."""
        self._engine = engine
        self._user_count = user_count
        self._greenlet: gevent.Greenlet[..., None] | None = None
        self._max_lag_s = 0.0

    def start(self) -> None:
        """Begin to tick; does nothing where it ticks already."""
        if self._greenlet is None:
            self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """End the ticks."""
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None:
            greenlet.kill(block=False)

    def take_max_lag_ms(self) -> float:
        """Return the largest lag since the last call, in ms."""
        lag_s, self._max_lag_s = self._max_lag_s, 0.0
        return lag_s * 1000

    def _run(self) -> None:
        while True:
            asleep_since = time.perf_counter()
            gevent.sleep(TICK_S)
            lag_s = max(0.0, time.perf_counter() - asleep_since - TICK_S)
            self._max_lag_s = max(self._max_lag_s, lag_s)
            self._engine.tick(lag_s, self._user_count())
