"""A finished window: columns of equal length, read-only, that hold exactly what was fired."""

import math
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from locust_telemetry._native import Window

from tests.native.counting import Counting, rows

COLUMNS = (
    "names",
    "methods",
    "statuses",
    "error_types",
    "requests",
    "timed",
    "response_bytes",
    "sum_ms",
    "min_ms",
    "max_ms",
)
INTEGERS = ("requests", "timed", "response_bytes")
FLOATS = ("sum_ms", "min_ms", "max_ms")

#: Half a bucket at scale 6: how far a quantile may be off.
TOLERANCE = 0.0055


def of(*times_ms: Any) -> Window:
    counting = Counting()
    for time_ms in times_ms:
        counting.fire(response_time=time_ms)
    return counting.window()


def test_the_window_says_whose_and_when() -> None:
    window = of(1.0)
    assert (window.run_id, window.testplan, window.source, window.source_id) == (
        "run-1",
        "checkout",
        "LocalRunner",
        "local",
    )
    assert abs(window.start - time.time()) < 10
    assert repr(window).startswith("Window(start=")


def test_an_empty_window_has_empty_columns() -> None:
    window = of()
    assert (len(window), window.total_requests, window.total_failures, window.anomalies) == (0, 0, 0, {})
    for name in COLUMNS:
        assert len(getattr(window, name)) == 0
    assert len(window.quantile_ms(0.5)) == 0


def test_columns_have_one_entry_for_each_series_in_the_same_order() -> None:
    counting = Counting()
    for number in range(30):
        counting.fire(
            name=f"/{number % 5}",
            request_type="POST" if number % 2 else "GET",
            response_time=number,
            response_length=number,
            exception=KeyError() if number % 3 == 0 else None,
        )
    window = counting.window()
    assert {len(getattr(window, name)) for name in COLUMNS} == {len(window)}
    assert len(window.quantile_ms(0.9)) == len(window)
    for row in rows(window):
        numbers = [
            n
            for n in range(30)
            if (f"/{n % 5}", "POST" if n % 2 else "GET", "KeyError" if n % 3 == 0 else None)
            == (row["name"], row["method"], row["error_type"])
        ]
        assert row["requests"] == row["timed"] == len(numbers)
        assert row["response_bytes"] == sum(numbers)
        assert (row["sum_ms"], row["min_ms"], row["max_ms"]) == (sum(numbers), min(numbers), max(numbers))
    assert (window.total_requests, window.total_failures) == (30, 10)


@pytest.mark.parametrize("name", INTEGERS + FLOATS)
def test_columns_of_numbers_are_read_only_memoryviews(name: str) -> None:
    column = getattr(of(1.5, 2.5), name)
    assert isinstance(column, memoryview)
    assert (column.readonly, column.itemsize, column.format) == (True, 8, "Q" if name in INTEGERS else "d")
    with pytest.raises(TypeError):
        column[0] = 1
    assert len(column.tobytes()) == 8


@pytest.mark.parametrize("name", [*COLUMNS, "start", "run_id", "total_requests", "anomalies"])
def test_attributes_cannot_be_set(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(of(1.0), name, None)


def test_a_column_outlives_its_window() -> None:
    column = of(1.5).sum_ms
    assert list(column) == [1.5]


def test_series_without_a_time_have_nan() -> None:
    window = of(None, None)
    assert list(window.requests) == [2]
    assert list(window.timed) == [0]
    assert list(window.sum_ms) == [0.0]
    for column in (window.min_ms, window.max_ms, window.quantile_ms(0.5)):
        assert math.isnan(column[0])
    assert window.histogram(0).quantile_ms(0.5) is None


@pytest.mark.parametrize("q", [-0.001, 1.001, -1.0, 95, float("inf"), float("-inf"), float("nan")])
def test_a_quantile_outside_of_0_to_1_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        of(1.0).quantile_ms(q)


@pytest.mark.parametrize("q", [-0.001, 95, float("nan")])
def test_a_histogram_refuses_such_a_quantile_too(q: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        of(1.0, 2.0).histogram(0).quantile_ms(q)


@pytest.mark.parametrize("row", [1, 2, 10**6])
def test_a_row_that_is_not_there_is_an_index_error(row: int) -> None:
    with pytest.raises(IndexError, match=str(row)):
        of(1.0).histogram(row)


def test_a_negative_row_is_refused() -> None:
    with pytest.raises((IndexError, OverflowError)):
        of(1.0).histogram(-1)


def test_a_histogram_has_the_exact_sum_and_all_counts() -> None:
    histogram = of(0, 0, 0.25, 10, 10, 1000).histogram(0)
    assert (histogram.scale, histogram.count, histogram.zero_count) == (6, 6, 2)
    assert histogram.sum_ns == 1_020_250_000
    assert histogram.zero_count + sum(histogram.counts) == histogram.count
    buckets_per_octave = 2**histogram.scale
    bounds = [
        tuple(2 ** ((histogram.offset + step + edge) / buckets_per_octave) for edge in (0, 1))
        for step, count in enumerate(histogram.counts)
        if count
    ]
    assert all(low < time_ms <= high for (low, high), time_ms in zip(bounds, (0.25, 10, 1000), strict=True))


def test_an_empty_histogram_has_no_buckets() -> None:
    histogram = of(None).histogram(0)
    assert (histogram.count, histogram.zero_count, histogram.sum_ns, histogram.counts) == (0, 0, 0, [])


times_ms = st.lists(st.floats(min_value=0.001, max_value=3_600_000), min_size=1, max_size=200)


@settings(max_examples=100, deadline=None)
@given(times_ms, st.floats(min_value=0, max_value=1))
def test_quantiles_are_those_of_the_sorted_times(times: list[float], q: float) -> None:
    window = of(*times)
    ordered = sorted(times)
    oracle = ordered[min(max(math.ceil(q * len(ordered)), 1), len(ordered)) - 1]
    (quantile,) = window.quantile_ms(q)
    # Times are kept in whole nanoseconds.
    assert quantile == pytest.approx(oracle, rel=TOLERANCE, abs=1e-6)
    assert window.min_ms[0] <= quantile <= window.max_ms[0]
    assert window.histogram(0).quantile_ms(q) == quantile
    assert list(window.quantile_ms(0.0)) == list(window.min_ms)
    assert list(window.quantile_ms(1.0)) == list(window.max_ms)


events = st.lists(
    st.tuples(
        st.sampled_from(["/a", "/b", "", "\x00", None]),
        st.sampled_from(["GET", "POST"]),
        st.sampled_from([None, 0, 200, 404, -1]),
        st.booleans(),
        st.one_of(st.none(), st.floats(), st.text(max_size=3)),
        st.booleans(),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(events)
def test_totals_over_all_windows_equal_what_was_fired(fired: list[tuple[Any, ...]]) -> None:
    counting = Counting()
    for name, method, status, fails, time_ms, closes in fired:
        counting.fire(
            name=name,
            request_type=method,
            response=type("Response", (), {"status_code": status})(),
            exception=ValueError() if fails else None,
            response_time=time_ms,
        )
        if closes:
            counting.engine.flush()
    counting.engine.flush()
    requests = failures = summed = 0
    while (window := counting.subscription.next()) is not None:
        requests += window.total_requests
        failures += window.total_failures
        summed += sum(window.requests)
        assert (
            sum(n for n, error in zip(window.requests, window.error_types, strict=True) if error)
            == window.total_failures
        )
    assert requests == summed == len(fired)
    assert failures == sum(event[3] for event in fired)
