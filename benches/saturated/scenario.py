"""What is done to the generator under test: one scenario after the other, a few seconds each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """Load and trouble for one process."""

    name: str
    label: str
    #: Load, as a share of what fills the core.
    load: float
    #: A computation that blocks the hub: for how long, and how often in a second on average.
    burn_ms: float = 0.0
    burns_per_second: float = 0.0
    #: Busy loops of other processes on the same core.
    contenders: int = 0
    #: CPU quota in percent of a core; None: none.
    quota_percent: float | None = None

    @property
    def is_healthy(self) -> bool:
        """Whether the generator has room and is left alone."""
        plain = not (self.burn_ms or self.contenders or self.quota_percent)
        return plain and self.load <= MODERATE_LOAD


IDLE_LOAD, MODERATE_LOAD = 0.1, 0.4

SCENARIOS = (
    Scenario("idle", "nearly idle", IDLE_LOAD),
    Scenario("moderate", "moderate load", MODERATE_LOAD),
    Scenario("near", "near saturation", 0.75),
    Scenario("over", "too many users", 1.6),
    Scenario("burn_20_rare", "20 ms blocked, once a second", 0.2, burn_ms=20, burns_per_second=1),
    Scenario("burn_20_often", "20 ms blocked, eight a second", 0.2, burn_ms=20, burns_per_second=8),
    Scenario("burn_60", "60 ms blocked, once a second", 0.2, burn_ms=60, burns_per_second=1),
    Scenario("burn_200", "200 ms blocked, every 2.5 s", 0.2, burn_ms=200, burns_per_second=0.4),
    Scenario("contended", "a busy neighbour on the core", 0.3, contenders=1),
    Scenario("crowded", "three busy neighbours", 0.3, contenders=3),
    Scenario("quota_roomy", "CPU quota, twice the need", 0.3, quota_percent=60),
    Scenario("quota_tight", "CPU quota, half the need", 0.3, quota_percent=15),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}

#: The users' classes that are put to the test.
CLIENTS = ("FastHttpUser", "HttpUser")
