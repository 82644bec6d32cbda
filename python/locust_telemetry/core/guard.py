"""Keeps errors of ours out of Locust."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)


def never_raises(listener: Callable[..., None]) -> Callable[..., None]:
    """Keep an error of ours out of Locust, whose exit status it would change; it is logged instead."""

    @functools.wraps(listener)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            listener(*args, **kwargs)
        except Exception:
            logger.exception("Telemetry failed in %s; the test goes on.", listener.__name__)

    return guarded
