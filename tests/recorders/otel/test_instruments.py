"""Instruments pass on what they are given, to whichever exporter there is, and never raise."""

from types import MappingProxyType
from typing import Any

import pytest
from locust_telemetry.recorders.otel import instruments as native
from opentelemetry import metrics
from opentelemetry.metrics import Observation

from tests.locust_doubles import LoggedRecords
from tests.otel_doubles import FakeExporter

SYNCHRONOUS = [
    (native.NativeCounter, metrics.Counter, "counter", "add"),
    (native.NativeUpDownCounter, metrics.UpDownCounter, "up_down_counter", "add"),
    (native.NativeHistogram, metrics.Histogram, "histogram", "record"),
    (native.NativeGauge, metrics._Gauge, "gauge", "set"),
]
OBSERVABLE = [
    (native.NativeObservableCounter, metrics.ObservableCounter, "observable_counter"),
    (native.NativeObservableUpDownCounter, metrics.ObservableUpDownCounter, "observable_up_down_counter"),
    (native.NativeObservableGauge, metrics.ObservableGauge, "observable_gauge"),
]


def bound(instrument: Any) -> tuple[Any, FakeExporter]:
    exporter = FakeExporter()
    instrument.bind(exporter, "scope", "1.0")
    return instrument, exporter


@pytest.mark.parametrize(("cls", "api", "kind", "method"), SYNCHRONOUS)
def test_what_is_recorded_reaches_an_instrument_of_its_kind(cls: Any, api: Any, kind: str, method: str) -> None:
    instrument, exporter = bound(cls("my.x", "s", "What it is."))
    assert isinstance(instrument, api)
    record = getattr(instrument, method)
    record(1)
    record(2.5, {"a": 1})
    record(3, attributes=MappingProxyType({"b": 2}), context=None)
    made = exporter["my.x"]
    assert made.made_from == ("scope", "1.0", kind, "my.x", "s", "What it is.", None)
    assert made.taken == [(method, 1, None), (method, 2.5, {"a": 1}), (method, 3, {"b": 2})]


@pytest.mark.parametrize(("cls", "api", "kind", "method"), SYNCHRONOUS)
def test_what_cannot_be_taken_is_told_once_and_never_raised(
    cls: Any, api: Any, kind: str, method: str, logged: LoggedRecords
) -> None:
    instrument, exporter = bound(cls("my.x"))
    for amount, attributes in [("1", None), (None, None), (object(), {}), (1, 5)]:
        getattr(instrument, method)(amount, attributes)
    assert exporter["my.x"].taken == []
    assert ["my.x cannot take '1' (str)" in record.getMessage() for record in logged.records] == [True]


@pytest.mark.parametrize(("cls", "api", "kind", "method"), SYNCHRONOUS)
def test_without_an_exporter_nothing_happens(cls: Any, api: Any, kind: str, method: str) -> None:
    instrument, exporter = bound(cls("my.x"))
    instrument.unbind()
    getattr(instrument, method)(1)
    assert exporter["my.x"].taken == []
    getattr(cls("my.y"), method)(object())


def test_an_instrument_records_for_the_exporter_that_it_is_bound_to_last() -> None:
    counter, first = bound(native.NativeCounter("my.x"))
    counter.add(1)
    second = FakeExporter()
    counter.bind(second, "scope", "1.0")
    counter.add(2)
    assert [exporter["my.x"].taken for exporter in (first, second)] == [[("add", 1, None)], [("add", 2, None)]]


def test_boundaries_of_a_histogram_are_passed_on() -> None:
    _, exporter = bound(native.NativeHistogram("my.x", boundaries=[1.0, 2.0]))
    assert exporter["my.x"].made_from[-1] == [1.0, 2.0]


# --- observables


@pytest.mark.parametrize(("cls", "api", "kind"), OBSERVABLE)
def test_an_observable_gives_what_its_callbacks_observe(cls: Any, api: Any, kind: str) -> None:
    values = iter([1, 2])
    instrument, exporter = bound(cls("my.x", [lambda options: [Observation(next(values))]], "s", "What it is."))
    assert isinstance(instrument, api)
    instrument.observe(1)
    assert exporter["my.x"].observations == [(1, None)]
    instrument.observe(1)
    assert exporter["my.x"].observations == [(2, None)]
    assert exporter["my.x"].made_from[2:6] == (kind, "my.x", "s", "What it is.")


def test_a_callback_that_fails_harms_no_other_and_what_it_gave_is_gone() -> None:
    outcomes: list[Any] = [[Observation(1)], RuntimeError()]

    def odd(options: Any) -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    instrument, exporter = bound(native.NativeObservableGauge("my.x", [odd, lambda options: [Observation(2)]]))
    instrument.observe(1)
    assert exporter["my.x"].observations == [(1, None), (2, None)]
    instrument.observe(1)
    assert exporter["my.x"].observations == [(2, None)]


def test_a_callback_that_is_removed_is_called_no_more_and_what_it_gave_is_gone() -> None:
    class Handler:
        def observe(self, options: Any) -> Any:
            return [Observation(1)]

    handler = Handler()
    instrument, exporter = bound(native.NativeObservableGauge("my.x", [handler.observe]))
    instrument.observe(1)
    instrument.remove_callbacks([handler.observe])
    assert exporter["my.x"].observations == []
    instrument.observe(1)
    assert exporter["my.x"].observations == []


def test_callbacks_are_not_called_without_an_exporter() -> None:
    called = []
    instrument = native.NativeObservableGauge("my.x", [called.append])
    instrument.observe(1)
    instrument.remove_callbacks([called.append])
    assert called == []
