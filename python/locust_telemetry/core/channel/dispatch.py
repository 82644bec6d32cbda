"""When a worker's windows go out between Locust's reports: once a second, a moment after the second is over.

Locust's workers report every three seconds. Whoever watches a run wants to see its last second, and what a worker has
given out when it is killed is not lost.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import gevent

if TYPE_CHECKING:
    from typing import Any

#: Seconds between frames: a window's length.
INTERVAL_S = 1.0

#: Seconds after the end of a second at which the window of that second is closed, on a machine that is not overloaded.
_CLOSED_AFTER_S = 0.05

#: Seconds over which the workers of a run spread, so that they do not all meet the master at the same moment.
_SPREAD_S = 0.2


class Dispatch:
    """Calls `give_out`, which never raises, after each second."""

    def __init__(self, give_out: Callable[[], Any]) -> None:
        """Keep what is called; nothing is before `start`."""
        self._give_out = give_out
        self._phase_s = _CLOSED_AFTER_S + random.random() * _SPREAD_S
        self._greenlet: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        """Begin, where it has not begun."""
        if self._greenlet is None:
            self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Call no more. Safe to repeat, also where the greenlet belongs to a parent process."""
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None:
            greenlet.kill(block=False)

    def _run(self) -> None:
        while True:
            gevent.sleep(seconds_until(self._phase_s, time.time()))
            if self._greenlet is not gevent.getcurrent():
                return  # Stopped while its turn had come.
            self._give_out()


def seconds_until(phase_s: float, now_s: float) -> float:
    """Return the seconds from `now_s` (Unix time) until `phase_s` into the next interval; never 0."""
    return INTERVAL_S - (now_s - phase_s) % INTERVAL_S
