"""The recorders set the export up, and leave requests to it unless somebody takes them one by one."""

from collections.abc import Callable
from typing import Any

import pytest
from locust.env import Environment
from locust_telemetry.core.events import TelemetryMetricsEnum as Metric
from locust_telemetry.recorders.otel import handlers
from locust_telemetry.recorders.otel import recorder as recorders

from tests.locust_doubles import LoggedRecords
from tests.otel_doubles import FakeExporter

Recorded = Callable[..., Environment]

HANDLERS: dict[str, Any] = {
    "output_handler_cls": handlers.OtelOutputHandler,
    "lifecycle_handler_cls": handlers.OtelLifecycleHandler,
    "system_handler_cls": handlers.OtelSystemMetricsHandler,
    "requests_handler_cls": handlers.OtelRequestHandler,
}
RECORDERS = {
    "master": recorders.LocustOtelMasterNodeRecorder,
    "worker": recorders.LocustOtelWorkerNodeRecorder,
    "local": recorders.LocustOtelLocalNodeRecorder,
}
REQUEST = {"request_type": "GET", "name": "/", "response_time": 5.0, "response_length": 1, "exception": None}


class SingleRequests(handlers.OtelRequestHandler):
    def on_request(self, *args: Any, **kwargs: Any) -> None:
        super().on_request(*args, **{**kwargs, "name": f"mine {kwargs['name']}"})


class SingleRecorder(recorders.LocustOtelLocalNodeRecorder):
    def on_request(self, *args: Any, **kwargs: Any) -> None:
        self.output.record_metrics(Metric.REQUEST_SUCCESS, kwargs["response_time"], endpoint="mine")
        super().on_request(*args, **kwargs)


def run_one_request(env: Any) -> list[Any]:
    env.events.test_start.fire(environment=env)
    env.events.request.fire(**REQUEST)
    env.events.test_stop.fire(environment=env)
    return list(FakeExporter.made[0]["locust.tl.request.metric.success"].taken)


@pytest.mark.parametrize("role", RECORDERS)
def test_each_kind_of_process_sets_the_export_up(role: str, recorded: Recorded) -> None:
    RECORDERS[role](env=recorded(role), **HANDLERS)
    assert [exporter.settings["export_requests"] for exporter in FakeExporter.made] == [role != "master"]


def test_by_default_nobody_listens_to_requests_and_they_are_exported_natively(recorded: Recorded) -> None:
    env = recorded()
    recorders.LocustOtelLocalNodeRecorder(env=env, **HANDLERS)
    assert run_one_request(env) == []
    assert FakeExporter.made[0].settings["export_requests"] is True


def test_a_handler_that_takes_requests_is_called_and_nothing_is_counted_twice(recorded: Recorded) -> None:
    env = recorded()
    recorders.LocustOtelLocalNodeRecorder(env=env, **{**HANDLERS, "requests_handler_cls": SingleRequests})
    ((_, value, attributes),) = run_one_request(env)
    assert (value, attributes["endpoint"]) == (5.0, "mine /")
    assert FakeExporter.made[0].settings["export_requests"] is False


def test_a_recorder_that_takes_requests_is_called_in_the_handlers_place(recorded: Recorded) -> None:
    env = recorded()
    SingleRecorder(env=env, **{**HANDLERS, "requests_handler_cls": SingleRequests})
    assert [attributes["endpoint"] for _, _, attributes in run_one_request(env)] == ["mine", "mine /"]
    assert FakeExporter.made[0].settings["export_requests"] is False


def test_a_master_takes_no_requests_though_its_handler_would(recorded: Recorded) -> None:
    env = recorded("master", otel_export_from="master")
    recorders.LocustOtelMasterNodeRecorder(env=env, **{**HANDLERS, "requests_handler_cls": SingleRequests})
    assert run_one_request(env) == []
    assert FakeExporter.made[0].settings["export_requests"] is True


def test_a_second_recorder_that_takes_requests_comes_too_late_and_says_so(
    recorded: Recorded, logged: LoggedRecords
) -> None:
    env = recorded()
    recorders.LocustOtelLocalNodeRecorder(env=env, **HANDLERS)
    recorders.LocustOtelLocalNodeRecorder(env=env, **{**HANDLERS, "requests_handler_cls": SingleRequests})
    assert run_one_request(env) == []
    assert "exports requests already" in logged.records[0].getMessage()


@pytest.mark.parametrize(("role", "events"), [("master", 2), ("local", 2), ("worker", 0)])
def test_only_master_and_local_record_the_lifecycle(role: str, events: int, recorded: Recorded) -> None:
    env = recorded(role)
    env.reset_stats = False
    RECORDERS[role](env=env, **HANDLERS)
    for _ in range(2):
        env.events.test_start.fire(environment=env)
    for _ in range(2):
        env.events.test_stop.fire(environment=env)
    assert len(FakeExporter.made[0]["locust.tl.event.test.events"].taken) == events
