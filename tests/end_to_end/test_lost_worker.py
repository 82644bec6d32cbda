"""A worker that is killed in a run: whoever looks is told which, when, and what that means, with true figures."""

from __future__ import annotations

import json
import re
import signal
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from .counts import COUNT_AT_ONCE, CountedAtOnce, counted_at_once
from .launcher import Cluster, Launcher, wait_until
from .records import Record, file_records, of_type
from .run_store import rows

REASON = "worker_missing"

#: How long the runs take, in seconds.
RUN_S = 14.0


@dataclass
class Loss:
    """A finished run of a master and two workers, of which one was killed."""

    launcher: Launcher
    worker: str
    requests: list[CountedAtOnce]

    @property
    def store(self) -> Path:
        return self.launcher.folder / "locust-telemetry" / "runs.db"

    def told(self, *arguments: str) -> str:
        """Return what the command says."""
        process = self.launcher.run(arguments[0], [self.launcher.version.telemetry, "--utc", *arguments])
        assert process.wait() == 0, process.stderr
        return process.stdout

    def exported(self) -> dict[str, Any]:
        exported: dict[str, Any] = json.loads(self.told("export", "@1", "--format", "json"))
        return exported

    def lines(self) -> list[Record]:
        """Return what the json recorder says of the worker's seconds."""
        return [
            line for line in of_type(file_records(self.launcher.json_file), "worker") if line["worker"] == self.worker
        ]


def lose(launcher: Launcher, seconds_before_end: float) -> Loss:
    """Run, and kill the first worker so long before the end."""
    settings: dict[str, Any] = {"recorder": "json,local", "variables": {COUNT_AT_ONCE: "1", "SHOP_WAIT_S": "0.05"}}
    cluster = Cluster.headless(launcher, "shop.py", seconds=RUN_S, users=8, **settings)
    cluster.master.wait_for_users()
    killed = cluster.workers[0]
    path = launcher.folder / f"at-once-{killed.pid}.jsonl"
    wait_until("requests of the worker", lambda: path.exists() and path.stat().st_size > 0)
    time.sleep(RUN_S - seconds_before_end - 1)
    killed.send(signal.SIGKILL)
    cluster.master.wait()
    cluster.workers[1].wait()
    requests = counted_at_once(launcher.folder, killed.pid)
    return Loss(launcher, requests[0].source_id, requests)


def unix_s(rfc3339: str) -> int:
    return int(datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp())


@pytest.mark.parametrize("seconds_before_end", [7.0, 2.0], ids=["in the middle", "right before the end"])
def test_a_lost_worker_is_told_wherever_people_look(launcher: Launcher, seconds_before_end: float) -> None:
    loss = lose(launcher, seconds_before_end)
    exported = loss.exported()
    (missing,) = exported["missing"]
    assert (missing["worker"], missing["is_for_good"], missing["users"]) == (loss.worker, True, 4)

    # When: its last words are of the second before the one in which it ended, or a second earlier.
    from_s, to_s = unix_s(missing["from"]), unix_s(missing["to"])
    assert int(loss.requests[-1].ended) - from_s in (0, 1), (missing, loss.requests[-1])

    # How much: no more than is said.
    (recorded,) = [row["requests"] for row in rows(loss.store, "workers") if row["source_id"] == loss.worker]
    assert 0 <= len(loss.requests) - recorded <= missing["requests_at_most"]

    # Just the seconds without it are suspect for that, in each of the outputs.
    lacking = list(range(from_s, to_s))
    intervals = {unix_s(row["time"]): row["suspect_reasons"] for row in exported["intervals"]}
    assert [second for second, reasons in intervals.items() if REASON in reasons] == lacking
    last_s = max(intervals)
    assert last_s - lacking[-1] <= 1, "but for what ended after the run was stopped, it is missing to the end"
    assert exported["confidence"]["reasons"][REASON] == len(lacking)
    assert exported["confidence"]["suspect_seconds"] >= len(lacking)
    views = {unix_s(row["time"]): row["suspect"] for row in rows(loss.store, "intervals")}
    assert [second for second, reasons in views.items() if REASON in reasons] == lacking
    suspect = {unix_s(line["interval_start"]) for line in loss.lines() if REASON in line["suspect_reasons"]}
    assert suspect <= set(lacking) and suspect
    summary = loss.told("summary", str(loss.launcher.json_file))
    assert f"worker missing in {len(lacking)} s" in summary

    # In words, which worker, when, and what it means.
    words = (
        rf"{loss.worker} was lost at \S+; its 4 users stopped making load, up to {missing['requests_at_most']} requests"
    )
    assert re.search(words, exported["run"]["lost"]), exported["run"]["lost"]
    shown = " ".join(loss.told("show", "@1").split())
    utc = time.strftime("%H:%M:%S", time.gmtime(from_s))
    assert f"{loss.worker} was lost at {utc}" in shown
    assert re.search(rf"{loss.worker} missing ", shown), "the table of workers"
    markdown = loss.told("export", "@1", "--format", "markdown")
    assert re.search(words.replace(r"\S+", r"[^;]+"), markdown)
    if seconds_before_end > 5:
        # Locust itself has noticed: its event says which worker.
        events = [event for event in exported["events"] if event["name"] == "locust.tl.event.worker.missing"]
        assert [event["attributes"]["worker"] for event in events] == [loss.worker]
        assert f"{loss.worker} is missing" in shown
