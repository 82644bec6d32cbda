"""The same run twice at the same time, with telemetry and without: what one does, the other should do."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from .launcher import PATIENCE_S, Launcher, LocustProcess, wait_until
from .records import file_records, of_type
from .runs import files_of

#: Seconds that a recorded process may take longer to end than one that is not.
LONGER_S = 5.0


@dataclass
class Twins:
    """One process of the run with telemetry, and its counterpart without."""

    recorded: LocustProcess
    plain: LocustProcess

    def send(self, number: signal.Signals) -> None:
        """Send a signal to both."""
        self.recorded.send(number)
        self.plain.send(number)

    def check_end(self, timeout_s: float = PATIENCE_S) -> int:
        """Check that both end with the same status and within the allowed difference; returns the status."""
        ended_at: dict[str, float] = {}

        def both_ended() -> bool:
            for name, process in (("recorded", self.recorded), ("plain", self.plain)):
                if not process.is_running:
                    ended_at.setdefault(name, time.monotonic())
            return len(ended_at) == 2

        wait_until(f"the end of {self.recorded.name}", both_ended, timeout_s)
        assert ended_at["recorded"] - ended_at["plain"] < LONGER_S
        status = self.recorded.wait()
        assert status == self.plain.wait(), f"{self.recorded.stderr[-2000:]}\n---\n{self.plain.stderr[-2000:]}"
        return status


def start_twins(launcher: Launcher, start: Callable[[Launcher, str], list[LocustProcess]]) -> list[Twins]:
    """Start a run in two folders, `recorded` and `plain`; `start` takes the launcher and the recorder's id."""
    recorded = start(launcher.beside("recorded"), "json")
    plain = start(launcher.beside("plain"), "none")
    return [Twins(*pair) for pair in zip(recorded, plain, strict=True)]


def wait_for_intervals(launcher: Launcher, processes: int) -> None:
    """Wait until so many processes have written what their endpoints did in a second."""

    def look() -> bool:
        if not launcher.json_file.exists():
            return False
        written = [of_type(file_records(path), "interval") for path in files_of(launcher.json_file).values()]
        return sum(bool(intervals) for intervals in written) >= processes

    wait_until(f"the first second of {processes} processes", look)
