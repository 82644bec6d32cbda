"""Runs the experiment: target, reference and master on one core, the generator under test alone on the other.

Target and reference get real-time priority where we may give it, so that neither the generator nor anything else on
the machine changes what is true. The generator, and the neighbours that are meant to disturb it, are in a control
group that goes before whatever else the machine does; inside of it they are equals.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processes import Child, free_port
from settings import BenchmarkFailed

from saturated.control import Control
from saturated.group import Group
from saturated.scenario import SCENARIOS, Scenario
from saturated.second import Pairing, pair, read_reference
from saturated.steal import StealWatch

HERE = Path(__file__).resolve().parent

#: The target's delays that are asked for: a fast endpoint, whose figures are soon wrong, and a slow one.
DELAYS_MS = (10, 100)
#: Seconds that a user waits between requests.
WAIT_S = 0.1
#: Requests of one user in a second, as long as nothing is late: three short ones for each long one.
PER_USER = 4 / (3 * (DELAYS_MS[0] / 1000 + WAIT_S) + DELAYS_MS[1] / 1000 + WAIT_S)
#: Users with whom the cost of a request is found, and for how many seconds.
TRIAL_USERS, TRIAL_S = 25, 5
#: Seconds that belong to no scenario once the users have come or gone, and the longest wait for that.
SETTLE_S, USERS_S = 1, 12
START_S, END_S = 20, 30


@dataclass
class Run:
    """What one run of Locust gave."""

    client: str
    pairing: Pairing
    #: How many users fill the core.
    full_users: int
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Rig:
    """What all runs share."""

    python: Path
    target_binary: Path
    #: Seconds of each scenario that are judged.
    judged_s: int
    #: Where the files of the runs are kept; None: nowhere.
    keep: Path | None = None

    def run(self, client: str, tick_ms: float, order: random.Random) -> Run:
        """Run all scenarios once, in some order, in one run of Locust."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            if self.keep is not None:
                folder = self.keep / f"{client}-{time.time():.0f}"
                folder.mkdir(parents=True)
            return _Drive(self, client, tick_ms, folder, stack).through(order.sample(SCENARIOS, len(SCENARIOS)))


