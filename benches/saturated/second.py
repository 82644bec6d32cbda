"""One second of the generator under test beside the same second of the reference."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

#: The percentiles that are compared.
PERCENTILES = (50, 95)
#: Seconds with fewer answers of an endpoint say nothing of its percentiles.
FEWEST_ANSWERS = 20

#: Percentiles in ms, by the delay in ms that was asked for, in the order of `PERCENTILES`.
Latencies = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Wrong:
    """From where on a percentile is wrong: off by both of these, upwards or downwards."""

    percent: float
    ms: float

    def is_wrong(self, measured_ms: float, true_ms: float) -> bool:
        """Return whether a percentile is off by too much."""
        off_ms = abs(measured_ms - true_ms)
        return off_ms > self.ms and off_ms > true_ms * self.percent / 100


@dataclass(frozen=True)
class Second:
    """What was measured in one second, and what the generator did meanwhile."""

    client: str
    #: How often the hub's lag was measured, in ms between ticks.
    tick_ms: float
    scenario: str
    start_s: int
    requests: int
    generator: Latencies
    reference: Latencies
    cpu_percent: float
    hub_lag_ms: float
    run_queue_percent: float
    throttled_percent: float
    #: What a hypervisor took from the generator's core; no threshold knows of it.
    steal_percent: float
    #: The verdict that was recorded with the second, by the defaults of that build.
    reasons: tuple[str, ...]

    def is_wrong(self, wrong: Wrong, delays: Iterable[str] | None = None) -> bool:
        """Return whether a percentile of any endpoint (or of these) is wrong."""
        return any(wrong.is_wrong(measured, true) for measured, true in self._pairs(delays))

    def worst_ratio(self) -> float:
        """Return how many times too large (or too small) the worst percentile is."""
        return max((max(measured / true, true / measured) for measured, true in self._pairs(None)), default=1.0)

    def ratio(self, delay: str, percentile: int) -> float | None:
        """Return a percentile of an endpoint as a multiple of the truth."""
        if delay not in self.generator:
            return None
        place = PERCENTILES.index(percentile)
        return self.generator[delay][place] / self.reference[delay][place]

    def _pairs(self, delays: Iterable[str] | None) -> Iterator[tuple[float, float]]:
        for delay in self.generator if delays is None else set(delays) & set(self.generator):
            yield from zip(self.generator[delay], self.reference[delay], strict=True)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Second:
        """Return what `to_json` was."""
        latencies = {key: {d: tuple(p) for d, p in fields[key].items()} for key in ("generator", "reference")}
        return cls(**{**fields, **latencies, "reasons": tuple(fields["reasons"])})


@dataclass(frozen=True)
class Answers:
    """The reference's answers of one second, by delay."""

    elapsed_ms: dict[str, list[float]]

    def percentiles(self, delay: str) -> tuple[float, float] | None:
        """Return them, by the nearest rank; None for too few answers."""
        times = sorted(self.elapsed_ms.get(delay, []))
        if len(times) < FEWEST_ANSWERS:
            return None
        p50, p95 = (times[math.ceil(len(times) * percent / 100) - 1] for percent in PERCENTILES)
        return p50, p95


def read_reference(path: Path) -> dict[int, Answers]:
    """Return the reference's answers by the second in which they came."""
    found: dict[int, Answers] = defaultdict(lambda: Answers(defaultdict(list)))
    for line in path.read_text().splitlines():
        came_s, delay, elapsed_ms = line.split()
        found[int(float(came_s))].elapsed_ms[delay].append(float(elapsed_ms))
    return dict(found)


@dataclass(frozen=True)
class Pairing:
    """The seconds of one run of Locust that can be judged, and how many cannot."""

    seconds: list[Second]
    left_out: dict[str, int]


def pair(
    recorded: Path,
    reference: Mapping[int, Answers],
    scenarios: Mapping[int, str],
    steal_percent: Callable[[int], float],
    client: str,
    tick_ms: float,
) -> Pairing:
    """Put the seconds of the master's file `recorded` beside the reference's; `scenarios` says what went on when."""
    endpoints: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    workers: dict[int, dict[str, Any]] = {}
    late = set()
    for line in recorded.read_text().splitlines():
        fields = json.loads(line)["telemetry"]
        if "interval_start" not in fields:
            continue
        start_s = int(datetime.fromisoformat(fields["interval_start"].replace("Z", "+00:00")).timestamp())
        if fields.get("late"):
            late.add(start_s)
        elif fields.get("stats_type") == "worker":
            workers[start_s] = fields
        elif fields.get("stats_type") == "interval":
            endpoints[start_s][fields["name"].rpartition("/")[2]] = fields
    seconds, left_out = [], defaultdict(int)
    for start_s, scenario in scenarios.items():
        worker = workers.get(start_s)
        if worker is None or worker["cpu_percent"] is None or start_s in late:
            left_out["not recorded whole"] += 1
            continue
        generator, truth = {}, {}
        for delay, fields in endpoints[start_s].items():
            true = reference[start_s].percentiles(delay) if start_s in reference else None
            if fields["num_requests"] - fields["num_failures"] >= FEWEST_ANSWERS and true is not None:
                generator[delay] = tuple(fields[f"percentile_{percent}"] for percent in PERCENTILES)
                truth[delay] = true
        if not generator:
            left_out["too few answers"] += 1
        elif any(p95 > float(delay) * 1.2 + 2 for delay, (_, p95) in truth.items()):
            # A fixed delay has no tail: the target or the reference itself was held up.
            left_out["unsteady reference"] += 1
        else:
            seconds.append(
                Second(
                    client=client,
                    tick_ms=tick_ms,
                    scenario=scenario,
                    start_s=start_s,
                    requests=worker["num_requests"],
                    generator=generator,
                    reference=truth,
                    cpu_percent=worker["cpu_percent"],
                    hub_lag_ms=worker["hub_lag_ms"] or 0.0,
                    run_queue_percent=(worker["run_queue_delay_ms"] or 0.0) / 10,
                    throttled_percent=(worker["throttled_ms"] or 0.0) / 10,
                    steal_percent=steal_percent(start_s),
                    reasons=tuple(worker["suspect_reasons"]),
                )
            )
    return Pairing(seconds, dict(left_out))
