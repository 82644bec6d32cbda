"""Recordings that are exported: with the native exporter, and a backend that writes down what it is told."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gevent
import locust_telemetry
import pytest
from locust import User, constant, task
from locust.env import Environment
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.core.plugin import telemetry_recorder_plugin
from locust_telemetry.recorders.otel import handlers
from locust_telemetry.recorders.otel.plugin import LocustOtelRecorderPlugin
from locust_telemetry.recorders.otel.recorder import LocustOtelLocalNodeRecorder
from opentelemetry import metrics
from opentelemetry.metrics import Observation

from tests.channel_doubles import until
from tests.isolation import own_export
from tests.native_threads import thread_names
from tests.otel_backend import Backend, backend

SUCCESS = "locust.tl.request.metric.success"
ERROR = "locust.tl.request.metric.error"
EVENTS = "locust.tl.event.test.events"
USERS = "locust.tl.user.metric.count"


class Idle(User):
    wait_time = constant(10)

    @task
    def nothing(self) -> None:
        pass


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
    with own_export() as process:
        yield process


@pytest.fixture
def told(export: Any, tmp_path: Path) -> Iterator[Backend]:
    with backend(tmp_path) as one:
        yield one


@pytest.fixture
def plugins() -> Iterator[None]:
    """Whatever plugins a test registers are gone after it."""
    registered = RecorderPluginManager().recorder_plugins
    before = list(registered)
    yield
    registered[:] = before


class Exported:
    """An environment with a local runner, whose recording is exported."""

    def __init__(self, told: Backend, **settings: Any) -> None:
        self.environment = Environment(user_classes=[Idle])
        self.environment.create_local_runner()
        defaults = {
            "enable_telemetry_recorder": "otel",
            "lt_otel_exporter_otlp_endpoint": told.endpoint,
            "lt_stats_recorder_interval": 0.3,
            "testplan": "checkout",
        }
        self.session = locust_telemetry.setup(self.environment, **{**defaults, **settings})

    def run(self, *requests: tuple[str, float, Exception | None], seconds: float = 0) -> str:
        """Run a test with these requests; return its run id."""
        self.environment.runner.start(1, spawn_rate=1)
        gevent.sleep(0.05 + seconds)
        for name, response_time, exception in requests:
            self.environment.events.request.fire(
                request_type="GET",
                name=name,
                response_time=response_time,
                response_length=1,
                exception=exception,
                context={},
            )
        self.environment.runner.stop()
        return str(self.environment.telemetry_meta.run_id)


def counts(told: Backend, name: str) -> dict[tuple[Any, ...], tuple[int, float]]:
    """Return count and sum of each histogram, by run and endpoint."""
    last = told.last(name, "run_id", "endpoint")
    return {key: (int(point["count"]), point["sum"]) for key, point in last.items()}


def test_what_is_recorded_is_exported_with_its_names_and_attributes(told: Backend) -> None:
    one = Exported(told)
    run_id = one.run(("/a", 10.0, None), ("/a", 20.0, None), ("/b", 5.0, ValueError("x")), seconds=0.5)
    one.session.close()
    assert counts(told, SUCCESS) == {(run_id, "/a"): (2, 30.0)}
    assert counts(told, ERROR) == {(run_id, "/b"): (1, 5.0)}
    (error,) = told.last(ERROR, "endpoint").values()
    assert error["of"] == {
        "source": "LocalRunner",
        "source_id": "local",
        "run_id": run_id,
        "testplan": "checkout",
        "metric": ERROR,
        "endpoint": "/b",
        "method": "GET",
        "error_type": "ValueError",
    }
    events = told.last(EVENTS, "event", "run_id", "testplan", "source_id")
    assert {key: point["asInt"] for key, point in events.items()} == {
        (f"locust.tl.event.{name}", run_id, "checkout", "local"): "1"
        for name in ("test.start", "spawn.complete", "test.stop")
    }
    assert {point["asInt"] for point in told.points(USERS) if "asInt" in point} >= {"1"}
    assert told.last("locust.tl.user.metric.class.count", "user_class").keys() == {("Idle",)}
    memory = told.last("locust.tl.system.metric.mem", "source", "source_id")[("LocalRunner", "local")]
    assert int(memory["asInt"]) > 1_000_000
    assert told.last("locust.tl.system.metric.network", "direction").keys() == {("sent",), ("recv",)}
    assert told.last("locust.tl.system.metric.cpu", "source", "source_id").keys() == {("LocalRunner", "local")}
    resource = told.resources()[0]
    assert (resource["service.name"], resource["service.instance.id"]) == ("locust_telemetry", "local")


def test_each_run_has_series_of_its_own_through_one_exporter(told: Backend) -> None:
    one = Exported(told)
    first = one.run(("/a", 10.0, None))
    second = one.run(("/a", 20.0, None), ("/a", 20.0, None))
    one.session.close()
    assert counts(told, SUCCESS) == {(first, "/a"): (1, 10.0), (second, "/a"): (2, 40.0)}
    assert first != second


def test_two_environments_share_one_thread_and_nothing_is_left_behind(told: Backend) -> None:
    before = thread_names()
    both = [Exported(told) for _ in range(2)]
    assert thread_names().count("lt-otel-export") == 1
    runs = [one.run(("/a", 10.0, None)) for one in both]
    both[0].session.close()
    assert thread_names().count("lt-otel-export") == 1
    both[1].session.close()
    until("threads are left behind", lambda: thread_names() == before)
    assert counts(told, SUCCESS) == {(run_id, "/a"): (1, 10.0) for run_id in runs}


def test_a_recording_can_follow_another_and_instruments_outlive_both(told: Backend) -> None:
    counter = metrics.get_meter("mine").create_counter("baskets")
    for _ in range(2):
        counter.add(100)
        one = Exported(told)
        counter.add(1, {"kind": "buy"})
        one.run()
        one.session.close()
    assert [point["asInt"] for point in told.last("baskets", "kind", "no").values()] == ["1"]
    values = [point.get("asInt") for point in told.points("baskets") if not point.get("flags")]
    assert set(values) <= {"0", "1"} and values.count("1") >= 2


def test_callbacks_run_on_the_hub_while_the_test_runs(told: Backend) -> None:
    hubs = []

    def read(options: Any) -> Any:
        hubs.append(gevent.get_hub())
        return [Observation(len(hubs))]

    metrics.get_meter("mine").create_observable_gauge("temperature", [read])
    one = Exported(told)
    one.run(seconds=1.2)
    during = len(hubs)
    one.session.close()
    assert during >= 2
    assert len(hubs) == during + 1
    assert set(hubs) == {gevent.get_hub()}
    (last,) = told.last("temperature").values()
    assert int(last["asInt"]) == len(hubs)


def test_a_handler_that_takes_requests_is_all_that_counts(told: Backend, plugins: None) -> None:
    class Mine(handlers.OtelRequestHandler):
        def on_request(self, *args: Any, **kwargs: Any) -> None:
            if kwargs["name"] != "/health":
                super().on_request(*args, **kwargs)

    @telemetry_recorder_plugin
    class MyPlugin(LocustOtelRecorderPlugin):
        RECORDER_PLUGIN_ID = "my_otel"

        def load_local_recorders(self, environment: Environment, **kwargs: Any) -> None:
            LocustOtelLocalNodeRecorder(
                env=environment,
                output_handler_cls=handlers.OtelOutputHandler,
                lifecycle_handler_cls=handlers.OtelLifecycleHandler,
                system_handler_cls=handlers.OtelSystemMetricsHandler,
                requests_handler_cls=Mine,
            )

    one = Exported(told, enable_telemetry_recorder="my_otel")
    run_id = one.run(("/a", 10.0, None), ("/health", 1.0, None), ("/a", 30.0, ValueError("x")))
    one.session.close()
    assert counts(told, SUCCESS) == {(run_id, "/a"): (1, 10.0)}
    assert counts(told, ERROR) == {(run_id, "/a"): (1, 30.0)}


def test_log_records_are_exported_with_the_runs_identity(told: Backend) -> None:
    one = Exported(told, lt_otel_log_level="warning")
    theirs = logging.getLogger("shop")
    run_id = one.run()
    theirs.warning("all gone")
    theirs.info("not this")
    one.session.close()
    theirs.warning("nor this")
    (record,) = [record for record in told.logs() if record.get("logger.name") == "shop"]
    assert (record["body"], record["run_id"], record["source_id"]) == ("all gone", run_id, "local")


def test_a_forked_child_leaves_the_export_to_its_parent(told: Backend) -> None:
    one = Exported(told, lt_otel_log_level="warning")
    counter = metrics.get_meter("mine").create_counter("baskets")
    counter.add(1)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            counter.add(100)
            logging.getLogger("shop").warning("of the child")
            metrics.get_meter_provider().force_flush()  # type: ignore[attr-defined]
            one.session.close()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    one.run(("/a", 10.0, None))
    one.session.close()
    assert [point["asInt"] for point in told.last("baskets").values()] == ["1"]
    assert all(record["body"] != "of the child" for record in told.logs())


def last_books(path: Path) -> dict[str, Any]:
    """Return the books of the otel recorder in the last summary of a file."""
    records = [json.loads(line)["telemetry"] for line in path.read_text().splitlines()]
    summary = [record for record in records if record["telemetry_name"] == "locust.tl.run.summary"][-1]
    (books,) = [book for book in summary["recorders"] if book["id"] == "otel"]
    return dict(books)


def test_the_summary_tells_what_became_of_the_export(told: Backend, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    one = Exported(told, lt_json_file=str(path))
    one.run(("/a", 10.0, None))
    one.session.close()
    books = last_books(path)
    assert (books["offered_requests"], books["delivered_requests"], books["dropped_requests"]) == (1, 1, 0)


@pytest.mark.parametrize("status", [400, 503, None])
def test_what_was_never_delivered_is_told_as_dropped_with_its_reason(
    export: Any, tmp_path: Path, status: int | None
) -> None:
    path = tmp_path / "run.jsonl"
    with ExitStack() as stack:
        absent = Backend(Path("/dev/null"), "http://127.0.0.1:9")
        one = Exported(
            stack.enter_context(backend(tmp_path, status)) if status else absent,
            enable_telemetry_recorder="json,otel",
            lt_json_file=str(path),
        )
        one.run(("/a", 10.0, None))
        one.session.close()
    books = last_books(path)
    assert (books["offered_requests"], books["queued_requests"], books["dropped_requests"]) == (1, 0, 1)
    assert any(str(status or "connect") in reason for reason in books["drop_reasons"]), books


@pytest.mark.parametrize(
    ("settings", "variables", "said"),
    [
        ({"lt_otel_exporter_otlp_endpoint": "ftp://x"}, {}, "ftp://x"),
        ({}, {"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"}, "OTEL_EXPORTER_OTLP_TIMEOUT"),
        ({}, {"OTEL_METRICS_EXPORTER": "console"}, "OTEL_METRICS_EXPORTER"),
        ({}, {"OTEL_EXPORTER_OTLP_CERTIFICATE": "/missing.pem"}, "/missing.pem"),
    ],
)
def test_what_cannot_be_used_is_said_before_the_test(
    settings: dict[str, str],
    variables: dict[str, str],
    said: str,
    told: Backend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    before = thread_names()
    with pytest.raises(OptionError) as caught:
        Exported(told, **{"lt_otel_exporter_otlp_endpoint": "https://127.0.0.1:1", **settings})
    assert said in str(caught.value) and "\n" not in str(caught.value)
    until("threads are left behind", lambda: thread_names() == before)


def test_a_disabled_sdk_exports_nothing(told: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    one = Exported(told)
    one.run(("/a", 10.0, None))
    one.session.close()
    assert told.resources() == []
    assert "lt-otel-export" not in thread_names()


def test_a_backend_that_is_away_delays_the_end_by_the_flush_timeout_at_most(export: Any) -> None:
    before = thread_names()
    one = Exported(Backend(Path("/dev/null"), "http://127.0.0.1:9"), lt_flush_timeout=1.0)
    one.run(("/a", 10.0, None))
    began = time.monotonic()
    one.session.close()
    assert time.monotonic() - began < 2
    until("threads are left behind", lambda: thread_names() == before)
