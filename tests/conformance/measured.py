"""What the locustfiles wrote down of each request (`locustfiles/response_times.py`), summed up exactly."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from ..end_to_end.counts import Outcome


class Request(NamedTuple):
    """One request; `ended_s` is in Unix seconds, `elapsed_ms` what Locust reported."""

    run: int
    ended_s: float
    source_id: str
    method: str
    name: str
    status: int | None
    failed: bool
    elapsed_ms: float | None

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.method, self.name, self.status, self.failed)


@dataclass
class Measured:
    """The requests of one outcome: their exact times, and how many had none."""

    times_ms: list[float] = field(default_factory=list)
    untimed: int = 0

    def add(self, request: Request) -> None:
        if request.elapsed_ms is None:
            self.untimed += 1
        else:
            self.times_ms.append(request.elapsed_ms)

    @property
    def count(self) -> int:
        return len(self.times_ms)

    @property
    def sum_ms(self) -> Fraction:
        """The exact sum, which floats would not give."""
        return sum(map(Fraction, self.times_ms), Fraction())

    def quantile_ms(self, q: float) -> float:
        """Return the least time with at least so large a share of all at or below it."""
        return sorted(self.times_ms)[max(math.ceil(q * self.count), 1) - 1]

    def quantiles_ms(self, q: float) -> list[float]:
        """Return the times that may be called the quantile: two where it falls between them."""
        ordered, rank = sorted(self.times_ms), q * self.count
        between = abs(rank - round(rank)) < 1e-6
        ranks = (round(rank), round(rank) + 1) if between else (math.ceil(rank),)
        return [ordered[min(max(rank, 1), self.count) - 1] for rank in ranks]

    def up_to(self, bound_ms: float) -> int:
        """Return how many took no longer."""
        return sum(time_ms <= bound_ms for time_ms in self.times_ms)


def requests_in(folder: Path) -> Iterator[Request]:
    """Read everything that the processes of a folder wrote down."""
    for path in folder.glob("times-*.jsonl"):
        # A killed process may leave half a line, of a request that it had not yet counted.
        *lines, _ = path.read_text().split("\n")
        for line in lines:
            yield Request(*json.loads(line))


def by_outcome(requests: Iterable[Request]) -> dict[Outcome, Measured]:
    """Sum up by outcome."""
    found: dict[Outcome, Measured] = {}
    for request in requests:
        found.setdefault(request.outcome, Measured()).add(request)
    return found


def by_source(requests: Iterable[Request]) -> dict[str, list[Request]]:
    """Put the requests of each process together."""
    found: dict[str, list[Request]] = {}
    for request in requests:
        found.setdefault(request.source_id, []).append(request)
    return found
