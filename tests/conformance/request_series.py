"""The request metrics that a backend was sent, as figures of each outcome, to be compared with what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from ..end_to_end.counts import Outcome
from .measured import Measured
from .otlp_books import Books
from .otlp_points import Explicit, Exponential, Point, Series

SUCCESS = "locust.tl.request.metric.success"
ERROR = "locust.tl.request.metric.error"
UNTIMED = "locust.tl.request.metric.untimed"

_NS_PER_MS = 1_000_000

#: The package keeps times in buckets that given bounds may cut; a time may be off by half of a bucket's relative width.
_TIME_ERROR = 2 ** (2**-6 / 2) - 1 + 1e-9

_ALWAYS = {"metric", "run_id", "testplan", "source", "source_id", "endpoint", "method"}


@dataclass
class Exported:
    """What was exported of one outcome."""

    timed: Point | None = None
    untimed: float = 0

    @property
    def count(self) -> int:
        return self.timed.count if self.timed else 0

    def add(self, series: Series) -> None:
        if series.name.metric == UNTIMED:
            self.untimed += series.total_value()
        else:
            total = series.total()
            self.timed = self.timed.plus(total) if self.timed else total


def request_series(books: Books) -> list[Series]:
    """Return all series of requests, once their attributes are seen to be as documented."""
    series = [*books.of(SUCCESS), *books.of(ERROR), *books.of(UNTIMED)]
    for one in series:
        check_attributes(one)
    return series


def check_attributes(series: Series) -> None:
    """Check which attributes a series of requests has, and their types."""
    attributes = series.attributes
    is_error = "error_type" in attributes
    assert attributes.keys() - {"status_code", "error_type"} == _ALWAYS, series.name
    # A request without a time says in which metric it would have been.
    assert attributes["metric"] == (ERROR if is_error else SUCCESS), series.name
    assert type(attributes.get("status_code", 200)) is int, series.name
    assert all(isinstance(value, str) for key, value in attributes.items() if key != "status_code"), series.name
    if series.name.metric != UNTIMED:
        assert is_error == (series.name.metric == ERROR), series.name
        assert series.shape.unit == "ms", series.name
    resource = dict(series.name.resource)
    assert resource["service.name"] == "locust_telemetry", resource
    assert series.name.scope == "locust_telemetry"


def by_outcome(series: Iterable[Series]) -> dict[Outcome, Exported]:
    """Put series together by outcome, whoever sent them and whatever the error's type."""
    found: dict[Outcome, Exported] = {}
    for one in series:
        attributes = one.attributes
        outcome = Outcome(
            attributes["method"], attributes["endpoint"], attributes.get("status_code"), "error_type" in attributes
        )
        found.setdefault(outcome, Exported()).add(one)
    return found


def check_figures(exported: dict[Outcome, Exported], measured: dict[Outcome, Measured]) -> None:
    """Check that each outcome's count, sum, minimum, maximum and buckets are what was measured."""
    counts = {outcome: (one.count, one.untimed) for outcome, one in exported.items()}
    assert counts == {outcome: (one.count, one.untimed) for outcome, one in measured.items()}
    assert counts, "nothing was measured"
    for outcome, one in exported.items():
        if one.timed is not None and one.count:
            check_times(outcome, one.timed, measured[outcome])


def check_times(outcome: Outcome, point: Point, measured: Measured) -> None:
    """Check a histogram, exact to the nanosecond that each time is rounded to, against the times themselves."""
    assert abs(_ns(point.sum) - measured.sum_ms * _NS_PER_MS) <= measured.count + _float_error_ns(point.sum), outcome
    assert point.min is not None
    assert point.max is not None
    assert abs(_ns(point.min) - _ns(min(measured.times_ms))) <= 1, outcome
    assert abs(_ns(point.max) - _ns(max(measured.times_ms))) <= 1, outcome
    if isinstance(point.buckets, Explicit):
        check_bounds(outcome, point.buckets, measured)
    else:
        assert isinstance(point.buckets, Exponential)
        check_exponential(outcome, point.buckets, measured)


def check_bounds(outcome: Outcome, buckets: Explicit, measured: Measured) -> None:
    """Check how many are at or below each bound; those that are close to it, by the error of a time, may be either."""
    at_or_below = 0
    for bound, count in zip(buckets.bounds, buckets.counts, strict=False):
        at_or_below += count
        fewest = measured.up_to(bound / (1 + _TIME_ERROR))
        most = measured.up_to(bound * (1 + _TIME_ERROR))
        assert fewest <= at_or_below <= most, f"{outcome}: {at_or_below} up to {bound}, not {fewest} to {most}"


def check_exponential(outcome: Outcome, buckets: Exponential, measured: Measured) -> None:
    """Check that each bucket holds exactly the times that are between its bounds."""
    rounded = sorted(math.floor(_ns(time) + Fraction(1, 2)) / _NS_PER_MS for time in measured.times_ms)
    for lower, upper, count in buckets.edges():
        # The bounds are irrational; as floats they may be off by their last digits.
        certain = sum(lower * (1 + 1e-12) < time <= upper * (1 - 1e-12) for time in rounded)
        possible = sum(lower * (1 - 1e-12) < time <= upper * (1 + 1e-12) for time in rounded)
        assert certain <= count <= possible, f"{outcome}: {count} in ({lower}, {upper}], not {certain} to {possible}"
    for q in (0.5, 0.9, 0.95, 0.99):
        lower, upper = quantile_bucket(buckets, q)
        exact = measured.quantile_ms(q)
        assert lower * (1 - 1e-9) <= exact <= upper * (1 + 1e-9), f"{outcome}: p{q * 100:g} is {exact}"


def quantile_bucket(buckets: Explicit | Exponential, q: float) -> tuple[float, float]:
    """Return the bounds of the bucket in which a quantile falls."""
    rank, seen = max(math.ceil(q * buckets.total), 1), 0
    for lower, upper, count in buckets.edges():
        seen += count
        if rank <= seen:
            return lower, upper
    raise AssertionError(f"{rank} is beyond {seen}")


def _ns(milliseconds: float) -> Fraction:
    return Fraction(milliseconds) * _NS_PER_MS


def _float_error_ns(milliseconds: float) -> Fraction:
    """Return by how much a sum may be off because it was sent as a float."""
    return _ns(math.ulp(milliseconds))
