"""A request whose very name object was seen before is counted without reading it, and as if it had been read."""

from __future__ import annotations

import random
import sys
from collections import Counter
from typing import Any

import pytest

from tests.native.counting import IDENTITY, REQUEST, Counting, rows
from tests.native.doubles import Response, not_interned

#: More names than are remembered at a time.
MANY = 3_000


@pytest.fixture
def counting() -> Counting:
    return Counting()


def counts(counting: Counting) -> Counter[tuple[Any, ...]]:
    """Close the window; return its requests by method, name, status and error type."""
    keys = ("method", "name", "status", "error_type")
    return Counter({tuple(row[key] for key in keys): row["requests"] for row in rows(counting.window())})


def test_outcomes_of_one_name_object_stay_apart(counting: Counting) -> None:
    name, methods = not_interned("/cart"), [not_interned("GET"), not_interned("POST")]
    expected: Counter[tuple[Any, ...]] = Counter()
    source = random.Random(7)
    for _ in range(2_000):
        method, status, fails = source.choice(methods), source.choice([None, 200, 201, 404]), source.random() < 0.3
        response = None if status is None else Response(status)
        counting.fire(name=name, request_type=method, response=response, exception=ValueError("no") if fails else None)
        expected[method, name, status, "ValueError" if fails else None] += 1
    assert counts(counting) == expected


def test_many_statuses_and_methods_of_one_name_object_stay_apart(counting: Counting) -> None:
    name = not_interned("/")
    statuses, methods = range(100, 1_000), [f"M{number}" for number in range(1_000)]
    for _ in range(4):
        for status in statuses:
            counting.fire(name=name, response=Response(status))
        for method in methods:
            counting.fire(name=name, request_type=method)
    expected = {("GET", "/", status, None): 4 for status in statuses}
    assert counts(counting) == {**expected, **{(method, "/", None, None): 4 for method in methods}}


def test_equal_names_of_other_objects_are_the_same_series(counting: Counting) -> None:
    for _ in range(10):
        for name in ("/", not_interned("/"), type("Text", (str,), {})("/")):
            counting.fire(name=name)
    assert counts(counting) == {("GET", "/", None, None): 30}


def test_a_new_string_at_the_address_of_a_forgotten_one_is_itself(counting: Counting) -> None:
    expected: Counter[tuple[Any, ...]] = Counter()
    source = random.Random(8)
    for _ in range(50_000):
        # Made for the call and freed after it, so that addresses come again with other texts.
        counting.fire(name=f"/item/{source.randrange(40)}", request_type=f"M{source.randrange(3)}")
    for (method, name, _, _), requests in counts(counting).items():
        expected[method, name] += requests
    source = random.Random(8)
    told = Counter(((f"/item/{source.randrange(40)}", f"M{source.randrange(3)}")) for _ in range(50_000))
    assert expected == {(method, name): requests for (name, method), requests in told.items()}


def test_more_names_than_are_remembered_count_as_exactly(counting: Counting) -> None:
    names = [f"/item/{number}" for number in range(MANY)]
    for _ in range(4):
        for name in names:
            counting.fire(name=name)
    assert counts(counting) == {("GET", name, None, None): 4 for name in names}


def test_what_finishes_after_the_stop_and_in_the_next_run_counts_there(counting: Counting) -> None:
    name = not_interned("/")
    for _ in range(3):
        counting.fire(name=name, response_time=1.0)
    assert counts(counting) == {("GET", "/", None, None): 3}
    counting.engine.stop_run()
    counting.fire(name=name)
    counting.engine.start_run(**{**IDENTITY, "run_id": "run-2"})
    # The series' numbers begin anew.
    counting.fire(name="/first of the next run")
    for _ in range(2):
        counting.fire(name=name, response_time=7.0)
    counting.engine.flush()
    windows = []
    while (window := counting.subscription.next()) is not None:
        windows.append(window)
    last = {row["name"]: (row["requests"], row["sum_ms"]) for row in rows(windows[-1])}
    assert last == {"/first of the next run": (1, 12.5), "/": (2, 14.0)}
    assert sum(window.total_requests for window in windows) == 1 + 3


def test_what_is_odd_about_one_request_is_not_of_the_next(counting: Counting) -> None:
    name = not_interned("/")
    for changes in ({}, {}, {"response_length": -1}, {"response_time": None}, {"response": Response("x")}, {}):
        counting.fire(name=name, **changes)
    window = counting.window()
    assert window.total_requests == 6
    assert window.anomalies == {"length_invalid": 1, "time_missing": 1, "status_invalid": 1}


@pytest.mark.parametrize(
    ("name", "anomaly"), [("/\ud800", "text_unreadable"), ("/a\nb", "text_escaped"), (17, "text_not_string")]
)
def test_an_odd_name_is_counted_as_odd_each_time(counting: Counting, name: Any, anomaly: str) -> None:
    for _ in range(5):
        counting.fire(name=name)
    window = counting.window()
    assert (window.total_requests, window.anomalies) == (5, {anomaly: 5})


def test_a_bounded_number_of_names_is_kept_and_given_back(counting: Counting) -> None:
    name = not_interned("/kept for a while")
    before = sys.getrefcount(name)
    for _ in range(5):
        counting.fire(name=name)
    assert sys.getrefcount(name) == before + 1
    for other in [f"/other/{number}" for number in range(MANY)]:
        for _ in range(2):
            counting.fire(name=other)
    assert sys.getrefcount(name) == before


def test_names_are_given_back_with_the_listener() -> None:
    counting = Counting()
    name = not_interned("/kept for a while")
    before = sys.getrefcount(name)
    for _ in range(5):
        counting.fire(name=name)
    del counting
    assert sys.getrefcount(name) == before


def test_a_name_of_a_class_of_the_users_own_is_not_kept(counting: Counting) -> None:
    name = type("Text", (str,), {})("/")
    before = sys.getrefcount(name)
    for _ in range(5):
        counting.fire(name=name)
    assert sys.getrefcount(name) == before
    assert counts(counting) == {("GET", "/", None, None): 5}


def test_a_status_that_fires_other_requests_while_it_is_read(counting: Counting) -> None:
    names = [not_interned(f"/inner/{number}") for number in range(MANY)]

    class Firing:
        @property
        def status_code(self) -> int:
            # Takes all places over while the outer request is on its way.
            for name in names:
                counting.fire(name=name)
            return 200

    outer = not_interned("/outer")
    for _ in range(3):
        counting.fire(name=outer, response=Firing())
    expected = {("GET", name, None, None): 3 for name in names}
    assert counts(counting) == {**expected, ("GET", "/outer", 200, None): 3}


def test_keywords_that_change_while_the_status_is_read_do_no_harm(counting: Counting) -> None:
    """No call from Python shares its keywords; one from C may."""
    import functools

    event: dict[str, Any] = {**REQUEST, "name": not_interned("/gone"), "response_time": 10**6 * 1.25}

    class Clearing:
        @property
        def status_code(self) -> int:
            call.keywords.clear()
            return 200

    for _ in range(1_000):
        event["name"] = not_interned("/gone")
        call = functools.partial(counting.engine.listener, **{**event, "response": Clearing()})
        call()
    assert counts(counting) == {("GET", "/gone", 200, None): 1_000}
