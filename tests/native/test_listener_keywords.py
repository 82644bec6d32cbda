"""The request listener finds the keywords of an event, however it was fired and whatever was fired before."""

import random
from typing import Any

import pytest

from tests.native.counting import REQUEST, Counting, rows
from tests.native.doubles import Response, not_interned


@pytest.fixture
def counting() -> Counting:
    return Counting()


def shuffled(event: dict[str, Any], seed: int) -> dict[str, Any]:
    keys = list(event)
    random.Random(seed).shuffle(keys)
    return {key: event[key] for key in keys}


@pytest.mark.parametrize(
    ("key", "column", "value", "anomalies"),
    [
        ("request_type", "method", "(empty)", {"text_empty": 1}),
        ("name", "name", "(empty)", {"text_empty": 1}),
        ("response_time", "timed", 0, {"time_missing": 1}),
        ("response_length", "response_bytes", 0, {}),
        ("exception", "error_type", None, {}),
        ("response", "status", None, {}),
        ("context", "requests", 1, {}),
    ],
)
def test_a_missing_keyword_costs_only_what_it_says(
    counting: Counting, key: str, column: str, value: Any, anomalies: dict[str, int]
) -> None:
    row = counting.only(**{key: ...})
    assert row[column] == value
    assert row["anomalies"] == anomalies


def test_a_call_without_arguments_is_a_request(counting: Counting) -> None:
    assert counting.engine.listener() is None
    window = counting.window()
    assert window.total_requests == 1
    assert window.anomalies == {"text_empty": 2, "time_missing": 1}


def test_positional_arguments_are_ignored(counting: Counting) -> None:
    assert counting.engine.listener("GET", "/positional", 1.0) is None
    counting.engine.listener("POST", **{**REQUEST, "name": "/keywords"})
    assert sorted(counting.window().names) == ["(empty)", "/keywords"]


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_keywords_does_not_matter(counting: Counting, seed: int) -> None:
    counting.engine.listener(**shuffled({**REQUEST, "response": Response(201)}, seed))
    (row,) = rows(counting.window())
    assert (row["name"], row["method"], row["status"], row["sum_ms"]) == ("/", "GET", 201, 12.5)


@pytest.mark.parametrize("seed", range(10))
def test_keywords_need_not_be_interned(counting: Counting, seed: int) -> None:
    event = shuffled({**REQUEST, "response": Response(404), "exception": KeyError()}, seed)
    half = random.Random(seed)
    event = {not_interned(key) if half.random() < 0.7 else key: value for key, value in event.items()}
    counting.engine.listener(**event)
    (row,) = rows(counting.window())
    assert (row["name"], row["method"], row["status"], row["sum_ms"], row["response_bytes"], row["error_type"]) == (
        "/",
        "GET",
        404,
        12.5,
        100,
        "KeyError",
    )


#: Events that differ in which of the keywords they have, as those of different clients do.
ABSENT_KEYS: list[tuple[str, ...]] = [
    (),
    ("response",),
    ("exception",),
    ("response", "exception"),
    ("name", "request_type"),
    ("response_time", "response_length", "exception", "response"),
    tuple(REQUEST),
]


def telling(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """An event with some keywords absent and some not interned, in some order; and the row it must give."""
    source = random.Random(seed)
    absent = source.choice(ABSENT_KEYS)
    full = {**REQUEST, "name": f"/{seed}", "response": Response(200 + seed % 300), "exception": KeyError()}
    event = {key: value for key, value in full.items() if key not in absent}
    if source.random() < 0.3:
        event = shuffled(event, seed)
    if source.random() < 0.3:
        event = {not_interned(key) if source.random() < 0.3 else key: value for key, value in event.items()}
    row = {
        "name": event.get("name", "(empty)"),
        "method": event.get("request_type", "(empty)"),
        "status": event["response"].status_code if "response" in event else None,
        "error_type": "KeyError" if "exception" in event else None,
        "sum_ms": event.get("response_time", 0.0),
        "response_bytes": event.get("response_length", 0),
    }
    return event, row


@pytest.mark.parametrize("seed", range(30))
def test_what_earlier_events_had_does_not_matter(counting: Counting, seed: int) -> None:
    for number in range(seed * 100, seed * 100 + 50):
        event, expected = telling(number)
        # Often the same keywords twice: at the second time their places are known.
        for _ in range(1 + number % 2):
            counting.engine.listener(**event)
            (row,) = rows(counting.window())
            assert {column: row[column] for column in expected} == expected


@pytest.mark.parametrize("key", ["name", "request_type", "response_time", "response_length", "exception", "response"])
@pytest.mark.parametrize("spell", [str, not_interned], ids=["interned", "not-interned"])
def test_a_keyword_that_earlier_events_did_not_have_is_found_when_it_is_back(
    counting: Counting, key: str, spell: Any
) -> None:
    full = {**REQUEST, "name": "/back", "response": Response(404), "exception": KeyError()}
    for _ in range(3):
        counting.fire(**{**full, key: ...})
    counting.window()
    # As its last keyword: all others are where they were.
    value = full.pop(key)
    event = {**full, spell(key): value}
    for _ in range(2):
        counting.engine.listener(**event)
        (row,) = rows(counting.window())
        assert (row["name"], row["method"], row["status"], row["error_type"]) == ("/back", "GET", 404, "KeyError")
        assert (row["sum_ms"], row["response_bytes"]) == (12.5, 100)


class CuriousKey(str):
    """A key that is equal to another one of its hash, and does something when it is asked."""

    __slots__ = ("asked", "equals")

    def __new__(cls, text: str, equals: str, asked: Any) -> "CuriousKey":
        key = super().__new__(cls, text)
        key.equals, key.asked = equals, asked
        return key

    def __hash__(self) -> int:
        return hash(self.equals)

    def __eq__(self, other: object) -> bool:
        self.asked()
        return other == self.equals


def test_a_key_whose_comparison_fires_another_event_is_read(counting: Counting) -> None:
    without = {key: value for key, value in REQUEST.items() if key != "response"}

    def fire_another() -> None:
        counting.engine.listener(**{**REQUEST, "name": "/inner", "response": Response(201)})

    for _ in range(2):
        counting.engine.listener(**{**without, CuriousKey("curious", "response", fire_another): Response(202)})
    found = {(row["name"], row["status"]) for row in rows(counting.window())}
    assert found == {("/", 202), ("/inner", 201)}


def test_a_key_whose_comparison_raises_hides_only_its_own_value(counting: Counting) -> None:
    def fail() -> None:
        raise RuntimeError("no comparison")

    without = {key: value for key, value in REQUEST.items() if key != "response"}
    for _ in range(2):
        counting.engine.listener(**{**without, CuriousKey("curious", "response", fail): Response(202)})
    (row,) = rows(counting.window())
    assert (row["name"], row["status"], row["requests"]) == ("/", None, 2)


def test_keywords_may_be_of_a_str_subclass(counting: Counting) -> None:
    class Key(str):
        __slots__ = ()

    counting.engine.listener(**{Key(key): value for key, value in REQUEST.items()})
    (row,) = rows(counting.window())
    assert (row["name"], row["method"], row["sum_ms"]) == ("/", "GET", 12.5)


def test_extra_keywords_are_ignored(counting: Counting) -> None:
    row = counting.only(retries=3, names=["/x"], **{"response-time": 7, "": 1, "ключ": 2})
    assert (row["name"], row["sum_ms"], row["anomalies"]) == ("/", 12.5, {})
