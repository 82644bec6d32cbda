"""Reads what the locustfiles' own listener counted (`locustfiles/independent_counter.py`)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

#: The variable that names the folder of the counts; `independent_counter.py` reads it.
COUNTS_FOLDER = "INDEPENDENT_COUNTS_FOLDER"

#: The variable that has each request appended to a file at once, for processes that are killed.
COUNT_AT_ONCE = "INDEPENDENT_COUNTS_AT_ONCE"


class Outcome(NamedTuple):
    """What a request was and how it ended; `status` is None without a response."""

    method: str
    name: str
    status: int | None
    failed: bool


Outcomes = Counter[Outcome]


def counted_runs(folder: Path) -> dict[str, list[Outcomes]]:
    """Return, for each process by its source id, the counts of each run in order."""
    found: dict[str, list[Outcomes]] = {}
    for path in folder.glob("counts-*.json"):
        counts = json.loads(path.read_text())
        source_id = counts["source_id"]
        assert source_id not in found, f"two processes called {source_id}"
        found[source_id] = [outcomes(run) for run in counts["runs"]]
        assert not outcomes(counts["outside"]), f"{source_id} had requests before its first run"
    return found


def counted(folder: Path) -> dict[str, Outcomes]:
    """Return the counts of each process, by its source id, where each had one run."""
    runs = counted_runs(folder)
    assert all(len(counts) == 1 for counts in runs.values()), f"not one run each: {runs}"
    return {source_id: counts[0] for source_id, counts in runs.items()}


class CountedAtOnce(NamedTuple):
    """One request of a process that counts at once; `ended` is in Unix seconds."""

    ended: float
    source_id: str
    outcome: Outcome


def counted_at_once(folder: Path, pid: int) -> list[CountedAtOnce]:
    """Return the requests of a process, as far as it came."""
    lines = (folder / f"at-once-{pid}.jsonl").read_text().splitlines()
    return [CountedAtOnce(row[0], row[1], Outcome(*row[2:])) for row in map(json.loads, lines)]


def outcomes(rows: list[list[Any]]) -> Outcomes:
    """Return counts from rows of an outcome and how often it was."""
    return Counter({Outcome(*row[:4]): row[4] for row in rows})
