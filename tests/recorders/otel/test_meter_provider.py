"""Meters: which instruments are the same, which names are none, and how they meet exporters."""

import logging
import time
from typing import Any

import gevent
import pytest
from locust_telemetry.recorders.otel.meter_provider import NativeMeter, NativeMeterProvider
from opentelemetry import metrics
from opentelemetry.metrics import Observation

from tests.locust_doubles import LoggedRecords
from tests.otel_doubles import FakeExporter, FakeFlush

KINDS = [
    ("create_counter", "counter"),
    ("create_up_down_counter", "up_down_counter"),
    ("create_histogram", "histogram"),
    ("create_gauge", "gauge"),
    ("create_observable_counter", "observable_counter"),
    ("create_observable_up_down_counter", "observable_up_down_counter"),
    ("create_observable_gauge", "observable_gauge"),
]


@pytest.fixture
def provider() -> NativeMeterProvider:
    return NativeMeterProvider()


@pytest.fixture
def exporter(provider: NativeMeterProvider) -> FakeExporter:
    made = FakeExporter()
    provider.bind(made)  # type: ignore[arg-type]
    return made


@pytest.fixture
def meter(provider: NativeMeterProvider, exporter: FakeExporter) -> NativeMeter:
    return provider.get_meter("mine", "2.0")


@pytest.mark.parametrize(("create", "kind"), KINDS)
def test_an_instrument_is_of_its_kind_and_scope(
    create: str, kind: str, meter: NativeMeter, exporter: FakeExporter
) -> None:
    getattr(meter, create)("my.x", unit="s", description="What it is.")
    assert exporter["my.x"].made_from == ("mine", "2.0", kind, "my.x", "s", "What it is.", None)


@pytest.mark.parametrize(("create", "kind"), KINDS)
def test_the_same_name_and_unit_are_the_same_instrument(create: str, kind: str, meter: NativeMeter) -> None:
    make = getattr(meter, create)
    assert make("my.x", unit="s") is make("MY.X", unit="s", description="Other words.")


def test_the_same_name_with_another_kind_or_unit_is_another_instrument_and_told_once(
    meter: NativeMeter, exporter: FakeExporter, logged: LoggedRecords
) -> None:
    made = [meter.create_counter("my.x"), meter.create_counter("my.x", "s"), meter.create_histogram("my.x")]
    assert len({id(instrument) for instrument in made}) == len(exporter.instruments) == 3
    made[1].add(1)
    assert [record.levelno for record in logged.records] == [logging.WARNING]
    assert "my.x was made more than once, and differently" in logged.records[0].getMessage()


def test_instruments_of_other_meters_are_others(provider: NativeMeterProvider, exporter: FakeExporter) -> None:
    meters = [provider.get_meter(name, version) for name in ("a", "b") for version in (None, "1")]
    assert len({id(meter.create_counter("my.x")) for meter in meters}) == 4
    assert provider.get_meter("a") is provider.get_meter("a", None, None, {"ignored": 1})


@pytest.mark.parametrize("name", ["", "1x", "_x", "my x", "my:x", "ä", "x" * 256, None, 5])
@pytest.mark.parametrize(("create", "kind"), KINDS)
def test_what_is_no_name_records_nothing_and_is_told_once(
    create: str, kind: str, name: Any, meter: NativeMeter, exporter: FakeExporter, logged: LoggedRecords
) -> None:
    for _ in range(2):
        instrument = getattr(meter, create)(name)
        for method in ("add", "record", "set"):
            if hasattr(instrument, method):
                getattr(instrument, method)(1)
    assert exporter.instruments == {}
    assert [f"{name!r} is no name" in record.getMessage() for record in logged.records] == [True]


@pytest.mark.parametrize("name", ["x", "X.y_z-1/2", "x" * 255])
def test_names_by_the_rule_are_taken(name: str, meter: NativeMeter, exporter: FakeExporter) -> None:
    meter.create_counter(name).add(1)
    assert exporter[name].taken == [("add", 1, None)]


@pytest.mark.parametrize("unit", ["µs", "u" * 64, 5])
def test_what_is_no_unit_records_nothing_and_is_told(
    unit: Any, meter: NativeMeter, exporter: FakeExporter, logged: LoggedRecords
) -> None:
    meter.create_counter("my.x", unit).add(1)
    assert exporter.instruments == {}
    assert f"{unit!r} is no unit" in logged.records[0].getMessage()


