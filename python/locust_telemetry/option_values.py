"""Parsers of options' values: each turns text into the value, or raises ValueError with what would be accepted.

A value that is itself a secret is not repeated in the error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from locust_telemetry import config

_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

#: Characters that the token of the live page has at least: it is guarded against guessing by its length alone.
_SHORTEST_TOKEN = 16

#: As long as the page lets a note be, in characters.
_LONGEST_NOTE = 1000

#: Locust's process fails at `init` above this many series; more than this is a mistake of units.
_MOST_SERIES = 1_000_000


def printable(text: str) -> str:
    """Take any text that can be printed and is not empty."""
    if not text.strip():
        raise ValueError("it is empty; give a name")
    if not text.isprintable():
        raise ValueError(f"{text!r} has characters that cannot be printed")
    return text


def endpoint(text: str) -> str:
    """Take what may be the endpoint of an exporter."""
    # What a URL may be is checked where all variables are, before the test too.
    if not text.strip() or not text.isprintable():
        raise ValueError(f"{text!r} is no endpoint; give a URL such as http://localhost:4318, or host:port for gRPC")
    return text.strip()


def recorder_ids(text: str) -> list[str]:
    """Take ids of recorders that there are, separated by commas."""
    from locust_telemetry.core.manager import RecorderPluginManager

    known = [*RecorderPluginManager().recorder_ids(), config.NO_RECORDER_ID]
    ids = [part.strip() for part in text.split(",") if part.strip()]
    for recorder_id in ids:
        if recorder_id not in known:
            raise ValueError(f"there is no recorder {recorder_id!r}; there are: {', '.join(known)}")
    if not ids:
        raise ValueError(f"it names no recorder; there are: {', '.join(known)}")
    return ids


def seconds(text: str) -> float:
    """Take seconds, up to a day."""
    return _number(text, "a number of seconds from 0.01 to 86400, such as 3 or 0.5", float, 0.01, 86_400)


def mebibytes(text: str) -> float:
    """Take MiB, up to a TiB."""
    return _number(text, "a number of MiB from 0.001 to 1048576", float, 0.001, 1_048_576)


def series(text: str) -> int:
    """Take a number of series."""
    return int(_number(text, f"a whole number from 1 to {_MOST_SERIES}", int, 1, _MOST_SERIES))


def files(text: str) -> int:
    """Take a number of files."""
    return int(_number(text, "a whole number from 0 to 1000", int, 0, 1000))


def runs(text: str) -> int:
    """Take a number of runs."""
    return int(_number(text, "a whole number of runs from 1 to 1000000", int, 1, 1_000_000))


def days(text: str) -> int:
    """Take days, up to a century."""
    return int(_number(text, "a whole number of days from 1 to 36500", int, 1, 36_500))


def port(text: str) -> int:
    """Take the number of a TCP port."""
    return int(_number(text, "a port from 0 (any that is free) to 65535", int, 0, 65_535))


def token(text: str) -> str:
    """Take a token that is hard to guess and needs no quoting in a URL."""
    if re.fullmatch(rf"[A-Za-z0-9._~-]{{{_SHORTEST_TOKEN},}}", text) is None:
        # Without the text itself: error messages are kept and shown around.
        raise ValueError(f"it is no token; give {_SHORTEST_TOKEN} or more letters, digits, '-', '.', '_' or '~'")
    return text


def milliseconds(text: str) -> float:
    """Take milliseconds, up to a minute."""
    return _number(text, "a number of milliseconds from 0.1 to 60000", float, 0.1, 60_000)


def percent(text: str) -> float:
    """Take a percentage, which may be of several cores."""
    return _number(text, "a number of percent from 0.1 to 10000, without the sign", float, 0.1, 10_000)


def _number(text: str, accepted: str, kind: type[int] | type[float], least: float, most: float) -> float:
    try:
        number = kind(text)
    except ValueError:
        raise ValueError(f"{text!r} is not {accepted}") from None
    if not least <= number <= most:
        raise ValueError(f"{text!r} is not {accepted}")
    return number


def one_of(*words: str, what: str) -> Callable[[str], str]:
    """Return a parser that takes one of these words, in any case."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"{text!r} is no {what}; there are: {', '.join(words)}")
        return text.lower()

    return parse


def truth(text: str) -> bool:
    """Return the truth of `true`, `1`, `yes`, `false`, `0`, `no`; raises ValueError for anything else."""
    value = _TRUTHS.get(text.strip().lower())
    if value is None:
        raise ValueError(f"{text!r} is neither true, 1, yes nor false, 0, no")
    return value


def label(text: str) -> list[tuple[str, str]]:
    """Take labels, `key=value`, separated by commas."""
    labels = []
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise ValueError(f"{part!r} is no label; give key=value, such as env=staging")
        labels.append((printable(key.strip()), value.strip()))
    return labels


def note(text: str) -> list[str]:
    """Take a note of one line."""
    text = text.strip()
    if not text or not text.isprintable() or len(text) > _LONGEST_NOTE:
        raise ValueError(f"{text[:50]!r} is no note; give one line of 1 to {_LONGEST_NOTE} characters")
    return [text]


def writable_file(example: str) -> Callable[[str], str]:
    """Return a parser of a file's path whose folder is there; `example` is such a path."""

    def parse(text: str) -> str:
        # A plain string: Locust's master sends all custom options to its workers, and can send no Path.
        path = Path(text)
        folder = path.parent
        if not text or "\0" in text or (path.exists() and not path.is_file()):
            raise ValueError(f"{text!r} is no file; give a path such as {example}")
        if not folder.is_dir():
            raise ValueError(f"{text!r} cannot be written: there is no folder {str(folder)!r}")
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise ValueError(f"{text!r} cannot be written: no permission")
        return text

    return parse
