"""What one run comes to, as each output of it tells: in figures that can be compared to the last digit."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from ..end_to_end.records import Record, of_type
from ..end_to_end.run_store import connected
from .otlp_books import Books
from .otlp_points import Exponential, Point
from .request_series import UNTIMED, request_series
from .strips import FINEST_SCALE, NS_PER_MS, Gained, merged, read_strip

Endpoint = tuple[str, str]

_SERIES = 1
_FACTORS = {"µs": Fraction(1, 1000), "ms": Fraction(1), "s": Fraction(1000), "min": Fraction(60_000)}


class SeriesKey(NamedTuple):
    """What a request was and how it ended."""

    method: str
    name: str
    status: int | None
    error_type: str | None


class EndpointTold(NamedTuple):
    """All requests of an endpoint, and how many of them failed."""

    gained: Gained
    failures: int


def by_endpoint(series: dict[SeriesKey, Gained]) -> dict[Endpoint, EndpointTold]:
    """Put the outcomes of each endpoint together."""
    found: dict[Endpoint, EndpointTold] = {}
    for key, gained in series.items():
        before = found.get(key[:2], EndpointTold(Gained(), 0))
        failures = gained.requests if key.error_type is not None else 0
        found[key[:2]] = EndpointTold(before.gained.plus(gained), before.failures + failures)
    return found


def of_store(path: Path) -> dict[SeriesKey, Gained]:
    """Read the strips of the only run, all of whose windows must be in them."""
    with connected(path) as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone()[0] == 0
        named = {row["id"]: SeriesKey(*row[2:6]) for row in connection.execute("SELECT * FROM series")}
        found = {key: Gained() for key in named.values()}
        for subject, data in connection.execute("SELECT subject, data FROM strip WHERE kind = ?", [_SERIES]):
            key = named[subject]
            found[key] = merged([found[key], *read_strip(data).values()])
    return found


def of_otlp(books: Books) -> dict[SeriesKey, tuple[Gained, int]]:
    """Return the last points of each series, all processes together, and the scale of their buckets. No bytes."""
    found: dict[SeriesKey, tuple[Gained, int]] = {}
    for series in request_series(books.check()):
        attributes = series.attributes
        key = SeriesKey(
            attributes["method"], attributes["endpoint"], attributes.get("status_code"), attributes.get("error_type")
        )
        if series.name.metric == UNTIMED:
            gained, scale = Gained(requests=int(series.total_value())), FINEST_SCALE
        else:
            gained, scale = _of_point(series.total())
        before, before_scale = found.get(key, (Gained(), scale))
        common = min(scale, before_scale)
        found[key] = before.widened(before_scale - common).plus(gained.widened(scale - common)), common
    return found


def _of_point(point: Point) -> tuple[Gained, int]:
    buckets = point.buckets
    assert isinstance(buckets, Exponential)
    gained = Gained(
        requests=point.count,
        count=point.count,
        zeros=buckets.zero_count,
        sum_ns=_ns(point.sum),
        min_ns=None if point.min is None else _ns(point.min),
        max_ns=None if point.max is None else _ns(point.max),
        # Contiguous: those between others are empty.
        buckets=+Counter(dict(buckets.counts)),
    )
    return gained, buckets.scale


def _ns(milliseconds: float) -> int:
    """Return the nanoseconds that were sent as a float of milliseconds; nothing here is near 2^53 of them."""
    return round(Fraction(milliseconds) * NS_PER_MS)


def of_json_file(records: Iterable[Record]) -> dict[Endpoint, EndpointTold]:
    """Put the intervals of each endpoint together."""
    found: dict[Endpoint, EndpointTold] = {}
    for line in of_type(records, "interval"):
        told = line["histogram"]
        count = told["zero_count"] + sum(told["counts"])
        assert told["scale"] == FINEST_SCALE
        gained = Gained(
            line["num_requests"],
            line["response_bytes"],
            count,
            told["zero_count"],
            int(told["sum_ns"]),
            told["min_ns"] if count else None,
            told["max_ns"] if count else None,
            +Counter(dict(enumerate(told["counts"], told["offset"]))),
        )
        endpoint = (line["method"], line["name"])
        before = found.get(endpoint, EndpointTold(Gained(), 0))
        found[endpoint] = EndpointTold(before.gained.plus(gained), before.failures + line["num_failures"])
    return found


def as_row(told: EndpointTold) -> dict[str, float | None]:
    """Return what exports and the store's table of endpoints say of an endpoint, under the same names."""
    gained, failures = told
    quantiles = {"min_ms": 0.0, "p50_ms": 0.5, "p90_ms": 0.9, "p95_ms": 0.95, "p99_ms": 0.99, "p999_ms": 0.999}
    return {
        "requests": gained.requests,
        "failures": failures,
        "response_bytes": gained.response_bytes,
        "mean_ms": gained.mean_ms(),
        "max_ms": gained.quantile_ms(1.0),
        **{name: gained.quantile_ms(q) for name, q in quantiles.items()},
    }


