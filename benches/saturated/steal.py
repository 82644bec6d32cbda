"""Processor time that a hypervisor gave to others: the machine stands still, and nothing inside of it can tell why."""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_left
from pathlib import Path
from types import TracebackType

STEP_S = 0.1
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class StealWatch:
    """Reads each core's stolen time again and again, in a thread; a context manager that ends it."""

    def __init__(self) -> None:
        """Begin to watch."""
        self._times_s: list[float] = []
        self._stolen_s: list[dict[int, float]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def percent(self, core: int, second: int) -> float:
        """Return how much of this second (Unix time) was stolen from a core; 0 where nothing is known of it."""
        before, after = self._at(core, second), self._at(core, second + 1)
        return 0.0 if before is None or after is None else max(0.0, after - before) * 100

    def _at(self, core: int, time_s: float) -> float | None:
        """Return the core's counter at that moment, on a line between two readings."""
        place = bisect_left(self._times_s, time_s)
        if not 0 < place < len(self._times_s) or core not in self._stolen_s[place]:
            return None
        low_s, high_s = self._times_s[place - 1 : place + 1]
        low, high = self._stolen_s[place - 1][core], self._stolen_s[place][core]
        return low + (high - low) * (time_s - low_s) / (high_s - low_s)

    def _watch(self) -> None:
        while not self._end.wait(STEP_S):
            now_s, stolen = time.time(), _stolen_s()
            if not self._times_s or now_s > self._times_s[-1]:
                self._stolen_s.append(stolen)
                self._times_s.append(now_s)

    def __enter__(self) -> StealWatch:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the thread; what it read stays."""
        self._end.set()
        self._thread.join()


def _stolen_s() -> dict[int, float]:
    """Return each core's stolen seconds since the machine started (kernel: `proc(5)`, eighth figure of `cpuN`)."""
    found = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name.startswith("cpu") and name != "cpu" and len(ticks) > 7:
            found[int(name[3:])] = int(ticks[7]) / _TICKS_PER_SECOND
    return found
