"""The registry of instruments, and `configure_otel` in every order."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from locust.env import Environment
from locust_telemetry.common.helpers import (
    InstrumentSpec,
    create_otel_counter,
    create_otel_histogram,
    create_otel_observable_gauge,
)
from locust_telemetry.core.events import TelemetryEventsEnum as Event
from locust_telemetry.core.events import TelemetryMetricsEnum as Metric
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.recorders.otel.exceptions import OtelMetricAlreadyRegisteredError, OtelMetricNotRegisteredError
from locust_telemetry.recorders.otel.otel import InstrumentRegistry, configure_otel
from locust_telemetry.recorders.otel.process import ProcessExport
from opentelemetry import metrics
from opentelemetry.metrics import NoOpMeter, NoOpMeterProvider, Observation

from tests.locust_doubles import RUNNERS, LoggedRecords, environment
from tests.otel_doubles import FakeExporter

Recorded = Callable[..., Environment]

TEST = InstrumentSpec(Event.TEST, "1", create_otel_counter, description="Moments.")
SUCCESS = InstrumentSpec(Metric.REQUEST_SUCCESS, "ms", create_otel_histogram)
CPU = InstrumentSpec(Metric.CPU, "%", create_otel_observable_gauge, [lambda options: [Observation(1)]])


# --- the registry


def test_instruments_are_made_from_their_specs_and_found_again(export: ProcessExport) -> None:
    exporter = FakeExporter()
    export.provider.bind(exporter)  # type: ignore[arg-type]
    registry = InstrumentRegistry(export.provider.get_meter("mine"))
    registry.extend([TEST, SUCCESS, CPU])
    registry.get(Event.TEST).add(1)
    registry.require(Metric.REQUEST_SUCCESS).record(2)
    export.provider.observe()
    assert exporter["locust.tl.event.test.events"].taken == [("add", 1, None)]
    assert exporter["locust.tl.event.test.events"].made_from[2:6] == (
        "counter",
        "locust.tl.event.test.events",
        "1",
        "Moments.",
    )
    assert exporter["locust.tl.request.metric.success"].taken == [("record", 2, None)]
    assert exporter["locust.tl.system.metric.cpu"].observations == [(1, None)]


@pytest.mark.parametrize("items", [[SUCCESS, TEST], [SUCCESS, SUCCESS]])
def test_a_second_instrument_of_a_metric_is_an_error_and_registers_nothing(items: list[InstrumentSpec]) -> None:
    registry = InstrumentRegistry(NoOpMeter("mine"))
    registry.extend([TEST])
    with pytest.raises(OtelMetricAlreadyRegisteredError, match=r"locust\.tl\.") as caught:
        registry.extend(items)
    assert isinstance(caught.value, ValueError)
    assert registry.get(Metric.REQUEST_SUCCESS) is None


def test_what_is_not_registered_is_none_or_an_error() -> None:
    registry = InstrumentRegistry(NoOpMeter("mine"))
    assert registry.get(Metric.CPU) is None
    with pytest.raises(OtelMetricNotRegisteredError, match=r"locust\.tl\.system\.metric\.cpu"):
        registry.require(Metric.CPU)


def test_any_meter_of_the_api_will_do() -> None:
    registry = InstrumentRegistry(NoOpMeterProvider().get_meter("mine"))
    registry.extend([TEST, SUCCESS, CPU])
    registry.get(Event.TEST).add(1)
    registry.close()
    assert registry.get(Event.TEST) is None


# --- configure_otel


def test_it_attaches_meter_and_registry_and_returns_the_environment(recorded: Recorded, export: ProcessExport) -> None:
    env: Any = recorded("master")
    assert configure_otel(env) is env
    assert isinstance(env.otel_registry, InstrumentRegistry)
    assert env.otel_meter is env.otel_registry.meter
    assert env.otel_meter.name == "locust_telemetry"
    assert metrics.get_meter_provider() is export.provider


@pytest.mark.parametrize("role", ["master", "local"])
def test_the_windows_of_the_environment_go_to_the_exporter_which_is_started_once(role: str, recorded: Recorded) -> None:
    env = recorded(role)
    configure_otel(env)
    configure_otel(env)
    (exporter,) = FakeExporter.made
    assert exporter.calls == ["start"]
    assert env.telemetry_session.engine.opened == [exporter]  # type: ignore[attr-defined]


def test_a_second_environment_shares_provider_exporter_and_threads(recorded: Recorded) -> None:
    first, second = recorded(), recorded()
    for env in (first, second, first):
        configure_otel(env)
    (exporter,) = FakeExporter.made
    assert exporter.calls == ["start"]
    assert second.telemetry_session.engine.opened == [exporter]  # type: ignore[attr-defined]
    assert first.otel_registry is not second.otel_registry  # type: ignore[attr-defined]


def test_everybodys_instruments_leave_through_it(recorded: Recorded) -> None:
    before = metrics.get_meter("theirs").create_counter("before")
    configure_otel(recorded())
    before.add(1, {"a": 1})
    metrics.get_meter("theirs").create_up_down_counter("after").add(-1)
    (exporter,) = FakeExporter.made
    assert exporter["before"].taken == [("add", 1, {"a": 1})]
    assert exporter["after"].taken == [("add", -1, None)]


def test_what_is_wrong_with_the_options_is_raised(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeExporter, "error", "--lt-otel-exporter-otlp-endpoint: 'x' is none")
    with pytest.raises(OptionError, match="--lt-otel-exporter-otlp-endpoint: 'x' is none"):
        configure_otel(recorded())


def test_options_are_those_of_the_process_though_a_masters_stand_in_their_place(recorded: Recorded) -> None:
    env = recorded("worker", otel_endpoint="mine:4317")
    env.parsed_options.lt_otel_exporter_otlp_endpoint = "masters:4317"  # type: ignore[union-attr]
    configure_otel(env)
    assert FakeExporter.made[0].settings["endpoint"] == "mine:4317"


def test_a_provider_of_somebody_else_stays_and_ours_records_beside_it(
    recorded: Recorded, export: ProcessExport, logged: LoggedRecords
) -> None:
    theirs = NoOpMeterProvider()
    metrics.set_meter_provider(theirs)
    env: Any = recorded()
    configure_otel(env)
    configure_otel(env)
    assert metrics.get_meter_provider() is theirs
    assert ["has a meter provider already (NoOpMeterProvider)" in r.getMessage() for r in logged.records] == [True]
    env.otel_registry.extend([TEST])
    env.otel_registry.get(Event.TEST).add(1)
    assert FakeExporter.made[0]["locust.tl.event.test.events"].taken == [("add", 1, None)]


def test_a_disabled_sdk_records_and_exports_nothing(
    recorded: Recorded, export: ProcessExport, monkeypatch: pytest.MonkeyPatch, logged: LoggedRecords
) -> None:
    monkeypatch.setattr(FakeExporter, "is_disabled", True)
    env: Any = recorded()
    configure_otel(env)
    configure_otel(env)
    env.otel_registry.extend([TEST])
    env.otel_registry.get(Event.TEST).add(1)
    assert [exporter.calls for exporter in FakeExporter.made] == [[]]
    assert env.telemetry_session.engine.opened == []
    assert metrics.get_meter_provider() is not export.provider
    assert [(record.levelno, "OTEL_SDK_DISABLED" in record.getMessage()) for record in logged.records] == [
        (logging.INFO, True)
    ]


def test_without_telemetry_it_works_too_and_ends_with_the_process(export: ProcessExport) -> None:
    env: Any = environment(RUNNERS["local"](), lt_otel_exporter_otlp_endpoint="collector:4317")
    configure_otel(env)
    (exporter,) = FakeExporter.made
    assert exporter.settings["endpoint"] == "collector:4317"
    assert exporter.calls == ["start"]
    export._at_exit()
    assert exporter.calls == ["start", "observed", "shutdown"]
    assert len(exporter.flush_done.waited) == 1
    assert export._watcher is None
    export._at_exit()
    assert exporter.calls == ["start", "observed", "shutdown"]


def test_after_the_providers_own_shutdown_it_begins_anew(recorded: Recorded, export: ProcessExport) -> None:
    env: Any = recorded()
    configure_otel(env)
    metrics.get_meter_provider().shutdown()  # type: ignore[attr-defined]
    configure_otel(env)
    first, second = FakeExporter.made
    assert (first.calls, second.calls) == (["start", "shutdown"], ["start"])
    assert env.telemetry_session.engine.opened == [first, second]


def test_an_environment_without_a_runner_or_options_is_taken() -> None:
    bare = Environment()
    configure_otel(bare)
    assert FakeExporter.made[0].settings["resource"]["service.instance.id"] == "local"