def of_rows(rows: Iterable[dict[str, Any]]) -> dict[Endpoint, dict[str, float | None]]:
    """Return the same of rows with a column for each figure."""
    names = as_row(EndpointTold(Gained(), 0)).keys()
    return {(row["method"], row["name"]): {name: row[name] for name in names} for row in rows}


def of_csv(text: str) -> dict[Endpoint, dict[str, float | None]]:
    """Return the same of a table of endpoints as CSV."""

    def number(cell: str) -> float | None:
        return float(cell) if cell else None

    rows = csv.DictReader(io.StringIO(text))
    return of_rows(
        {key: cell if key in ("method", "name") else number(cell) for key, cell in row.items()} for row in rows
    )


def check_lengths(as_json: dict[str, Any], as_csv: str, run: dict[str, Any], closing: Record) -> float:
    """Check that all tell one length of the whole run, and rates over it, to the last digit; return it in seconds."""
    length_s: float = as_json["range"]["length_s"]
    assert closing["duration_seconds"] == run["seconds"] == length_s
    for row in [as_json["total"], *as_json["endpoints"]]:
        assert (row["length_s"], row["requests_per_s"]) == (length_s, row["requests"] / length_s), row
    for cells in csv.DictReader(io.StringIO(as_csv)):
        rate = int(cells["requests"]) / length_s
        assert (float(cells["length_s"]), float(cells["requests_per_s"])) == (length_s, rate), cells
    assert abs(run["requests_per_second"] - run["requests"] / length_s) <= 0.0005 + 1e-9
    assert abs(sum(row["length_s"] for row in as_json["intervals"]) - length_s) < 1e-9
    return length_s


def told_length_and_rates(text: str) -> tuple[str, dict[Endpoint, str]]:
    """Return how long `show` or `summary` says that a run was, and each endpoint's rate, as they are rounded there."""
    length = re.search(r"(?<= · )((?:\d+ (?:h|min|s|ms) ?)+)(?= ·|$)", text, re.MULTILINE)
    assert length, text
    row = re.compile(r"^ {2}([A-Z]+) +(\S.*?) {2,}\d[\d\s]* {2,}(\S+/s) {2,}", re.MULTILINE)
    return length[1].strip(), {(found[1], found[2]): found[3] for found in row.finditer(text)}


def check_locust(printed: str, told: dict[Endpoint, EndpointTold]) -> None:
    """Check what Locust printed with `--json`; it adds floats up, each of them rounded to a nanosecond here."""
    entries = {(entry["method"], entry["name"]): entry for entry in json.loads(printed)}
    assert entries.keys() == told.keys()
    for endpoint, (gained, failures) in told.items():
        entry = entries[endpoint]
        counts = (entry["num_requests"], entry["num_failures"], entry["num_none_requests"])
        assert counts == (gained.requests, failures, gained.requests - gained.count), endpoint
        assert entry["total_content_length"] == gained.response_bytes, endpoint
        if gained.count:
            ends = (_ns(entry["min_response_time"]), _ns(entry["max_response_time"]))
            assert ends == (gained.min_ns, gained.max_ns), endpoint
        total = Fraction(entry["total_response_time"])
        assert abs(total * NS_PER_MS - gained.sum_ns) <= gained.count * (Fraction(1, 2) + total / 10**9), endpoint


def check_shown(text: str, told: dict[Endpoint, EndpointTold]) -> None:
    """Check the table of `locust-telemetry show`, whose times have three digits."""
    row = re.compile(r"^ {2}([A-Z]+) +(\S.*?) {2,}(\d[\d\s]*) {2,}\S+/s {2,}(\S+%) {2,}(\S.*)$", re.MULTILINE)
    rows = {(found[1], found[2]): found for found in row.finditer(text)}
    assert rows.keys() == told.keys(), text
    for endpoint, one in told.items():
        found, expected = rows[endpoint], as_row(one)
        assert int(re.sub(r"\s", "", found[3])) == expected["requests"], found[0]
        assert _is_share(found[4], one.failures, one.gained.requests), found[0]
        times = re.split(r" {2,}", found[5])
        for time, name in zip(times, ("p50_ms", "p95_ms", "p99_ms", "max_ms"), strict=True):
            assert _is_time(time, expected[name]), (name, found[0])


def _is_share(text: str, part: int, whole: int) -> bool:
    """Whether a text such as `0.3%` says this share; shares close to none and to all have signs before them."""
    digits = text.rstrip("%")
    if digits[0] in "<>":
        return 0 < part < whole
    return abs(Fraction(digits) - Fraction(100 * part, whole)) <= Fraction(1, 20)


def _is_time(text: str, time_ms: float | None) -> bool:
    """Whether a text such as `38.2 ms` is this time, rounded to the digits that it has."""
    if time_ms is None:
        return text == "-"
    digits, unit = text.rsplit(maxsplit=1)
    digits = re.sub(r"\s", "", digits)
    half = Fraction(1, 2 * 10 ** len(digits.partition(".")[2]))
    return abs(Fraction(digits) - Fraction(time_ms) / _FACTORS[unit]) <= half


def for_otlp(gained: Gained, scale: int) -> Gained:
    """Return the same as OTLP tells it: at a scale, and without bytes."""
    return replace(gained.widened(FINEST_SCALE - scale), response_bytes=0)
