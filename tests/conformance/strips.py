"""Reads the strips of a run store as `docs/run-store.md` describes them, without any help of the package."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

_GOLDEN = Path(__file__).resolve().parents[2] / "crates" / "store" / "tests" / "golden"
_OCTAVE_MS: list[float] = json.loads((_GOLDEN / "bounds.json").read_text())["octave_ms"]

#: The sum that each context of Golomb-Rice codes begins with.
_FIRST_SUMS = {
    "slot": 0,
    "times": 8,
    "untimed": 1,
    "zeros": 1,
    "bytes": 64,
    "first": 32,
    "gap": 16,
    "buckets": 32,
    "step": 0,
    "count": 2,
    "rest": 1 << 20,
}

#: Of the buckets in strips, and in the JSON file.
FINEST_SCALE = 6

NS_PER_MS = 1_000_000

_MAX_QUOTIENT = 16
_SLOTS = 60
_SLACK_NS = 4


@dataclass
class Gained:
    """What one subject gained: exact, but for the times within the buckets of scale 6."""

    requests: int = 0
    response_bytes: int = 0
    #: Requests with a time, zeros included.
    count: int = 0
    zeros: int = 0
    sum_ns: int = 0
    min_ns: int | None = None
    max_ns: int | None = None
    buckets: Counter[int] = field(default_factory=Counter)

    def widened(self, scales: int) -> Gained:
        """Return the same with the wider buckets of a scale that is so much coarser."""
        wide: Counter[int] = Counter()
        for index, count in self.buckets.items():
            wide[index >> scales] += count
        return replace(self, buckets=wide)

    def mean_ms(self) -> float | None:
        return self.sum_ns / self.count / NS_PER_MS if self.count else None

    def quantile_ms(self, q: float) -> float | None:
        """Return the least time with at least so large a share of all at or below it, as its bucket tells."""
        if self.min_ns is None or self.max_ns is None:
            return None
        rank = min(max(math.ceil(q * self.count), 1), self.count)
        if rank in (1, self.count):
            return (self.min_ns if rank == 1 else self.max_ns) / NS_PER_MS
        seen = self.zeros
        if rank <= seen:
            return 0.0
        for index, count in sorted(self.buckets.items()):
            seen += count
            if rank <= seen:
                low, high = _bound_ms(index), _bound_ms(index + 1)
                return min(max(2.0 * low * high / (low + high), self.min_ns / NS_PER_MS), self.max_ns / NS_PER_MS)
        raise AssertionError(f"{rank} is beyond {seen}")

    def plus(self, other: Gained) -> Gained:
        """Return both together."""
        lows = [low for low in (self.min_ns, other.min_ns) if low is not None]
        highs = [high for high in (self.max_ns, other.max_ns) if high is not None]
        return Gained(
            self.requests + other.requests,
            self.response_bytes + other.response_bytes,
            self.count + other.count,
            self.zeros + other.zeros,
            self.sum_ns + other.sum_ns,
            min(lows, default=None),
            max(highs, default=None),
            self.buckets + other.buckets,
        )


def merged(gains: Iterable[Gained]) -> Gained:
    """Return all of them together."""
    whole = Gained()
    for gain in gains:
        whole = whole.plus(gain)
    return whole


def read_strip(data: bytes) -> dict[int, Gained]:
    """Return the gains of a strip by their slots."""
    stream = _Stream(data)
    count, slot, gains = stream.number(), -1, {}
    for _ in range(count):
        slot += 1 + (stream.rice("slot") if count < _SLOTS else 0)
        gains[slot] = stream.gain()
    return gains


class _Stream:
    """A stream of bits, with what its codes have learned so far."""

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "little")
        self._contexts = {name: [first, 1] for name, first in _FIRST_SUMS.items()}
        self._seen_bytes = self._seen_requests = 0
        self._first_bucket: int | None = None

    def bits(self, count: int) -> int:
        value = self._bits & ((1 << count) - 1)
        self._bits >>= count
        return value

    def number(self) -> int:
        return self.bits(self.bits(7))

    def rice(self, name: str) -> int:
        context = self._contexts[name]
        k = 0
        while 4 * context[1] << k < 3 * context[0]:
            k += 1
        quotient = 0
        while not self.bits(1):
            quotient += 1
            assert quotient <= _MAX_QUOTIENT, "this is no strip"
        value = (quotient << k) + self.bits(k) if quotient < _MAX_QUOTIENT else self.number()
        context[0] += min(value, 1 << 40)
        context[1] += 1
        if context[1] == 32:
            context[0], context[1] = context[0] // 2, 16
        return value

    def gain(self) -> Gained:
        times = self.rice("times")
        odd = self.bits(1)
        untimed, zeros = (self.rice("untimed"), self.rice("zeros")) if odd else (0, 0)
        requests = times + untimed + zeros
        gained = Gained(requests, self._bytes(requests), times + zeros, zeros)
        if times:
            gained.buckets = self._buckets(times)
            self._times(gained, times)
        elif zeros:
            gained.min_ns = gained.max_ns = 0
        return gained

    def _bytes(self, requests: int) -> int:
        if self._seen_requests:
            expected = self._seen_bytes // self._seen_requests * requests
            response_bytes = (_unzigzag(self.rice("bytes")) + (expected if expected <= 1 << 48 else 0)) % (1 << 64)
        else:
            response_bytes = self.number()
        if response_bytes <= 1 << 48:
            self._seen_bytes += response_bytes
            self._seen_requests += requests
        if self._seen_bytes > 1 << 50:
            self._seen_bytes = self._seen_requests = 0
        return response_bytes

    def _buckets(self, times: int) -> Counter[int]:
        dense = self.bits(1)
        before = self._first_bucket
        bucket = _unzigzag(self.number()) if before is None else before + _unzigzag(self.rice("first"))
        self._first_bucket = bucket
        if not dense:
            buckets = Counter([bucket])
            for _ in range(times - 1):
                bucket += self.rice("gap")
                buckets[bucket] += 1
            return buckets
        more = self.rice("buckets")
        buckets = Counter({bucket: self.rice("count") + 1})
        for _ in range(more):
            bucket += self.rice("step") + 1
            buckets[bucket] = self.rice("count") + 1
        return buckets

    def _times(self, gained: Gained, times: int) -> None:
        first, last = min(gained.buckets), max(gained.buckets)
        others = gained.buckets - Counter([last])
        if times > 1 and not gained.zeros:
            others -= Counter([first])
            gained.min_ns = self._place(first)
            gained.sum_ns += gained.min_ns
        gained.max_ns = self._place(last)
        gained.sum_ns += gained.max_ns
        if gained.min_ns is None:
            gained.min_ns = 0 if gained.zeros else gained.max_ns
        if others:
            gained.sum_ns += _unzigzag(self.rice("rest"))
            gained.sum_ns += sum(_mid_ns(bucket) * count for bucket, count in others.items())

    def _place(self, bucket: int) -> int:
        """Return the time of this bucket whose place in it is next."""
        width = _floor_ns(bucket + 1) - _floor_ns(bucket)
        return _floor_ns(bucket) + self.bits((width + 2 * _SLACK_NS).bit_length()) - _SLACK_NS


def _unzigzag(value: int) -> int:
    return -(value + 1) // 2 if value % 2 else value // 2


def _bound_ms(bucket: int) -> float:
    return _OCTAVE_MS[bucket % 64] * 2.0 ** (bucket // 64)


def _floor_ns(bucket: int) -> int:
    return math.floor(_bound_ms(bucket) * 1e6)


def _mid_ns(bucket: int) -> int:
    return _floor_ns(bucket) + (_floor_ns(bucket + 1) - _floor_ns(bucket)) // 2
