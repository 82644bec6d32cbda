"""What came over the connection and could not be taken."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)


class Oddities:
    """Counts what is ignored; of each kind the first is logged, so that a thousand workers cannot fill the log."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.count = 0
        self._told: set[str] = set()

    def note(self, kind: str, detail: object, error: Exception | None = None) -> None:
        """Count one of a kind; kinds are few and known in advance. An error of ours is logged with its traceback."""
        self.count += 1
        if kind not in self._told:
            self._told.add(kind)
            logger.warning("Ignored: %s (%s). More of this kind are ignored silently.", kind, detail, exc_info=error)

    @contextmanager
    def guard(self, kind: str) -> Iterator[None]:
        """Note an exception as one of a kind, instead of raising it into Locust."""
        try:
            yield
        except Exception as error:
            self.note(kind, repr(error), error)
