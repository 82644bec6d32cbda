"""Callbacks of observables, in both forms, and what is said of those that fail."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

import gevent
import pytest
from locust_telemetry.recorders.otel.callback import Callback
from opentelemetry.metrics import CallbackOptions, Observation

from tests.locust_doubles import LoggedRecords


def test_a_function_gives_values_with_their_attributes() -> None:
    seen: list[CallbackOptions] = []

    def read(options: CallbackOptions) -> Iterable[Observation]:
        seen.append(options)
        return [Observation(1, {"a": 1}), Observation(2.5)]

    assert Callback(read, "x").observe(0.25) == [(1, {"a": 1}), (2.5, None)]
    assert [options.timeout_millis for options in seen] == [250]


def test_a_generator_function_gives_values_one_by_one() -> None:
    def read(options: CallbackOptions) -> Iterator[Observation]:
        yield Observation(1)
        yield Observation(2)

    assert Callback(read, "x").observe(1) == [(1, None), (2, None)]


def test_a_generator_is_sent_options_each_time_until_it_is_through(logged: LoggedRecords) -> None:
    sent = []

    def read() -> Any:
        options = yield
        for value in (1, 2):
            sent.append(options)
            options = yield [Observation(value)]

    callback = Callback(read(), "x")
    assert [callback.observe(1) for _ in range(4)] == [[(1, None)], [(2, None)], [], []]
    assert all(isinstance(options, CallbackOptions) for options in sent)
    assert logged.records == []


def test_each_callback_has_a_number_of_its_own() -> None:
    assert Callback(list, "x").number != Callback(list, "x").number


def failing(options: CallbackOptions) -> Iterable[Observation]:
    yield Observation(1)
    raise RuntimeError("on purpose")


def failing_at_once() -> Any:
    raise RuntimeError("on purpose")
    yield


@pytest.mark.parametrize(
    "given",
    [
        failing,
        failing_at_once(),
        lambda options: None,
        lambda options: [Observation("1")],  # type: ignore[arg-type]
        lambda options: [1],
        lambda: [Observation(1)],
        None,
    ],
)
def test_what_fails_observes_nothing_and_is_told_once(given: Any, logged: LoggedRecords) -> None:
    callback = Callback(given, "my.gauge")
    assert [callback.observe(1) for _ in range(3)] == [[], [], []]
    (record,) = logged.records
    assert record.levelno == logging.WARNING
    assert "my.gauge failed" in record.getMessage()
    assert record.exc_info is not None


def test_one_that_waits_too_long_is_cut_off_and_told_once(logged: LoggedRecords) -> None:
    callback = Callback(lambda options: [gevent.sleep(5)], "my.gauge")
    with gevent.Timeout(2):
        assert [callback.observe(0.01) for _ in range(2)] == [[], []]
    assert ["took too long" in record.getMessage() for record in logged.records] == [True]


def test_a_timeout_of_somebody_else_goes_on() -> None:
    callback = Callback(lambda options: [gevent.sleep(5)], "my.gauge")
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
        callback.observe(5)
