"""A worker asks for its master's time: a few times at the start of a run, then now and then.

The engine takes each exchange and keeps the best. Replies that were held up on the way, or by a busy hub at either
end, only make that exchange worth less.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import gevent

from locust_telemetry.core.channel.messages import CLOCK_PING, integers
from locust_telemetry.core.guard import never_raises

if TYPE_CHECKING:
    from typing import Any

    from locust_telemetry._native import Engine
    from locust_telemetry.core.channel.line import WorkerLine

logger = logging.getLogger(__name__)

#: How many pings begin a run, and seconds between them: of several, one meets idle hubs.
BURST = 8
BURST_INTERVAL_S = 0.02

#: Seconds between pings for the rest of the run: clocks drift.
INTERVAL_S = 5.0

#: Seconds without any reply after which windows go out by this process's own clock.
NO_REPLY_S = 3.0


class Clock:
    """Pings the master while a run is open."""

    def __init__(self, engine: Engine, line: WorkerLine, now_ns: Callable[[], int]) -> None:
        """Keep who is told, and the clock that is compared with the master's."""
        self._engine = engine
        self._line = line
        self._now_ns = now_ns
        self._greenlet: gevent.Greenlet[..., None] | None = None
        #: Whether the master has replied in this run.
        self.is_answered = False
        #: Whether the engine was told that the master does not.
        self._is_alone = False

    def start(self) -> None:
        """Begin to ask, for a new run."""
        self.stop()
        self.is_answered = self._is_alone = False
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Ask no more. Without a reply so far, windows wait no longer; one that is under way still counts."""
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None:
            greenlet.kill(block=False)
            self._go_on_alone()

    def take_reply(self, message: Any) -> None:
        """Take the master's reply."""
        returned = self._now_ns()
        sent, received, replied = integers(message.data, "sent", "received", "replied")
        self.is_answered = True
        self._engine.clock_sample(sent, received, replied, returned)

    @never_raises
    def _run(self) -> None:
        for _ in range(BURST):
            self._ping()
            gevent.sleep(BURST_INTERVAL_S)
        gevent.sleep(NO_REPLY_S)
        self._go_on_alone()
        while True:
            self._ping()
            gevent.sleep(INTERVAL_S)

    def _go_on_alone(self) -> None:
        if self.is_answered or self._is_alone:
            return
        self._is_alone = True
        logger.warning("The master does not reply with its time; windows are recorded by this worker's own clock.")
        self._engine.clock_unknown()

    def _ping(self) -> None:
        self._line.send(CLOCK_PING, {"sent": self._now_ns()})
