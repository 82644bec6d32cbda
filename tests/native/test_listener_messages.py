"""What failed requests said: the text by which Locust tells failures apart, counted exactly, and never a risk."""

import time
from typing import Any

import pytest
import requests
from locust.exception import CatchResponseError
from locust.stats import StatsError

from tests.native.counting import Counting
from tests.native.doubles import Raises, Response


class MyError(Exception):
    pass


class Thing:
    """An object whose `repr()` has its address."""


@pytest.fixture
def counting() -> Counting:
    return Counting()


def said(counting: Counting, **changes: Any) -> tuple[str, dict[str, int]]:
    """Return what a single failed request said, and what was odd about it."""
    counting.fire(**changes)
    window = counting.window()
    assert window.total_failures == 1
    ((_method, _name, _status, _error_type, message, count),) = window.errors
    assert count == 1
    return message, window.anomalies


@pytest.mark.parametrize(
    "exception",
    [
        MyError("no luck"),
        MyError("it's", 'a "quote"', "käse", "two\nlines"),
        KeyError(),
        MyError,
        "timed out",
        418,
        CatchResponseError("wrong body"),
        requests.HTTPError("404 Client Error: Not Found for url: http://localhost/a?b=1"),
        Thing(),
        MyError(Thing()),
    ],
    ids=range(10),
)
def test_a_message_is_what_locust_tells_failures_apart_by(counting: Counting, exception: Any) -> None:
    assert said(counting, exception=exception) == (StatsError.parse_error(exception), {})


def test_each_message_of_each_series_has_its_count(counting: Counting) -> None:
    not_found = Response(404, truth=False)
    for name, message in [("/b", "gone"), ("/a", "refused"), ("/a", "gone"), ("/a", "refused")]:
        counting.fire(name=name, exception=MyError(message), response=not_found)
    counting.fire(name="/a", exception="gone")
    counting.fire(name="/a")
    counting.fire(name="/a", exception="")
    assert counting.window().errors == [
        ("GET", "/a", None, "Failure", "gone", 1),
        ("GET", "/a", 404, "MyError", "MyError('gone')", 1),
        ("GET", "/a", 404, "MyError", "MyError('refused')", 2),
        ("GET", "/b", 404, "MyError", "MyError('gone')", 1),
    ]


def test_failures_that_differ_in_addresses_only_say_the_same(counting: Counting) -> None:
    # All alive, so that each has an address of its own; two in each message, of which Locust leaves out the first only.
    failures = [MyError(Thing(), Thing()) for _ in range(20)]
    for failure in failures:
        counting.fire(exception=failure)
    ((*_, message, count),) = counting.window().errors
    assert count == 20
    assert message.count("Thing object at 0x....>") == 2


class NoText(Exception):
    def __repr__(self) -> str:
        return 7  # type: ignore[return-value]


@pytest.mark.parametrize("exception", [Raises(), NoText()], ids=["raises", "no-text"])
def test_a_failure_that_cannot_say_what_it_is_counts_as_unreadable(counting: Counting, exception: Any) -> None:
    assert said(counting, exception=exception) == ("(unreadable)", {"message_unreadable": 1})


class EndlessError(Exception):
    def __repr__(self) -> str:
        return repr(self)


def test_a_failure_whose_text_never_ends_counts_as_unreadable(counting: Counting) -> None:
    assert said(counting, exception=EndlessError()) == ("(unreadable)", {"message_unreadable": 1})


class SlowError(Exception):
    def __repr__(self) -> str:
        time.sleep(0.06)
        return "SlowError()"


def test_a_failure_that_takes_long_to_say_what_it_is_is_counted_as_slow(counting: Counting) -> None:
    assert said(counting, exception=SlowError()) == ("SlowError()", {"message_slow": 1})


def test_a_failure_that_fires_a_request_while_it_is_asked_is_counted_with_it(counting: Counting) -> None:
    class Firing(Exception):
        def __repr__(self) -> str:
            counting.fire(name="/inner", exception="inner")
            return "outer"

    counting.fire(exception=Firing())
    assert [(name, message) for _, name, _, _, message, _ in counting.window().errors] == [
        ("/", "outer"),
        ("/inner", "inner"),
    ]


def test_lone_surrogates_and_control_characters_are_shown_as_escapes(counting: Counting) -> None:
    assert said(counting, exception="bad \ud800\n")[0] == "bad \\ud800\\n"

    class Odd(Exception):
        def __repr__(self) -> str:
            return "odd \udcff\x1b[0m"

    assert said(counting, exception=Odd())[0] == "odd \\udcff\\u{1b}[0m"


def test_a_long_message_is_cut(counting: Counting) -> None:
    assert said(counting, exception="ä" * 512)[0] == "ä" * 512
    assert said(counting, exception="ä" * 5_000_000) == ("ä" * 512 + "…", {})


def test_beyond_the_limit_messages_count_as_others_and_none_is_lost(counting: Counting) -> None:
    for number in range(1_000):
        counting.fire(exception=MyError(number))
    window = counting.window()
    counts = {message: count for *_, message, count in window.errors}
    assert (len(counts), sum(counts.values()), counts["(other messages)"]) == (201, 1_000, 800)
    assert window.anomalies == {"message_overflow": 800}


def test_an_interrupt_amid_reading_a_message_reaches_the_program(counting: Counting) -> None:
    class Interrupted(Exception):
        def __repr__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - raised by whatever Python does next
        counting.fire(exception=Interrupted())
        for _ in range(100):
            pass
    assert [message for *_, message, _ in counting.window().errors] == ["(unreadable)"]
