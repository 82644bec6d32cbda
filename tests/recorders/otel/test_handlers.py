"""The handlers: what each records in which instrument, with which attributes."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust import User
from locust.env import Environment
from locust_telemetry.common.helpers import InstrumentSpec, create_otel_counter, create_otel_histogram
from locust_telemetry.core.events import TelemetryEventsEnum as Event
from locust_telemetry.core.events import TelemetryMetricsEnum as Metric
from locust_telemetry.metadata import set_test_metadata
from locust_telemetry.recorders.otel import handlers
from locust_telemetry.recorders.otel.lease import Lease
from locust_telemetry.recorders.otel.otel import configure_otel
from locust_telemetry.recorders.otel.process import ProcessExport
from opentelemetry.metrics import Observation

from tests.locust_doubles import RUNNERS, LoggedRecords, environment
from tests.otel_doubles import FakeExporter

Recorded = Callable[..., Environment]

RUN = {"run_id": "r1", "testplan": "checkout", "source": "LocalRunner", "source_id": "local"}
HERE = {"source": "LocalRunner", "source_id": "local"}


class Connected:
    """An environment with a run, its export, and an output."""

    def __init__(self, env: Environment) -> None:
        self.env: Any = configure_otel(env)
        set_test_metadata(env, {"run_id": "r1"})
        self.output = handlers.OtelOutputHandler(env)
        self.exporter = FakeExporter.made[-1]

    def lifecycle(self) -> handlers.OtelLifecycleHandler:
        return handlers.OtelLifecycleHandler(self.output, self.env)

    def observed(self, name: str) -> Any:
        Lease.of(self.env).prepare_end()
        return self.exporter[name].observations


@pytest.fixture
def local(recorded: Recorded) -> Connected:
    return Connected(recorded())


# --- events


def test_events_are_counted_by_name_and_run(local: Connected) -> None:
    lifecycle = local.lifecycle()
    lifecycle.on_test_start()
    lifecycle.on_spawning_complete(user_count=5)
    lifecycle.on_test_stop()
    counter = local.exporter["locust.tl.event.test.events"]
    assert (counter.made_from[2], counter.made_from[4]) == ("counter", "1")
    assert counter.taken == [
        ("add", 1, {**RUN, "event": "locust.tl.event.test.start"}),
        ("add", 1, {**RUN, "event": "locust.tl.event.spawn.complete", "user_count": 5}),
        ("add", 1, {**RUN, "event": "locust.tl.event.test.stop"}),
    ]


def test_attributes_that_cannot_be_exported_are_texts_and_none_is_absent(local: Connected) -> None:
    local.lifecycle()
    local.output.record_event(Event.CPU_WARNING, value=90.5, odd=[1], absent=None, true=True)
    ((_, _, attributes),) = local.exporter["locust.tl.event.test.events"].taken
    assert attributes == {**RUN, "event": "locust.tl.event.cpu.warning", "value": 90.5, "odd": "[1]", "true": True}


def test_a_workers_change_is_an_event_too(local: Connected) -> None:
    local.lifecycle().on_worker_change(Event.WORKER_GONE, worker="worker-1", client_id="c")
    ((_, _, attributes),) = local.exporter["locust.tl.event.test.events"].taken
    assert (attributes["event"], attributes["worker"]) == ("locust.tl.event.worker.gone", "worker-1")


def test_what_has_no_instrument_is_told_once_and_harms_nobody(local: Connected, logged: LoggedRecords) -> None:
    for _ in range(2):
        local.output.record_event(Event.TEST_START)
        local.output.record_metrics(Metric.REQUEST_SUCCESS, 1.0)
    assert [record.getMessage().split()[2] for record in logged.records] == [
        "locust.tl.event.test.events",
        "locust.tl.request.metric.success",
    ]


# --- users


class Shopper(User):
    """A user who never starts."""


def test_users_are_those_of_the_runner(local: Connected) -> None:
    local.lifecycle()
    assert local.observed("locust.tl.user.metric.count") == [(0, HERE)]
    local.env.user_classes = [Shopper]
    local.env.runner.user_greenlets.add(gevent.Greenlet(None, Shopper(local.env)))
    assert local.observed("locust.tl.user.metric.count") == [(1, HERE)]
    assert local.exporter["locust.tl.user.metric.count"].made_from[2:5:2] == ("observable_gauge", "1")


def test_users_are_observed_for_each_class(local: Connected) -> None:
    local.lifecycle()
    local.env.user_classes = [Shopper]
    assert local.observed("locust.tl.user.metric.class.count") == [(0, {**HERE, "user_class": "Shopper"})]


def test_a_masters_users_are_those_of_its_workers(recorded: Recorded) -> None:
    env: Any = recorded("master")
    master = Connected(env)
    env.runner.clients["c"] = SimpleNamespace(state="running", user_count=3, user_classes_count={"Shopper": 3})
    master.lifecycle()
    here = {"source": "MasterRunner", "source_id": "master"}
    assert master.observed("locust.tl.user.metric.count") == [(3, here)]
    assert master.observed("locust.tl.user.metric.class.count") == [(3, {**here, "user_class": "Shopper"})]


def test_without_a_runner_there_are_no_users(recorded: Recorded) -> None:
    local = Connected(recorded())
    local.lifecycle()
    local.env.runner = None
    assert local.observed("locust.tl.user.metric.count") == [(0, HERE)]
    assert local.observed("locust.tl.user.metric.class.count") == []


# --- system


def test_the_system_is_observed_in_the_units_it_names(local: Connected) -> None:
    local.env.telemetry_session.engine.sample = SimpleNamespace(
        process_cpu_percent=42.5, process_memory_bytes=1 << 20, network_sent_bytes=10, network_received_bytes=20
    )
    system = handlers.OtelSystemMetricsHandler(local.output, local.env)
    system.start()
    system.stop()
    assert local.observed("locust.tl.system.metric.cpu") == [(42.5, HERE)]
    assert local.observed("locust.tl.system.metric.mem") == [(1 << 20, HERE)]
    assert local.observed("locust.tl.system.metric.network") == [
        (10, {**HERE, "direction": "sent"}),
        (20, {**HERE, "direction": "recv"}),
    ]
    units = {name: local.exporter[f"locust.tl.system.metric.{name}"].made_from[4] for name in ("cpu", "mem", "network")}
    assert units == {"cpu": "%", "mem": "By", "network": "By"}


@pytest.mark.parametrize("has_session", [True, False])
def test_without_a_sample_nothing_is_observed(has_session: bool, recorded: Recorded) -> None:
    env = recorded() if has_session else environment(RUNNERS["local"]())
    local = Connected(env)
    handlers.OtelSystemMetricsHandler(local.output, local.env)
    for name in ("cpu", "mem", "network"):
        assert local.observed(f"locust.tl.system.metric.{name}") == []
    Lease.of(env).end()


# --- requests


class Recording(handlers.OtelRequestHandler):
    """A handler that records requests one by one, as the package would."""

    def on_request(self, *args: Any, **kwargs: Any) -> None:
        super().on_request(*args, **kwargs)


class Failed:
    """A response that failed: false, as those of `requests` are."""

    status_code = 404

    def __bool__(self) -> bool:
        return False


class Unreadable:
    @property
    def status_code(self) -> int:
        raise RuntimeError


class Textual:
    status_code = "200"


REQUEST = {"request_type": "GET", "name": "/item", "response_time": 12.5, "response_length": 3, "exception": None}


def requests_of(recorded: Recorded, *requests: dict[str, Any]) -> Any:
    env: Any = recorded()
    Lease.of(env).registry.takes_single_requests = True
    local = Connected(env)
    handler = Recording(local.output, env)
    handler.start()
    for request in requests:
        handler.on_request(**{**REQUEST, **request})
    handler.stop()
    return [local.exporter[f"locust.tl.request.metric.{name}"] for name in ("success", "error")]


def test_a_request_is_recorded_as_the_native_export_would_have(recorded: Recorded) -> None:
    success, error = requests_of(recorded, {"response": SimpleNamespace(status_code=200), "context": {}})
    assert success.made_from[2:5] == ("histogram", "locust.tl.request.metric.success", "ms")
    assert success.taken == [
        (
            "record",
            12.5,
            {
                **RUN,
                "metric": "locust.tl.request.metric.success",
                "endpoint": "/item",
                "method": "GET",
                "status_code": 200,
            },
        )
    ]
    assert error.taken == []


def test_a_failed_request_has_its_real_status_and_its_error(recorded: Recorded) -> None:
    success, error = requests_of(recorded, {"response": Failed(), "exception": ValueError("x")})
    assert success.taken == []
    ((_, value, attributes),) = error.taken
    assert (value, attributes["status_code"], attributes["error_type"]) == (12.5, 404, "ValueError")
    assert attributes["metric"] == "locust.tl.request.metric.error"


@pytest.mark.parametrize("response", [None, Unreadable(), Textual(), SimpleNamespace(status_code=0), object()])
def test_without_a_readable_status_there_is_none(response: Any, recorded: Recorded) -> None:
    success, _ = requests_of(recorded, {"response": response})
    assert "status_code" not in success.taken[0][-1]


def test_odd_requests_are_recorded_as_far_as_they_can_be(recorded: Recorded) -> None:
    success, error = requests_of(
        recorded,
        {"response_time": None},
        {"name": None, "request_type": 5},
        {"exception": "a text"},
    )
    ((_, _, attributes),) = success.taken
    assert (attributes["endpoint"], attributes["method"]) == ("None", "5")
    assert error.taken[0][-1]["error_type"] == "a text"


def test_requests_that_are_exported_natively_are_not_counted_twice(local: Connected, export: ProcessExport) -> None:
    assert export.exports_requests
    handlers.OtelRequestHandler(local.output, local.env).on_request(**REQUEST)
    assert local.exporter["locust.tl.request.metric.success"].taken == []


def test_the_packages_own_takes_no_single_requests() -> None:
    assert handlers.OtelRequestHandler.on_request.takes_nothing  # type: ignore[attr-defined]


# --- what a subclass may change


def test_a_subclass_is_heard_about_its_instruments(local: Connected) -> None:
    class Mine(handlers.OtelSystemMetricsHandler):
        @property
        def instruments(self) -> Sequence[InstrumentSpec]:
            cpu, *rest = super().instruments
            hub = InstrumentSpec(Metric.HUB_LAG, "ms", create_otel_histogram)
            warnings = InstrumentSpec(Event.CPU_WARNING, "1", create_otel_counter)
            return [
                InstrumentSpec(Metric.CPU, "1", cpu.factory, [lambda options: [Observation(0.5)]]),
                hub,
                warnings,
                *rest,
            ]

    Mine(local.output, local.env)
    assert local.observed("locust.tl.system.metric.cpu") == [(0.5, None)]
    local.output.record_metrics(Metric.HUB_LAG, value=2.5, mine=1)
    assert local.exporter["locust.tl.system.metric.hub.lag"].taken == [
        ("record", 2.5, {**RUN, "metric": "locust.tl.system.metric.hub.lag", "mine": 1})
    ]


def test_a_gauge_that_is_set_is_recorded_too(local: Connected) -> None:
    def gauge(meter: Any, **kwargs: Any) -> Any:
        return meter.create_gauge(**kwargs)

    local.env.otel_registry.extend([InstrumentSpec(Metric.HUB_LAG, "ms", gauge)])
    local.output.record_metrics(Metric.HUB_LAG, 3)
    assert local.exporter["locust.tl.system.metric.hub.lag"].taken[0][:2] == ("set", 3)


def test_a_second_handler_of_an_environment_shares_the_instruments(local: Connected) -> None:
    for _ in range(2):
        local.lifecycle()
    assert local.observed("locust.tl.user.metric.count") == [(0, HERE)]
