"""Waiting for recorders at the end, never longer than the flush timeout."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import gevent

if TYPE_CHECKING:
    from locust_telemetry._native import Flush

logger = logging.getLogger(__name__)

#: Seconds between looks whether a flush is done.
_POLL_S = 0.002


class Patience:
    """One budget of seconds for everything that one end has to wait for."""

    def __init__(self, timeout_s: float, on_hub: bool) -> None:
        """Start the budget. On the hub, other greenlets run while it is waited; else nothing does."""
        self._deadline = time.monotonic() + timeout_s
        self._timeout_s = timeout_s
        self._on_hub = on_hub
        self._is_told = False

    @property
    def left_s(self) -> float:
        """Seconds that are left of the budget."""
        return max(0.0, self._deadline - time.monotonic())

    def wait_for(self, is_done: Callable[[], bool], share: float = 1.0) -> None:
        """On the hub: wait until something is done, for at most this share of what is left."""
        deadline = time.monotonic() + self.left_s * share
        while self._on_hub and time.monotonic() < deadline and not is_done():
            gevent.sleep(_POLL_S)

    def wait(self, flush: Flush) -> bool:
        """Wait for a flush; return whether it is done."""
        if self._on_hub:
            while not flush.done and self.left_s > 0:
                gevent.sleep(_POLL_S)
        else:
            flush.wait(self.left_s)
        if not flush.done and not self._is_told:
            self._is_told = True
            logger.warning("A recorder did not finish within %g s; what it still holds is told.", self._timeout_s)
        return flush.done