def test_no_unit_and_no_description_are_empty(meter: NativeMeter, exporter: FakeExporter) -> None:
    meter.create_counter("my.x", None, None)  # type: ignore[arg-type]
    assert exporter["my.x"].made_from[4:6] == ("", "")


def test_advised_boundaries_are_passed_on(meter: NativeMeter, exporter: FakeExporter) -> None:
    meter.create_histogram("my.x", explicit_bucket_boundaries_advisory=(1, 2.5))
    assert exporter["my.x"].made_from[-1] == [1.0, 2.5]


def test_what_are_no_boundaries_is_told(meter: NativeMeter, exporter: FakeExporter, logged: LoggedRecords) -> None:
    meter.create_histogram("my.x", explicit_bucket_boundaries_advisory=["a"])  # type: ignore[list-item]
    assert exporter["my.x"].made_from[-1] is None
    assert "default boundaries" in logged.records[0].getMessage()


def test_callbacks_of_the_same_instrument_add_up(
    provider: NativeMeterProvider, meter: NativeMeter, exporter: FakeExporter
) -> None:
    for value in (1, 2):
        meter.create_observable_gauge("my.x", [lambda options, value=value: [Observation(value)]])
    provider.observe()
    assert exporter["my.x"].observations == [(1, None), (2, None)]


def test_callbacks_that_wait_hold_up_the_end_for_the_time_they_have_altogether(
    provider: NativeMeterProvider, meter: NativeMeter, exporter: FakeExporter, logged: LoggedRecords
) -> None:
    called: list[int] = []

    def wait(number: int) -> list[Observation]:
        called.append(number)
        gevent.sleep(10)
        return [Observation(1)]

    for number in range(20):
        meter.create_observable_gauge(f"my.x{number}", [lambda options, number=number: wait(number)])
    began = time.monotonic()
    provider.observe(0.3)
    assert time.monotonic() - began < 1
    assert called == [0, 1]
    assert "Not all callbacks" in logged.records[-1].getMessage()


def test_an_instrument_that_the_exporter_refuses_records_nothing(
    provider: NativeMeterProvider, monkeypatch: pytest.MonkeyPatch, logged: LoggedRecords
) -> None:
    def refuse(*args: Any) -> Any:
        raise ValueError("on purpose")

    exporter = FakeExporter()
    monkeypatch.setattr(exporter, "instrument", refuse)
    provider.bind(exporter)  # type: ignore[arg-type]
    provider.get_meter("mine").create_counter("my.x").add(1)
    assert "my.x cannot be recorded: on purpose" in logged.records[0].getMessage()


# --- exporters


def test_instruments_outlive_exporters(provider: NativeMeterProvider) -> None:
    counter = provider.get_meter("mine").create_counter("my.x")
    counter.add(1)
    exporters = [FakeExporter(), FakeExporter()]
    for exporter in exporters:
        provider.bind(exporter)  # type: ignore[arg-type]
        counter.add(2)
        provider.unbind()
        counter.add(3)
    assert [exporter["my.x"].taken for exporter in exporters] == [[("add", 2, None)]] * 2


def test_instruments_that_were_made_before_the_global_provider_are_native_too(export: Any) -> None:
    early = metrics.get_meter("early").create_histogram("my.x", "s")
    exporter = FakeExporter()
    export.provider.bind(exporter)
    metrics.set_meter_provider(export.provider)
    early.record(1.5, {"a": 1})
    assert exporter["my.x"].taken == [("record", 1.5, {"a": 1})]
    assert exporter["my.x"].made_from[0] == "early"


def test_a_forced_flush_observes_first(provider: NativeMeterProvider, exporter: FakeExporter) -> None:
    provider.get_meter("mine").create_observable_gauge("my.x", [lambda options: [Observation(1)]])
    assert provider.force_flush()
    assert exporter["my.x"].observations == [(1, None)]
    assert exporter.calls == ["observed", "flush"]
    exporter.flush_done = FakeFlush(done=False)
    assert not provider.force_flush(timeout_millis=10)


def test_a_shutdown_exports_for_the_last_time_and_once(provider: NativeMeterProvider, exporter: FakeExporter) -> None:
    counter = provider.get_meter("mine").create_counter("my.x")
    provider.shutdown()
    provider.shutdown()
    counter.add(1)
    assert exporter.calls == ["shutdown"]
    assert exporter["my.x"].taken == []
    assert provider.force_flush()