class _Drive:
    """One run of Locust, from start to end."""

    def __init__(self, rig: Rig, client: str, tick_ms: float, folder: Path, stack: ExitStack) -> None:
        self._rig, self._client, self._tick_ms, self._folder, self._stack = rig, client, tick_ms, folder, stack
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            raise BenchmarkFailed("there is one core only: generator and reference need one each")
        self._generator_core, self._other_core = cores[:2]
        self._control = folder / "control.json"
        self._recorded = folder / "run.jsonl"
        self._scenarios: dict[int, str] = {}

    def through(self, scenarios: list[Scenario]) -> Run:
        """Start everything, go through the scenarios, and put the seconds together."""
        rig, folder = self._rig, self._folder
        total_s = START_S + TRIAL_S + (USERS_S + SETTLE_S + rig.judged_s + 2) * len(scenarios) + END_S
        serve = (rig.target_binary, "--port", "0", "--exit-after", str(total_s))
        target = self._stack.enter_context(Child("target", serve, folder, self._other_core, says_first=True))
        url = target.first_line().rpartition(" ")[2]
        measure = (rig.python, HERE / "reference.py", "--port", url.rpartition(":")[2], "--seconds", str(total_s))
        delays = tuple(str(delay_ms) for delay_ms in DELAYS_MS)
        reference = self._stack.enter_context(Child("reference", (*measure, *delays), folder, self._other_core))
        for child in (target, reference):
            _prefer(child.process.pid)
        group = self._stack.enter_context(Group())
        steal = self._stack.enter_context(StealWatch())
        master = self._start_locust(url, group)
        full_users = self._find_full_users()
        for scenario in scenarios:
            if scenario.quota_percent is not None and group.missing:
                continue
            self._go_through(scenario, full_users, group)
        Control(None).write(self._control)
        if master.wait(END_S) != 0:
            raise BenchmarkFailed(f"Locust failed: {master.tail()}")
        reference.process.terminate()
        reference.process.wait()
        pairing = pair(
            self._recorded,
            read_reference(reference.log),
            self._scenarios,
            lambda second: steal.percent(self._generator_core, second),
            self._client,
            self._tick_ms,
        )
        return Run(self._client, pairing, full_users, [group.missing] if group.missing else [])

    def _start_locust(self, url: str, group: Group) -> Child:
        port = str(free_port())
        variables = {
            "SATURATION_CONTROL": str(self._control),
            "SATURATION_CLIENT": self._client,
            "SATURATION_DELAYS_MS": ",".join(map(str, DELAYS_MS)),
            "SATURATION_WAIT_S": str(WAIT_S),
            "SATURATION_TICK_MS": str(self._tick_ms),
            "PYTHONPATH": str(HERE.parent),
        }
        Control(TRIAL_USERS).write(self._control)
        locust = (self._rig.python, "-m", "locust", "-f", HERE / "locustfile.py", "--lt-log-level", "warning")
        lead = (
            *("--master", "--headless", "--expect-workers", "1", "--master-bind-host", "127.0.0.1"),
            *("--master-bind-port", port, "--host", url, "--only-summary"),
            *("--lt-json-file", self._recorded, "--lt-stats-recorder-interval", "1"),
        )
        follow = ("--worker", "--master-host", "127.0.0.1", "--master-port", port)
        master = self._stack.enter_context(Child("master", (*locust, *lead), self._folder, self._other_core, variables))
        worker = self._stack.enter_context(
            Child("worker", (*locust, *follow), self._folder, self._generator_core, variables)
        )
        group.take(worker.process.pid)
        group.limit(None)
        return master

    def _worker_lines(self) -> list[dict[str, Any]]:
        """Return what the master has recorded of the worker's seconds so far."""
        found = []
        for line in self._recorded.read_text().splitlines(keepends=True) if self._recorded.exists() else []:
            if '"cpu_percent"' in line and line.endswith("\n"):
                fields = json.loads(line)["telemetry"]
                if fields.get("worker"):
                    found.append(fields)
        return found

    def _wait_for(self, users: int) -> None:
        """Wait until there are so many users, for a while."""
        end_s = time.monotonic() + USERS_S
        while time.monotonic() < end_s and self._worker_lines()[-1]["user_count"] != users:
            time.sleep(0.2)

    def _find_full_users(self) -> int:
        """Wait for the users of the trial, and return how many would fill the core."""
        end_s = time.monotonic() + START_S
        while not self._worker_lines():
            if time.monotonic() > end_s:
                raise BenchmarkFailed("Locust did not start")
            time.sleep(0.2)
        time.sleep(TRIAL_S)
        shares = [
            (fields["cpu_percent"] or 0) / fields["num_requests"]
            for fields in self._worker_lines()
            if fields["user_count"] == TRIAL_USERS and fields["num_requests"]
        ]
        # The first second has the connections' making in it. A lighter load is dearer for each request, so the
        # smaller half is nearer to what a full core does.
        shares = sorted(shares[1:])
        if not shares:
            raise BenchmarkFailed("the cost of a request cannot be found: no second of the trial was recorded")
        return max(10, round(100 / shares[len(shares) // 4] / PER_USER))

    def _go_through(self, scenario: Scenario, full_users: int, group: Group) -> None:
        users = max(2, round(full_users * scenario.load))
        Control(users, scenario.burn_ms, scenario.burns_per_second).write(self._control)
        self._wait_for(users)
        judged_s = self._rig.judged_s
        with ExitStack() as stack:
            spin = (
                f"import time\nend = time.monotonic() + {SETTLE_S + judged_s + 3}\nwhile time.monotonic() < end: pass"
            )
            for number in range(scenario.contenders):
                name = f"neighbour-{number}"
                command = (sys.executable, "-c", spin)
                neighbour = stack.enter_context(Child(name, command, self._folder, self._generator_core))
                group.take(neighbour.process.pid)
            group.limit(scenario.quota_percent)
            # Judged are whole seconds of the clock in which nothing changed.
            first_s = int(time.time()) + SETTLE_S + 1
            time.sleep(first_s + judged_s + 0.05 - time.time())
            group.limit(None)
        self._scenarios.update({first_s + place: scenario.name for place in range(judged_s)})


def _prefer(pid: int) -> None:
    """Give a process that is hardly busy the first place on its core, if we may."""
    with suppress(OSError):
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(10))
