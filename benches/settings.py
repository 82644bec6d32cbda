"""What a benchmark is told, and how it says that it could not run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class BenchmarkFailed(Exception):
    """A benchmark could not run; the message says why and what to do."""


@dataclass(frozen=True)
class Settings:
    """The interpreters and programs to measure, and how long to take."""

    #: The interpreter with this package.
    own_python: Path
    #: The interpreter with the package that this one is compared with, and the OpenTelemetry SDK.
    peer_python: Path
    #: What is loaded over HTTP.
    target_binary: Path
    #: Fewer rounds: enough to see that everything runs, too few to quote.
    quick: bool
    #: So many rounds of `end_to_end` and `breakdown`, instead of as many as usual.
    rounds: int | None
    #: The variants of `end_to_end` to measure; empty for all.
    variants: tuple[str, ...]
    #: Also simulate a whole hour, where a benchmark can.
    hour: bool
