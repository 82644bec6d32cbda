"""The time that the end of a process may still spend on the channel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import gevent
from gevent import monkey

if TYPE_CHECKING:
    from locust_telemetry.core.channel.line import Line, Taker

#: Seconds between looks for messages.
_POLL_S = 0.005


class Linger:
    """Waits for messages until a deadline.

    Where the process is over, or Locust has stopped to receive, it reads the socket itself and blocks the thread:
    another greenlet that ran meanwhile would change how Locust ends. Else Locust goes on, and so does its receiving.
    """

    def __init__(self, line: Line, within_s: float, is_process_over: bool) -> None:
        """Start the time."""
        self._line = line
        self._deadline = time.monotonic() + within_s
        self.is_reading = is_process_over or not line.is_read_by_locust

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._deadline

    def take_waiting(self, others: Taker | None = None) -> None:
        """Take what has arrived, where Locust does not."""
        if self.is_reading:
            self._line.take_waiting(self._deadline, others)

    def pause(self) -> None:
        """Let some time pass."""
        if self.is_reading:
            monkey.get_original("time", "sleep")(_POLL_S)
        else:
            gevent.sleep(_POLL_S)
