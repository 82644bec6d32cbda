"""The JSON handlers: what each logs, when, and on which kind of process."""

from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust.exception import CatchResponseError
from locust_telemetry.core.events import TelemetryEventsEnum as Event
from locust_telemetry.core.events import TelemetryMetricsEnum as Metric
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.options import Options
from locust_telemetry.recorders.json import handlers
from locust_telemetry.session import Session

from tests.locust_doubles import RUNNERS, KeepingOutput, LoggedRecords, environment


class Connected:
    """An environment with a session that starts no threads, and an output that keeps what it is told."""

    def __init__(self, role: str, manager: RecorderPluginManager) -> None:
        self.env = environment(RUNNERS[role](), testplan="checkout")
        self.session = Session(self.env.events, manager)
        self.env.telemetry_session = self.session  # type: ignore[attr-defined]
        self.session.options = Options(stats_interval_s=0.02, system_interval_s=0.02)
        self.waiting: list[Any] = []
        self.on_report: list[Any] = []

        def when_totals_are_final(action: Any, on_report: Any = None) -> None:
            self.waiting.append(action)
            self.on_report.append(on_report)

        self.session.when_totals_are_final = when_totals_are_final  # type: ignore[method-assign]
        self.session.hub = SimpleNamespace(take_max_lag_ms=lambda: 1.5)
        self.output = KeepingOutput(self.env)

    def kept(self, tl_type: Any) -> list[dict[str, Any]]:
        return [kwargs for kind, kwargs in self.output.kept if kind is tl_type]


@pytest.fixture
def local(manager: RecorderPluginManager) -> Connected:
    return Connected("local", manager)


# --- output


def test_records_are_logged_with_type_name_and_context(local: Connected, logged: LoggedRecords) -> None:
    local.env.telemetry_meta = SimpleNamespace(run_id="r1")
    output = handlers.JsonTelemetryOutputHandler(local.env)
    output.record_event(Event.SPAWNING_COMPLETE, user_count=5)
    output.record_metrics(Metric.CPU, value=1.5, unit="percent")
    context = {
        "source": "LocalRunner",
        "source_id": "local",
        "recorder": "local",
        "run_id": "r1",
        "testplan": "checkout",
    }
    assert logged.telemetry == [
        {"telemetry_type": "event", "telemetry_name": "locust.tl.event.spawn.complete", **context, "user_count": 5},
        {
            "telemetry_type": "metrics",
            "telemetry_name": "locust.tl.system.metric.cpu",
            **context,
            "value": 1.5,
            "unit": "percent",
        },
    ]
    assert {record.levelname for record in logged.records} == {"INFO"}
    assert all(record.name.startswith("locust_telemetry.") for record in logged.records)


def test_attributes_win_over_the_context(local: Connected, logged: LoggedRecords) -> None:
    handlers.JsonTelemetryOutputHandler(local.env).log_telemetry("event", "mine", source="custom")
    assert logged.telemetry[0]["source"] == "custom"


def test_records_are_logged_without_a_session_too(logged: LoggedRecords) -> None:
    handlers.JsonTelemetryOutputHandler(environment()).log_telemetry("event", "mine", a=1)
    assert logged.telemetry[0]["a"] == 1


# --- lifecycle


def test_the_end_of_a_test_is_recorded_one_second_later(local: Connected) -> None:
    lifecycle = handlers.JsonTelemetryLifecycleHandler(local.output, local.env)
    before = datetime.now().timestamp()
    lifecycle.on_test_stop()
    (record,) = local.kept(Event.TEST_STOP)
    end_time = datetime.fromisoformat(record["end_time"].replace("Z", "+00:00")).timestamp()
    assert before + 0.99 <= end_time <= datetime.now().timestamp() + 1.01


def test_other_moments_are_recorded_as_they_are(local: Connected) -> None:
    lifecycle = handlers.JsonTelemetryLifecycleHandler(local.output, local.env)
    lifecycle.on_test_start()
    lifecycle.on_spawning_complete(user_count=3)
    lifecycle.on_cpu_warning(value=95, unit="percent")
    assert local.output.kept == [
        (Event.TEST_START, {}),
        (Event.SPAWNING_COMPLETE, {"user_count": 3}),
        (Event.CPU_WARNING, {"value": 95, "unit": "percent"}),
    ]


# --- system


@pytest.fixture
def system(local: Connected) -> Iterator[handlers.JsonTelemetrySystemMetricsHandler]:
    handler = handlers.JsonTelemetrySystemMetricsHandler(local.output, local.env)
    yield handler
    handler.stop()
    local.session.engine.shutdown()


def test_system_samples_are_recorded_in_the_units_they_name(
    local: Connected, system: handlers.JsonTelemetrySystemMetricsHandler
) -> None:
    local.session.engine.start(0.05)
    gevent.sleep(0.5)
    system._record()
    (cpu,), (memory,) = local.kept(Metric.CPU), local.kept(Metric.MEMORY)
    assert cpu["unit"] == "percent" and cpu["value"] >= 0
    assert memory["unit"] == "MiB" and 5 < memory["value"] < 100_000
    assert [record["direction"] for record in local.kept(Metric.NETWORK)] == ["sent", "recv"]
    assert {record["unit"] for record in local.kept(Metric.NETWORK)} == {"MiB"}
    assert local.kept(Metric.HUB_LAG) == [{"value": 1.5, "unit": "ms"}]


