"""The same run twice at the same time, with telemetry and without: what one does, the other should do."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from .counts import COUNT_AT_ONCE
from .launcher import PATIENCE_S, Launcher, LocustProcess, wait_until
from .records import file_records, recorded
from .runs import files_of

#: Longer than any test takes, in seconds: runs that are ended.
LONG_S = 120.0

#: Seconds that a recorded process may take longer to end than one that is not.
LONGER_S = 5.0


#: An interrupt between the listeners of a request, of which those before have counted it and those behind have not.
_TORN = re.compile(r'event\.py", line \d+, in fire\n(?:[ ].*\n)*KeyboardInterrupt')

#: How often an interrupt may hit there.
_ATTEMPTS = 5


@dataclass
class Twins:
    """One process of the run with telemetry, and its counterpart without."""

    recorded: LocustProcess
    plain: LocustProcess

    def send(self, number: signal.Signals) -> None:
        """Send a signal to both."""
        self.recorded.send(number)
        self.plain.send(number)

    def check_end(self, timeout_s: float = PATIENCE_S, same_status: bool = True) -> int:
        """Check that both end with the same status and within the allowed difference; returns the status.

        Where Locust's own status is a matter of chance, check only that the process ended with the one it logged.
        """
        self.check_time_of_end(timeout_s)
        status = self.recorded.wait()
        if not same_status:
            assert f"Shutting down (exit code {status})" in self.recorded.stderr
            return status
        assert status == self.plain.wait(), f"{self.recorded.stderr[-2000:]}\n---\n{self.plain.stderr[-2000:]}"
        return status

    def check_time_of_end(self, timeout_s: float = PATIENCE_S) -> None:
        """Check that both end within the allowed difference."""
        ended_at: dict[str, float] = {}

        def both_ended() -> bool:
            for name, process in (("recorded", self.recorded), ("plain", self.plain)):
                if not process.is_running:
                    ended_at.setdefault(name, time.monotonic())
            return len(ended_at) == 2

        wait_until(f"the end of {self.recorded.name}", both_ended, timeout_s)
        assert ended_at["recorded"] - ended_at["plain"] < LONGER_S


class TwinRun:
    """A run in two folders, `recorded` and `plain`; the first of its processes is the master or the local one."""

    def __init__(self, launcher: Launcher, start: Callable[[Launcher, str], list[LocustProcess]]) -> None:
        """Start both; `start` takes the launcher and the recorder's id."""
        self.recorded, self.plain = launcher.beside("recorded"), launcher.beside("plain")
        # The only way to see from outside how far it is.
        self.plain.variables[COUNT_AT_ONCE] = "1"
        pairs = zip(start(self.recorded, "json"), start(self.plain, "none"), strict=True)
        self.twins = [Twins(*pair) for pair in pairs]

    def wait_for_requests(self, recording_processes: int, each: int = 50) -> None:
        """Wait until all users are there and so many processes have written so many requests each.

        They are so many that some of them failed, in the other run as well: Locust's exit status tells.
        """
        self.twins[0].recorded.wait_for_users()
        self.twins[0].plain.wait_for_users()

        def look() -> bool:
            if not self.recorded.json_file.exists():
                return False
            files = files_of(self.recorded.json_file)
            if len(files) > 1:
                del files["main"]  # What its workers make is in the master's file too.
            written = [recorded(file_records(path)).total() for path in files.values()]
            return sum(requests >= each for requests in written) >= recording_processes

        def look_at_plain() -> bool:
            counted = [path.read_bytes().count(b"\n") for path in self.plain.folder.glob("at-once-*.jsonl")]
            return sum(requests >= each for requests in counted) >= recording_processes

        wait_until(f"{each} requests of {recording_processes} processes", look)
        wait_until(f"{each} requests of {recording_processes} processes without telemetry", look_at_plain)


def with_whole_listeners(launcher: Launcher, run: Callable[[Launcher], TwinRun]) -> TwinRun:
    """Run, again where an interrupt hit the process amid a request's listeners: their counts then differ rightly."""
    for attempt in range(_ATTEMPTS):
        done = run(launcher.beside(f"attempt-{attempt}"))
        if not any(_TORN.search(twins.recorded.stderr) for twins in done.twins):
            return done
    raise AssertionError(f"each of {_ATTEMPTS} interrupts hit the listeners of a request")
