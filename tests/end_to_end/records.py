"""Reads the lines that telemetry wrote, and checks what every one of them has."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .counts import Outcome, Outcomes

#: The `telemetry` object of one line.
Record = dict[str, Any]

STATS = "locust.tl.request.metric.stats"
RECONCILIATION = "locust.tl.run.reconciliation"
SUMMARY = "locust.tl.run.summary"

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_IDENTITY = ("telemetry_type", "telemetry_name", "source", "source_id", "run_id", "testplan", "recorder")
_SOURCES = {"master": "MasterRunner", "worker": "WorkerRunner", "local": "LocalRunner"}


def file_records(path: Path) -> list[Record]:
    """Return the records of a JSON file, all of whose lines must be whole."""
    content = path.read_bytes().decode("utf-8")
    assert content.endswith("\n") or not content, f"{path.name} ends in half a line: {content[-200:]!r}"
    return [check_identity(record) for record in _records(content.split("\n")[:-1])]


def live_records(path: Path) -> list[Record]:
    """Return the records of a JSON file that is being written, whose last line may be half there."""
    content = path.read_bytes().rpartition(b"\n")[0].decode("utf-8")
    return [check_identity(record) for record in _records(content.split("\n"))] if content else []


def log_records(stderr: str) -> list[Record]:
    """Return the records on standard error: the lines that begin with a brace."""
    return [check_identity(record) for record in raw_log_records(stderr)]


def raw_log_records(stderr: str) -> list[Record]:
    """Return the records on standard error, a user's own included, whose context may be another."""
    return _records(line for line in stderr.split("\n") if line.startswith("{"))


def _records(lines: Iterable[str]) -> list[Record]:
    records = []
    for line in lines:
        parsed = json.loads(line, parse_constant=_refuse)
        assert _RFC3339.fullmatch(parsed["time"]), line
        assert {"level", "name", "message"} <= parsed.keys(), line
        if "telemetry" in parsed:
            records.append(parsed["telemetry"])
    return records


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def check_identity(record: Record) -> Record:
    """Return the record, once it is seen to say which run, process and recorder it is of."""
    for key in _IDENTITY:
        assert record.get(key), f"no {key} in {record}"
    assert record["source"] == _SOURCES[record["recorder"]], record
    expected = r"worker-\d+" if record["recorder"] == "worker" else record["recorder"]
    assert re.fullmatch(expected, record["source_id"]), record
    return record


def of_type(records: Iterable[Record], stats_type: str) -> list[Record]:
    """Return the request statistics of one type."""
    return [record for record in records if record.get("stats_type") == stats_type]


def named(records: Iterable[Record], telemetry_name: str) -> list[Record]:
    """Return the records of one name."""
    return [record for record in records if record["telemetry_name"] == telemetry_name]


def only(records: Sequence[Record]) -> Record:
    """Return the one record."""
    assert len(records) == 1, f"{len(records)} records: {records}"
    return records[0]


def run_ids(records: Iterable[Record]) -> list[str]:
    """Return the runs in order of their first record."""
    return list(dict.fromkeys(record["run_id"] for record in records))


def recorded(records: Iterable[Record], run_id: str | None = None) -> Outcomes:
    """Return the sum of the endpoints' intervals, which must agree with themselves."""
    total: Outcomes = Counter()
    for line in of_type(records, "interval"):
        outcomes = line["outcomes"]
        assert sum(outcome["num_requests"] for outcome in outcomes) == line["num_requests"], line
        failures = sum(outcome["num_requests"] for outcome in outcomes if outcome["error_type"] is not None)
        assert failures == line["num_failures"], line
        if run_id is None or line["run_id"] == run_id:
            for outcome in outcomes:
                failed = outcome["error_type"] is not None
                key = Outcome(line["method"], line["name"], outcome["status"], failed)
                total[key] += outcome["num_requests"]
    return total


def endpoint_figures(records: Iterable[Record]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return requests and failures of each endpoint, from the `endpoint` records."""
    return {
        (record["method"], record["name"]): (record["num_requests"], record["num_failures"])
        for record in of_type(records, "endpoint")
    }


def figures_of(outcomes: Outcomes) -> dict[tuple[str, str], tuple[int, int]]:
    """Return requests and failures of each endpoint, from counts."""
    figures: dict[tuple[str, str], tuple[int, int]] = {}
    for outcome, count in outcomes.items():
        requests, failures = figures.get((outcome.method, outcome.name), (0, 0))
        figures[outcome.method, outcome.name] = (requests + count, failures + count * outcome.failed)
    return figures


def printed_table(stderr: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Return requests and failures of each row in the last table of Locust, `Aggregated` included."""
    header = re.compile(r"^Type +Name +# reqs +# fails .*$", re.MULTILINE)
    *_, last = header.finditer(stderr)
    table = stderr[last.end() :].split("\n\n")[0]
    row = re.compile(r"^(\S*) +(\S.*?) +(\d+) +(\d+)\(", re.MULTILINE)
    return {(found[1], found[2]): (int(found[3]), int(found[4])) for found in row.finditer(table)}


def json_table(stdout: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Return requests and failures of each endpoint in what Locust prints with `--json`."""
    entries = json.loads(stdout)
    return {(entry["method"], entry["name"]): (entry["num_requests"], entry["num_failures"]) for entry in entries}


def check_books(summary: Record) -> None:
    """Check that each recorder of a summary accounts for everything that it was offered."""
    assert summary["recorders"], summary
    for books in summary["recorders"]:
        for kind in ("requests", "records"):
            accounted = sum(books[f"{fate}_{kind}"] for fate in ("delivered", "queued", "dropped"))
            assert books[f"offered_{kind}"] == accounted, books