def test_without_a_sample_there_is_only_the_hubs_lag(
    local: Connected, system: handlers.JsonTelemetrySystemMetricsHandler
) -> None:
    system._record()
    assert [kind for kind, _ in local.output.kept] == [Metric.HUB_LAG]


def test_the_system_is_recorded_at_each_interval_between_start_and_stop(
    local: Connected, system: handlers.JsonTelemetrySystemMetricsHandler
) -> None:
    system.start()
    system.start()
    gevent.sleep(0.15)
    system.stop()
    system.stop()
    count = len(local.kept(Metric.HUB_LAG))
    assert 3 <= count <= 8
    gevent.sleep(0.05)
    assert len(local.kept(Metric.HUB_LAG)) == count


def test_a_record_that_fails_does_not_end_the_later_ones(
    local: Connected, system: handlers.JsonTelemetrySystemMetricsHandler, logged: LoggedRecords
) -> None:
    failing: list[int] = []

    def fail_once() -> float:
        failing.append(1)
        if len(failing) == 1:
            raise RuntimeError
        return 0.0

    local.session.hub = SimpleNamespace(take_max_lag_ms=fail_once)
    system.start()
    gevent.sleep(0.1)
    assert len(failing) > 1
    assert "A periodic record failed" in logged.records[0].getMessage()


def test_stopping_what_never_started_is_harmless(system: handlers.JsonTelemetrySystemMetricsHandler) -> None:
    system.stop()


# --- requests


def request_handler(connected: Connected) -> handlers.JsonTelemetryRequestHandler:
    return handlers.JsonTelemetryRequestHandler(connected.output, connected.env)


def log_requests(connected: Connected) -> None:
    stats = connected.env.stats
    stats.log_request("GET", "/ok", 10, 100)
    stats.log_request("POST", "/ok", 20, 100)
    stats.log_request("GET", "/bad", 30, 100)
    stats.log_error("GET", "/bad", CatchResponseError("x"))


@pytest.mark.parametrize("role", ["master", "local"])
def test_totals_are_recorded_at_each_interval(role: str, manager: RecorderPluginManager) -> None:
    connected = Connected(role, manager)
    log_requests(connected)
    handler = request_handler(connected)
    handler.start()
    handler.start()
    gevent.sleep(0.1)
    handler.stop()
    records = connected.kept(Metric.REQUEST_STATS)
    assert 2 <= len(records) <= 6
    for record in records:
        assert (record["stats_type"], record["user_count"], record["num_requests"]) == ("current", 0, 3)
        assert {"percentile_95", "percentile_99"} <= set(record)
        assert "status" not in record


def test_a_worker_records_no_totals(manager: RecorderPluginManager) -> None:
    connected = Connected("worker", manager)
    handler = request_handler(connected)
    handler.start()
    gevent.sleep(0.05)
    handler.stop()
    assert (connected.output.kept, connected.waiting) == ([], [])


def finals(connected: Connected) -> list[dict[str, Any]]:
    return [record for record in connected.kept(Metric.REQUEST_STATS) if record["stats_type"] != "current"]


def test_final_statistics_wait_and_then_hold_what_came_meanwhile(local: Connected) -> None:
    handler = request_handler(local)
    handler.start()
    log_requests(local)
    handler.stop()
    assert finals(local) == []
    local.env.stats.log_request("GET", "/late", 5, 1)
    (final,) = local.waiting
    final(True)
    total, *endpoints = finals(local)
    assert (total["stats_type"], total["num_requests"], total["num_failures"]) == ("final", 4, 1)
    assert {(record["method"], record["name"]): (record["stats_type"], record["status"]) for record in endpoints} == {
        ("GET", "/ok"): ("endpoint", "success"),
        ("POST", "/ok"): ("endpoint", "success"),
        ("GET", "/bad"): ("endpoint", "error"),
        ("GET", "/late"): ("endpoint", "success"),
    }
    assert all("user_count" not in record for record in endpoints)


def test_statistics_that_were_cleared_meanwhile_are_those_of_the_stop(local: Connected) -> None:
    handler = request_handler(local)
    handler.start()
    log_requests(local)
    handler.stop()
    local.env.stats.clear_all()
    (final,) = local.waiting
    final(False)
    assert finals(local)[0]["num_requests"] == 3
    assert len(finals(local)) == 4


def test_endpoints_that_were_cleared_to_be_printed_are_those_of_the_last_report(local: Connected) -> None:
    local.env.parsed_options.json = True
    handler = request_handler(local)
    handler.start()
    log_requests(local)
    handler.stop()
    local.env.stats.log_request("GET", "/late", 5, 1)
    local.on_report[0]()
    for entry in local.env.stats.entries.values():
        entry.reset()
    local.waiting[0](True)
    total, *endpoints = finals(local)
    assert total["num_requests"] == sum(record["num_requests"] for record in endpoints) == 4


def test_endpoints_beyond_the_limit_on_series_get_no_record(local: Connected) -> None:
    local.session.options = local.session.options._replace(max_series=2)
    handler = request_handler(local)
    handler.start()
    for number in range(5):
        for _ in range(number + 1):
            local.env.stats.log_request("GET", f"/{number}", 5, 1)
    handler.stop()
    local.waiting[0](True)
    total, *endpoints = finals(local)
    assert total["num_requests"] == 15
    assert [record["name"] for record in endpoints] == ["/4", "/3"]


def test_on_request_takes_nothing(local: Connected) -> None:
    request_handler(local).on_request("GET", name="/")
    assert handlers.JsonTelemetryRequestHandler.on_request.takes_nothing  # type: ignore[attr-defined]
    assert local.output.kept == []
