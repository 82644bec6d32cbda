"""Plugins that take finished windows, and the handing over of them on the gevent hub."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import gevent

if TYPE_CHECKING:
    from locust_telemetry._native import Engine, Subscription, Window

logger = logging.getLogger(__name__)


class Subscribers:
    """Calls each `on_window` with each window, in order."""

    def __init__(self) -> None:
        """Begin without any."""
        self._subscriptions: list[tuple[str, Subscription, Callable[[Window], None]]] = []

    def add(self, engine: Engine, recorder_id: str, on_window: Callable[[Window], None]) -> None:
        """Call `on_window` from now on; summaries show it as `recorder_id`."""
        self._subscriptions.append((recorder_id, engine.subscribe(recorder_id), on_window))

    def clear(self) -> None:
        """Forget all."""
        self._subscriptions = []

    def deliver(self, within_s: float | None = None) -> None:
        """Hand over what waits; with a limit, what is left by then stays queued.

        A callback that lets other greenlets run is cut off at the limit; one that never does cannot be.
        """
        deadline = None if within_s is None else time.monotonic() + within_s
        for recorder_id, subscription, on_window in self._subscriptions:
            while deadline is None or time.monotonic() < deadline:
                window = subscription.next()
                if window is None:
                    break
                left_s = None if deadline is None else max(0.001, deadline - time.monotonic())
                with gevent.Timeout(left_s, False) as timeout:  # type: ignore[arg-type]  # False: ends the block silently
                    self._call(recorder_id, on_window, window, timeout)

    @staticmethod
    def _call(recorder_id: str, on_window: Callable[[Window], None], window: Window, timeout: gevent.Timeout) -> None:
        try:
            on_window(window)
        except gevent.Timeout as raised:
            if raised is not timeout:
                logger.exception("on_window of %s failed; it gets the next window all the same.", recorder_id)
                return
            logger.warning("on_window of %s took too long at the end of the run.", recorder_id)
            raise
        except Exception:
            logger.exception("on_window of %s failed; it gets the next window all the same.", recorder_id)
