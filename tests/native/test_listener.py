"""The request listener takes whatever Locust, a client or a test's own code fires, and never raises."""

import enum
import gc
import http
import os
import sys
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.native.counting import REQUEST, Counting
from tests.native.doubles import Raises, Response, not_interned


@pytest.fixture
def counting() -> Counting:
    return Counting()


def test_an_ordinary_request_is_counted_as_fired(counting: Counting) -> None:
    row = counting.only(response=Response(200))
    assert row == {
        "name": "/",
        "method": "GET",
        "status": 200,
        "error_type": None,
        "requests": 1,
        "timed": 1,
        "response_bytes": 100,
        "sum_ms": 12.5,
        "min_ms": 12.5,
        "max_ms": 12.5,
        "anomalies": {},
    }


# --- response_time


@pytest.mark.parametrize(
    ("value", "sum_ms"),
    [
        (0, 0.0),
        (-0.0, 0.0),
        (7, 7.0),
        (True, 1.0),
        (Decimal("2.5"), 2.5),
        (Fraction(1, 4), 0.25),
        (0.0000004, 0.0),
        (0.0000006, 0.000001),
    ],
)
def test_numbers_are_response_times(counting: Counting, value: Any, sum_ms: float) -> None:
    row = counting.only(response_time=value)
    assert (row["timed"], row["sum_ms"], row["anomalies"]) == (1, sum_ms, {})


@pytest.mark.parametrize(
    ("value", "anomaly"),
    [
        (None, "time_missing"),
        (-1, "time_negative"),
        (-1.0, "time_negative"),
        (-0.001, "time_negative"),
        (float("nan"), "time_nan"),
        (float("inf"), "time_infinite"),
        (float("-inf"), "time_infinite"),
        (10**400, "time_not_numeric"),
        ("12.5", "time_not_numeric"),
        (b"12", "time_not_numeric"),
        ([], "time_not_numeric"),
        (1j, "time_not_numeric"),
        (Raises(), "time_not_numeric"),
    ],
)
def test_what_is_no_response_time_is_counted_without_one(counting: Counting, value: Any, anomaly: str) -> None:
    row = counting.only(response_time=value)
    assert (row["requests"], row["timed"], row["anomalies"]) == (1, 0, {anomaly: 1})


def test_a_time_beyond_the_range_lands_in_the_last_bucket(counting: Counting) -> None:
    row = counting.only(response_time=1e300)
    assert (row["timed"], row["anomalies"]) == (1, {"time_clamped": 1})


# --- response_length


@pytest.mark.parametrize(
    ("value", "response_bytes", "anomalies"),
    [
        (None, 0, {}),
        (0, 0, {}),
        (True, 1, {}),
        (2**40, 2**40, {}),
        (2**63 - 1, 2**63 - 1, {}),
        (-1, 0, {"length_invalid": 1}),
        (2**63, 0, {"length_invalid": 1}),
        (10**400, 0, {"length_invalid": 1}),
        (-(10**400), 0, {"length_invalid": 1}),
        ("100", 0, {"length_invalid": 1}),
        (100.0, 0, {"length_invalid": 1}),
        (float("nan"), 0, {"length_invalid": 1}),
        (Raises(), 0, {"length_invalid": 1}),
    ],
)
def test_response_lengths(counting: Counting, value: Any, response_bytes: int, anomalies: dict[str, int]) -> None:
    row = counting.only(response_length=value)
    assert (row["response_bytes"], row["anomalies"]) == (response_bytes, anomalies)


def test_bytes_of_many_responses_do_not_overflow(counting: Counting) -> None:
    for _ in range(3):
        counting.fire(response_length=2**63 - 1)
    assert list(counting.window().response_bytes) == [2**64 - 1]


# --- name and request_type


class NameEnum(str, enum.Enum):
    CART = "/cart"


