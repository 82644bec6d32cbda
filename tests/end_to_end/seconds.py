"""Interval lines put together by second and endpoint, with everything that their histograms hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .records import Record, of_type

#: The start of a second, method and name.
Second = tuple[str, str, str]


@dataclass
class Gain:
    """What one endpoint gained in one second. Equal gains have equal histograms, bit for bit."""

    requests: int = 0
    failures: int = 0
    response_bytes: int = 0
    outcomes: Counter[tuple[Any, Any]] = field(default_factory=Counter)
    zero_count: int = 0
    sum_ns: int = 0
    shortest_and_longest_ns: tuple[int, int] | None = None
    buckets: Counter[int] = field(default_factory=Counter)

    def add(self, line: Record) -> None:
        """Add an interval line."""
        histogram = line["histogram"]
        assert (histogram["scale"], histogram["unit"]) == (6, "ms")
        self.requests += line["num_requests"]
        self.failures += line["num_failures"]
        self.response_bytes += line["response_bytes"]
        for outcome in line["outcomes"]:
            self.outcomes[outcome["status"], outcome["error_type"]] += outcome["num_requests"]
        self.zero_count += histogram["zero_count"]
        self.sum_ns += int(histogram["sum_ns"])
        for index, count in enumerate(histogram["counts"], histogram["offset"]):
            if count:
                self.buckets[index] += count
        if histogram["zero_count"] or histogram["counts"]:
            ends = (histogram["min_ns"], histogram["max_ns"])
            seen = self.shortest_and_longest_ns or ends
            self.shortest_and_longest_ns = (min(seen[0], ends[0]), max(seen[1], ends[1]))


def by_second(*sources: Iterable[Record]) -> dict[Second, Gain]:
    """Put the intervals of some processes together; each of them is a second long."""
    gains: dict[Second, Gain] = {}
    for records in sources:
        for line in of_type(records, "interval"):
            assert line["interval_seconds"] == 1, line
            gains.setdefault((line["interval_start"], line["method"], line["name"]), Gain()).add(line)
    return gains
