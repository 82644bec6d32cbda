"""One callback of an observable instrument: a function, or a generator in the older form."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Generator, Iterable
from typing import Any

import gevent
from opentelemetry.metrics import CallbackOptions, Observation

logger = logging.getLogger(__name__)

#: What an exporter takes of one callback: values with their attributes.
Observed = list[tuple[float, dict[str, Any] | None]]

_numbers = itertools.count(1)


class Callback:
    """Runs what a user gave, and says once what is wrong with it."""

    def __init__(self, given: Any, instrument_name: str) -> None:
        """Take what was given for the instrument; a generator is advanced to where it waits for options."""
        #: What the exporter knows the callback by.
        self.number = next(_numbers)
        self.given = given
        self._instrument_name = instrument_name
        self._is_told = False
        self._run: Callable[[CallbackOptions], Iterable[Observation]] = given
        if isinstance(given, Generator):
            self._run = given.send
            try:
                next(given)
            except Exception as error:
                self._run = lambda options: ()
                self._tell("failed", error)

    def observe(self, timeout_s: float) -> Observed:
        """Return what it observes now; nothing if it raises, or waits for longer than this."""
        observed: Observed = []
        timeout = gevent.Timeout(timeout_s)
        try:
            with timeout:
                for observation in self._run(CallbackOptions(timeout_millis=timeout_s * 1000)):
                    observed.append(self._taken(observation))
        except gevent.Timeout as raised:
            if raised is not timeout:
                raise
            self._tell("took too long", None)
            return []
        except StopIteration:
            return []  # A generator that is through.
        except Exception as error:
            self._tell("failed", error)
            return []
        return observed

    @staticmethod
    def _taken(observation: Observation) -> tuple[float, dict[str, Any] | None]:
        if not isinstance(observation.value, (int, float)):
            raise TypeError(f"{observation.value!r} is no number")
        return observation.value, None if observation.attributes is None else dict(observation.attributes)

    def _tell(self, what: str, error: Exception | None) -> None:
        if not self._is_told:
            self._is_told = True
            logger.warning(
                "A callback of the instrument %s %s; it is called again, and this is not said again.",
                self._instrument_name,
                what,
                exc_info=error,
            )