class SubclassedText(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("the text itself is read")


@pytest.mark.parametrize("key", ["name", "request_type"])
@pytest.mark.parametrize(
    ("value", "shown", "anomalies"),
    [
        (None, "None", {"text_not_string": 1}),
        (404, "404", {"text_not_string": 1}),
        (b"/raw", "b'/raw'", {"text_not_string": 1}),
        (("a", 1), "('a', 1)", {"text_not_string": 1}),
        (Raises(), "(unreadable)", {"text_not_string": 1}),
        ("", "(empty)", {"text_empty": 1}),
        ("Ünïcode 日本 🦀", "Ünïcode 日本 🦀", {}),
        (NameEnum.CART, "/cart", {}),
        (SubclassedText("/subclass"), "/subclass", {}),
        ("a\nb", "a\\nb", {"text_escaped": 1}),
        ("\x00", "\\u{0}", {"text_escaped": 1}),
        ("\x1b[31m", "\\u{1b}[31m", {"text_escaped": 1}),
        ("/\ud800/x", "/\\ud800/x", {"text_unreadable": 1}),
    ],
)
def test_texts(counting: Counting, key: str, value: Any, shown: str, anomalies: dict[str, int]) -> None:
    row = counting.only(**{key: value})
    assert row["name" if key == "name" else "method"] == shown
    assert row["anomalies"] == anomalies


def test_an_object_whose_str_is_a_lone_surrogate_is_shown_escaped_or_as_unreadable(counting: Counting) -> None:
    class Surrogate:
        def __str__(self) -> str:
            return "\udfff"

    row = counting.only(name=Surrogate())
    assert row["name"] in ("(unreadable)", "\\udfff")
    assert row["anomalies"]["text_not_string"] == 1


def test_huge_names_are_cut_and_stay_distinct(counting: Counting) -> None:
    counting.fire(name="é" * 1_000_000 + "1")
    counting.fire(name="é" * 1_000_000 + "2")
    window = counting.window()
    assert len(window) == 2
    assert all(len(name.encode()) <= 1024 and name.startswith("éé") for name in window.names)
    assert window.anomalies == {"text_cut": 2}


# --- response


class NoAttribute:
    @property
    def status_code(self) -> int:
        raise AttributeError("status_code")


@pytest.mark.parametrize(
    ("response", "status", "anomalies"),
    [
        (None, None, {}),
        (object(), None, {}),
        ("text", None, {}),
        (Response(200), 200, {}),
        (Response(True), 1, {}),
        (Response(http.HTTPStatus.IM_A_TEAPOT), 418, {}),
        (Response(65_535), 65_535, {}),
        (Response(0), None, {}),
        (Response(None), None, {}),
        (Response("200"), None, {"status_invalid": 1}),
        (Response(200.0), None, {"status_invalid": 1}),
        (Response(-1), None, {"status_invalid": 1}),
        (Response(70_000), None, {"status_invalid": 1}),
        (Response(2**64 + 200), None, {"status_invalid": 1}),
        (Response(-(2**64)), None, {"status_invalid": 1}),
        (Response(Raises()), None, {"status_invalid": 1}),
        (NoAttribute(), None, {}),
        (Raises(), None, {}),
        (Response(404, truth=False), 404, {}),
        (Response(500, truth=False), 500, {}),
    ],
)
def test_statuses(counting: Counting, response: Any, status: int | None, anomalies: dict[str, int]) -> None:
    row = counting.only(response=response)
    assert (row["status"], row["anomalies"]) == (status, anomalies)


# --- exception


class MyError(Exception):
    pass


class FalseError(Exception):
    def __bool__(self) -> bool:
        return False


class TruthlessError(Exception):
    def __bool__(self) -> bool:
        raise RuntimeError("no bool")


@pytest.mark.parametrize(
    ("exception", "error_type"),
    [
        (None, None),
        ("", None),
        (0, None),
        (False, None),
        (FalseError(), None),
        ("timed out", "Failure"),
        (MyError("x"), "MyError"),
        (KeyError(), "KeyError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (TruthlessError(), "TruthlessError"),
        (Raises(), "Raises"),
        (418, "int"),
    ],
)
def test_failures_are_what_locust_counts_as_such(counting: Counting, exception: Any, error_type: str | None) -> None:
    row = counting.only(exception=exception)
    odd = {"message_unreadable": 1} if isinstance(exception, Raises) else {}
    assert (row["error_type"], row["anomalies"]) == (error_type, odd)


def test_an_exception_class_counts_as_that_class(counting: Counting) -> None:
    assert counting.only(exception=MyError)["error_type"] == "MyError"


def test_a_users_own_error_keeps_its_name_whatever_caused_it(counting: Counting) -> None:
    try:
        raise MyError from KeyError("cause")
    except MyError as error:
        assert counting.only(exception=error)["error_type"] == "MyError"


def test_a_chain_that_leads_back_to_itself_ends(counting: Counting) -> None:
    import requests

    first, second = requests.ConnectionError("a"), requests.ConnectionError("b")
    first.__cause__, second.__cause__ = second, first
    assert counting.only(exception=first)["error_type"] == "ConnectionError"


def test_an_error_without_readable_name_or_causes_is_still_a_failure(counting: Counting) -> None:
    class Meta(type):
        def __getattribute__(cls, name: str) -> Any:
            if name in ("__name__", "__module__"):
                raise RuntimeError(name)
            return super().__getattribute__(name)

    class Hidden(Exception, metaclass=Meta):
        pass

    assert counting.only(exception=Hidden())["error_type"] == "(unreadable)"


# --- the state of the interpreter


def test_an_exception_that_is_being_handled_stays(counting: Counting) -> None:
    try:
        raise MyError
    except MyError as error:
        counting.fire(
            name=Raises(), response_time=Raises(), response=Raises(), response_length=Raises(), exception=Raises()
        )
        assert sys.exc_info()[1] is error


def odd_events() -> Iterator[dict[str, Any]]:
    cause = MyError()
    wrapped = MyError("outer")
    wrapped.__cause__ = cause
    name = object()
    yield {**REQUEST, "name": "/" + str(name), "exception": wrapped, "response": Response(599)}
    yield {**REQUEST, "name": name, "request_type": "G\ud800T", "response_time": Decimal("1.5")}
    yield {**REQUEST, "name": Raises(), "response_time": Raises(), "response": Raises(), "exception": Raises()}
    yield {**REQUEST, "response_length": Raises(), "response": Response(Raises()), "exception": TruthlessError()}
    yield {not_interned(key): value for key, value in {**REQUEST, "response": Response("x")}.items()}
    yield {not_interned("name"): Raises(), not_interned("exception"): MyError}
    yield {key: value for key, value in REQUEST.items() if key not in ("response", "exception")}
    yield {not_interned(key): value for key, value in REQUEST.items() if key != "response"}
    yield {**REQUEST, "response": Response(77_777, truth=False), "response_length": 2**70, "response_time": 2**2000}


@pytest.mark.parametrize("event", list(odd_events()), ids=range(9))
def test_no_reference_is_kept_or_lost(counting: Counting, event: dict[str, Any]) -> None:
    listener = counting.engine.listener
    listener(**event)
    watched = [*event, *event.values(), *map(type, event.values()), *vars(MyError).values(), listener, MyError, event]
    watched += [value.status_code for value in event.values() if isinstance(value, Response)]
    watched += [value.__cause__ for value in event.values() if isinstance(value, BaseException)]
    gc.collect()
    before = [sys.getrefcount(value) for value in watched]
    for _ in range(10_000):
        listener(**event)
    gc.collect()
    after = [sys.getrefcount(value) for value in watched]
    # Others take and release references to what everybody shares, such as None.
    moved = {repr(type(value)): b - a for value, a, b in zip(watched, before, after, strict=True) if abs(b - a) > 100}
    assert moved == {}


def resident_bytes() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
@pytest.mark.parametrize("names", [1_000, 1_000_000], ids=["within-the-cap", "beyond-the-cap"])
def test_memory_does_not_grow_over_a_million_requests_with_names_made_on_the_fly(names: int) -> None:
    counting = Counting(max_series=1_000)
    listener = counting.engine.listener
    exception = MyError("x")

    def fire(calls: int) -> None:
        for number in range(calls):
            listener(
                request_type="GET",
                name=f"/item/{number % names}",
                response_time=float(number % 500),
                response_length=number,
                exception=exception if number % 10 == 0 else None,
                response=None,
            )

    fire(100_000)
    counting.window()
    gc.collect()
    before = resident_bytes()
    fire(1_000_000)
    gc.collect()
    grown = resident_bytes() - before
    assert counting.window().total_requests == 1_000_000
    assert grown < 4_000_000


def test_a_request_outside_of_any_run_is_counted_as_that(counting: Counting) -> None:
    from locust_telemetry._native import Engine

    from tests.native.counting import IDENTITY

    engine = Engine()
    subscription = engine.subscribe("test")
    engine.listener(**REQUEST)
    engine.start_run(**IDENTITY)
    engine.listener(**REQUEST)
    engine.flush()
    window = subscription.next()
    assert window is not None
    assert window.total_requests == 1
    summary = engine.summary()
    assert summary is not None
    assert "outside_run" in str(summary)


def test_the_listener_outlives_its_engine() -> None:
    counting = Counting()
    listener = counting.engine.listener
    del counting
    gc.collect()
    assert listener(**REQUEST) is None


def test_beyond_the_cap_requests_are_counted_together_and_none_is_lost() -> None:
    counting = Counting(max_series=3)
    for number in range(100):
        counting.fire(name=f"/{number}", exception=MyError() if number % 2 else None)
    window = counting.window()
    assert (window.total_requests, window.total_failures) == (100, 50)
    assert set(window.names) == {"/0", "/1", "/2", "(overflow)"}
    assert window.anomalies == {"series_overflow": 97}
