"""Which seconds thresholds flag, and which of those are wrong."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from saturated.second import Second, Wrong


@dataclass(frozen=True)
class Thresholds:
    """From where on a second is suspect, as the options `--lt-suspect-*` have it; infinity turns a reason off."""

    hub_lag_ms: float = math.inf
    cpu_percent: float = math.inf
    run_queue_percent: float = math.inf
    throttled_percent: float = math.inf

    def flags(self, second: Second) -> bool:
        """Return whether the second is suspect; the rule of `Thresholds::judge` in crates/core."""
        return (
            second.hub_lag_ms >= self.hub_lag_ms
            or second.cpu_percent >= self.cpu_percent
            or second.run_queue_percent >= self.run_queue_percent
            or second.throttled_percent >= self.throttled_percent
        )

    def with_one(self, name: str, value: float) -> Thresholds:
        """Return the same with one threshold changed."""
        return replace(self, **{name: value})

    @classmethod
    def only(cls, name: str, value: float) -> Thresholds:
        """Return one threshold, all others off."""
        return cls().with_one(name, value)

    def text(self) -> str:
        """Return the four figures in the order of the options."""
        figures = (self.hub_lag_ms, self.cpu_percent, self.run_queue_percent, self.throttled_percent)
        return " / ".join("off" if math.isinf(figure) else f"{figure:g}" for figure in figures)


#: What is tried for each threshold.
SWEEP = {
    "hub_lag_ms": (3, 5, 10, 15, 20, 30, 50, 75, 100),
    "cpu_percent": (60, 70, 75, 80, 85, 90, 95, 99),
    "run_queue_percent": (2, 5, 10, 15, 20, 30, 50),
    "throttled_percent": (0.5, 1, 2, 5, 10, 20, 40),
}


@dataclass
class Confusion:
    """Seconds, counted by what they were and whether they were flagged."""

    wrong_flagged: int = 0
    wrong_spared: int = 0
    right_flagged: int = 0
    right_spared: int = 0

    @classmethod
    def of(
        cls, seconds: Iterable[Second], thresholds: Thresholds, wrong: Wrong, delays: Iterable[str] | None = None
    ) -> Confusion:
        """Count; a second is wrong if a percentile of any endpoint (or of these) is."""
        found = cls()
        for second in seconds:
            is_flagged = thresholds.flags(second)
            if second.is_wrong(wrong, delays):
                found.wrong_flagged += is_flagged
                found.wrong_spared += not is_flagged
            else:
                found.right_flagged += is_flagged
                found.right_spared += not is_flagged
        return found

    @property
    def wrong(self) -> int:
        """All wrong seconds."""
        return self.wrong_flagged + self.wrong_spared

    @property
    def right(self) -> int:
        """All right seconds."""
        return self.right_flagged + self.right_spared

    @property
    def flagged(self) -> int:
        """All flagged seconds."""
        return self.wrong_flagged + self.right_flagged

    @property
    def caught(self) -> float:
        """The share of wrong seconds that is flagged."""
        return self.wrong_flagged / self.wrong if self.wrong else math.nan

    @property
    def false_alarms(self) -> float:
        """The share of right seconds that is flagged."""
        return self.right_flagged / self.right if self.right else math.nan

    @property
    def balance(self) -> float:
        """How well wrong and right are told apart: 1 is perfect, 0 is chance (Youden's J)."""
        return self.caught - self.false_alarms

    def cells(self) -> tuple[str, ...]:
        """Return the four counts, and both shares, as text."""
        counts = (self.wrong_flagged, self.wrong_spared, self.right_flagged, self.right_spared)
        return (*map(str, counts), share(self.caught), share(self.false_alarms))


def best(seconds: list[Second], wrong: Wrong, count: int) -> list[tuple[Thresholds, Confusion]]:
    """Return the combinations of the sweep that tell best; the laxer ones first where they are as good."""
    is_wrong = [second.is_wrong(wrong) for second in seconds]
    wrongs = sum(is_wrong)
    rights = len(seconds) - wrongs
    if not wrongs or not rights:
        return []
    # As bits, one for each second: thousands of combinations are then counted at once.
    wrong_bits = sum(1 << place for place, bad in enumerate(is_wrong) if bad)
    masks = {
        name: [
            (
                value,
                sum(1 << place for place, second in enumerate(seconds) if Thresholds.only(name, value).flags(second)),
            )
            for value in values
        ]
        for name, values in SWEEP.items()
    }
    ranked = []
    for choice in itertools.product(*masks.values()):
        flagged = 0
        for _, mask in choice:
            flagged |= mask
        caught = (flagged & wrong_bits).bit_count()
        falsely = flagged.bit_count() - caught
        values = tuple(value for value, _ in choice)
        ranked.append((caught / wrongs - falsely / rights, values))
    ranked.sort(reverse=True)
    found = [Thresholds(*values) for _, values in ranked[:count]]
    return [(thresholds, Confusion.of(seconds, thresholds, wrong)) for thresholds in found]


def share(value: float) -> str:
    """Return a share in percent; a dash for a share of nothing."""
    return "-" if math.isnan(value) else f"{value:.0%}"
