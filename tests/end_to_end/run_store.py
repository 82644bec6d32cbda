"""Reads a run store as anybody could: with SQLite, through the views that are for people."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .counts import Outcome, Outcomes

Row = dict[str, Any]


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        yield connection
    finally:
        connection.close()


def rows(path: Path, view: str) -> list[Row]:
    """Return all rows of a view."""
    with connected(path) as connection:
        return [dict(row) for row in connection.execute(f"SELECT * FROM {view}")]


def one_run(path: Path) -> Row:
    """Return the only run."""
    (run,) = rows(path, "runs")
    return run


def endpoints(path: Path) -> dict[tuple[str, str], tuple[int, int]]:
    """Return requests and failures of each endpoint."""
    return {(row["method"], row["name"]): (row["requests"], row["failures"]) for row in rows(path, "endpoints")}


def by_endpoint(outcomes: Outcomes) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the same of independent counts."""
    requests: Counter[tuple[str, str]] = Counter()
    failures: Counter[tuple[str, str]] = Counter()
    for outcome, count in outcomes.items():
        assert isinstance(outcome, Outcome)
        requests[outcome.method, outcome.name] += count
        failures[outcome.method, outcome.name] += count if outcome.failed else 0
    return {endpoint: (count, failures[endpoint]) for endpoint, count in requests.items()}
