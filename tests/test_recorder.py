"""The earlier spelling of recorders: `log_telemetry` of whatever a plugin likes."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from locust_telemetry.core.events import TelemetryMetricsEnum
from locust_telemetry.recorder import TelemetryBaseRecorder

from tests.isolation import own_logger
from tests.locust_doubles import LoggedRecords, environment, worker_runner


@pytest.fixture
def logged() -> Iterator[LoggedRecords]:
    with own_logger() as logged:
        yield logged


class Recorder(TelemetryBaseRecorder):
    name = "custom_recorder"


@pytest.fixture
def recorder() -> TelemetryBaseRecorder:
    env = environment(worker_runner(2), testplan="checkout")
    env.telemetry_meta = SimpleNamespace(run_id="r1")
    return Recorder(env=env)


CONTEXT: dict[str, Any] = {
    "source": "WorkerRunner",
    "source_id": "worker-2",
    "recorder": "worker",
    "run_id": "r1",
    "testplan": "checkout",
}


def test_data_is_logged_with_the_runs_context_under_the_recorders_name(
    recorder: TelemetryBaseRecorder, logged: LoggedRecords
) -> None:
    recorder.log_telemetry({"a": 1}, b=2)
    event = {"telemetry_type": "event", "telemetry_name": "custom_recorder"}
    assert logged.telemetry == [{**event, **CONTEXT, "a": 1, "b": 2}]


def test_data_and_attributes_may_say_type_name_and_source(
    recorder: TelemetryBaseRecorder, logged: LoggedRecords
) -> None:
    recorder.log_telemetry({"telemetry_type": "metrics", "telemetry_name": TelemetryMetricsEnum.CPU}, source="custom")
    recorder.log_telemetry({"a": "data"}, a="attribute", telemetry_name=7)
    first, second = logged.telemetry
    assert (first["telemetry_type"], first["telemetry_name"]) == ("metrics", "locust.tl.system.metric.cpu")
    assert (first["source"], first["source_id"]) == ("custom", "worker-2")
    assert (second["a"], second["telemetry_name"]) == ("attribute", "7")


def test_the_data_stays_as_it_was(recorder: TelemetryBaseRecorder, logged: LoggedRecords) -> None:
    data = {"telemetry_type": "metrics", "a": 1}
    recorder.log_telemetry(data)
    assert data == {"telemetry_type": "metrics", "a": 1}


@pytest.mark.parametrize("key", ["event_type", "event_name", "self"])
def test_any_key_may_be_logged(recorder: TelemetryBaseRecorder, logged: LoggedRecords, key: str) -> None:
    recorder.log_telemetry({key: 1})
    assert logged.telemetry[0][key] == 1
