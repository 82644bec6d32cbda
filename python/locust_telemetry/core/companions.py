"""What lives as long as the recording of a process: it is looked after on the hub, and ends with it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust_telemetry._native import Flush

logger = logging.getLogger(__name__)


class Companion(Protocol):
    """One of them."""

    def look(self) -> None:
        """Do what is due. Called on the hub, a few times a second."""

    def prepare_end(self) -> None:
        """Take that the recording ends, while its last windows are still to come."""

    def end(self) -> Flush | None:
        """End, now that everything is recorded; return what is to be waited for."""

    def abandon(self) -> None:
        """In a forked child: let go of what is the parent's. Runs before gevent is ready: no locks, no logging."""


class Companions:
    """All of a session's; what one of them raises is logged and harms nobody else."""

    def __init__(self) -> None:
        """Begin without any."""
        self._all: list[Companion] = []

    def add(self, companion: Companion) -> None:
        """Take one more, once."""
        if companion not in self._all:
            self._all.append(companion)

    def look(self) -> None:
        """Let each do what is due."""
        for companion in self._all:
            self._guarded(companion.look)

    def prepare_end(self) -> None:
        """Tell each that the end comes."""
        for companion in self._all:
            self._guarded(companion.prepare_end)

    def end(self) -> list[Flush]:
        """End each and forget it; return what is to be waited for."""
        ending, self._all = self._all, []
        flushes = [self._guarded(companion.end) for companion in ending]
        return [flush for flush in flushes if flush is not None]

    def abandon(self) -> None:
        """In a forked child: forget each."""
        abandoned, self._all = self._all, []
        for companion in abandoned:
            companion.abandon()

    @staticmethod
    def _guarded(action: Callable[[], Flush | None]) -> Flush | None:
        try:
            return action()
        except Exception:
            logger.exception("Telemetry failed in %s; the test goes on.", action.__qualname__)
            return None
