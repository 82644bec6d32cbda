"""One environment's part in the export: when it begins, and what is left after it."""

import gc
import logging
import os
import weakref
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from locust.env import Environment
from locust_telemetry.recorders.otel import lease as lease_module
from locust_telemetry.recorders.otel.lease import Lease
from locust_telemetry.recorders.otel.otel import configure_otel
from locust_telemetry.recorders.otel.process import ProcessExport
from opentelemetry import metrics
from opentelemetry.metrics import Observation

from tests.locust_doubles import RUNNERS, LoggedRecords, environment
from tests.otel_doubles import FakeExporter

Recorded = Callable[..., Environment]


def opened(env: Any) -> list[Any]:
    return list(env.telemetry_session.engine.opened)


def spawn(env: Any, **sent: Any) -> None:
    """Do what a `spawn` message of a recording master does."""
    for name, value in {"lt_run_metadata": "{}", **sent}.items():
        setattr(env.parsed_options, name, value)
    env.events.test_start.fire(environment=env)


# --- when it begins


def test_a_worker_begins_with_its_first_test(recorded: Recorded) -> None:
    env = recorded("worker")
    configure_otel(env)
    (exporter,) = FakeExporter.made
    assert (exporter.calls, opened(env)) == ([], [])
    for _ in range(2):
        spawn(env)
    assert (exporter.calls, opened(env)) == (["start"], [exporter])


def test_a_worker_hears_from_its_master_what_is_tested(recorded: Recorded) -> None:
    env = recorded("worker")
    configure_otel(env)
    env.host = "https://shop.test"
    spawn(env)
    assert FakeExporter.made[0].settings["server"] == "https://shop.test"


def test_a_late_worker_begins_at_once(recorded: Recorded) -> None:
    env = recorded("worker")
    env.parsed_options.lt_run_metadata = "{}"  # type: ignore[union-attr]
    configure_otel(env)
    assert len(opened(env)) == 1


def test_a_worker_whose_master_exports_makes_no_exporter(recorded: Recorded, logged: LoggedRecords) -> None:
    env: Any = recorded("worker", otel_export_from="master")
    configure_otel(env)
    for _ in range(2):
        spawn(env, lt_otel_export_from="master")
    assert (FakeExporter.made, opened(env)) == ([], [])
    assert env.otel_registry is not None
    assert [(r.levelno, "The master exports" in r.getMessage()) for r in logged.records] == [(logging.INFO, True)]


def test_a_worker_heeds_a_master_that_exports_for_it(
    recorded: Recorded, export: ProcessExport, logged: LoggedRecords
) -> None:
    env = recorded("worker")
    configure_otel(env)
    spawn(env, lt_otel_export_from="master")
    (exporter,) = FakeExporter.made
    assert (exporter.calls, opened(env), export.exporter) == ([], [], None)
    assert ["The master exports" in record.getMessage() for record in logged.records] == [True]


def test_a_worker_that_trusts_in_vain_in_its_master_says_so(recorded: Recorded, logged: LoggedRecords) -> None:
    env = recorded("worker", otel_export_from="master")
    configure_otel(env)
    for _ in range(2):
        spawn(env, lt_otel_export_from="workers")
    assert FakeExporter.made == []
    (record,) = logged.records
    assert record.levelno == logging.WARNING
    assert "Nothing of this worker is exported" in record.getMessage()


def test_single_requests_of_a_worker_whose_master_exports_are_not_forgotten(
    recorded: Recorded, logged: LoggedRecords
) -> None:
    env: Any = recorded("worker", otel_export_from="master")
    configure_otel(env)
    env.otel_registry.takes_single_requests = True
    spawn(env, lt_otel_export_from="master")
    assert "on_request records on this worker is not exported" in logged.records[-1].getMessage()


# --- while it lasts


def test_the_identity_is_that_of_the_run(recorded: Recorded) -> None:
    from locust_telemetry.metadata import set_test_metadata

    env = recorded("worker")
    lease = Lease.of(env)
    assert lease.identity() == {
        "run_id": None,
        "testplan": "checkout",
        "source": "WorkerRunner",
        "source_id": "worker-0",
    }
    set_test_metadata(env, {"run_id": "r1"})
    assert lease.identity()["run_id"] == "r1"


def test_callbacks_are_run_when_an_export_waits_for_them_and_at_the_end(recorded: Recorded) -> None:
    called: list[int] = []

    def read(options: Any) -> Any:
        called.append(1)
        return [Observation(len(called))]

    env = recorded()
    configure_otel(env)
    metrics.get_meter("theirs").create_observable_gauge("x", [read])
    (exporter,) = FakeExporter.made
    lease = Lease.of(env)
    lease.look()
    assert called == []
    exporter.wants_observations = True
    lease.look()
    lease.look()
    assert len(called) == 1
    lease.prepare_end()
    assert len(called) == 2
    assert exporter.calls == ["start", "observed", "observed"]
    assert exporter["x"].observations == [(2, None)]


def test_callbacks_that_wait_are_not_run_twice_at_a_time(recorded: Recorded) -> None:
    running: list[int] = []
    most: list[int] = []

    def read(options: Any) -> Any:
        running.append(1)
        most.append(len(running))
        gevent.sleep(0.02)
        running.pop()
        return []

    env = recorded()
    configure_otel(env)
    metrics.get_meter("theirs").create_observable_gauge("x", [read])
    lease = Lease.of(env)
    FakeExporter.made[0].wants_observations = True
    gevent.joinall([gevent.spawn(lease.look) for _ in range(3)])
    assert most == [1]


def test_without_a_session_a_greenlet_looks(monkeypatch: pytest.MonkeyPatch, export: ProcessExport) -> None:
    from locust_telemetry.recorders.otel import process as process_module

    monkeypatch.setattr(process_module, "_WATCH_S", 0.01)
    env = environment(RUNNERS["local"]())
    configure_otel(env)
    (exporter,) = FakeExporter.made
    exporter.wants_observations = True
    gevent.sleep(0.05)
    assert exporter.calls == ["start", "observed"]
    Lease.of(env).end()
    assert export._watcher is None


# --- the end


def test_the_end_exports_for_the_last_time_and_then_instruments_do_nothing(
    recorded: Recorded, export: ProcessExport
) -> None:
    env = recorded()
    configure_otel(env)
    counter = metrics.get_meter("theirs").create_counter("x")
    lease = Lease.of(env)
    (exporter,) = FakeExporter.made
    assert lease.end() is exporter.flush_done
    assert lease.end() is None
    counter.add(1)
    assert exporter.calls == ["start", "shutdown"]
    assert exporter["x"].taken == []
    assert export.exporter is None
    assert not hasattr(env, "otel_registry") and not hasattr(env, "otel_meter")


def test_the_exporter_ends_with_the_last_environment(recorded: Recorded) -> None:
    leases = [Lease.of(configure_otel(recorded())) for _ in range(2)]
    (exporter,) = FakeExporter.made
    leases[0].end()
    assert exporter.calls == ["start", "flush"]
    leases[1].end()
    assert exporter.calls == ["start", "flush", "shutdown"]


def test_an_exporter_that_never_started_is_not_waited_for(recorded: Recorded) -> None:
    env = recorded("worker")
    configure_otel(env)
    assert Lease.of(env).end() is None
    assert FakeExporter.made[0].calls == []
    assert env.events.test_start._handlers == []
    spawn(env)
    assert opened(env) == []


def test_after_the_end_another_recording_has_another_exporter_and_the_same_instruments(recorded: Recorded) -> None:
    env = recorded()
    configure_otel(env)
    counter = metrics.get_meter("theirs").create_counter("x")
    Lease.of(env).end()
    configure_otel(env)
    counter.add(1)
    first, second = FakeExporter.made
    assert (first["x"].taken, second["x"].taken) == ([], [("add", 1, None)])
    assert second.calls == ["start"]


def test_what_an_environments_callbacks_gave_ends_with_it_and_not_with_the_others(recorded: Recorded) -> None:
    from locust_telemetry.recorders.otel.handlers import OtelLifecycleHandler, OtelOutputHandler

    envs = [configure_otel(recorded()) for _ in range(2)]
    for env in envs:
        OtelLifecycleHandler(OtelOutputHandler(env), env)
    (exporter,) = FakeExporter.made
    users = exporter["locust.tl.user.metric.count"]
    Lease.of(envs[0]).prepare_end()
    assert len(users.observations) == 2
    Lease.of(envs[0]).end()
    assert len(users.observations) == 1
    Lease.of(envs[1]).prepare_end()
    assert len(users.observations) == 1


def test_an_environment_is_let_go(recorded: Recorded) -> None:
    from locust_telemetry.recorders.otel.handlers import OtelLifecycleHandler, OtelOutputHandler

    env = configure_otel(recorded(otel_log_level="info"))
    OtelLifecycleHandler(OtelOutputHandler(env), env)
    kept = weakref.ref(env)
    lease = Lease.of(env)
    lease.prepare_end()
    lease.end()
    FakeExporter.made.clear()
    del env, lease
    gc.collect()
    assert kept() is None


def test_a_forked_child_lets_go_of_its_parents_exporter(recorded: Recorded, export: ProcessExport) -> None:
    env = recorded(otel_log_level="info")
    configure_otel(env)
    counter = metrics.get_meter("theirs").create_counter("x")
    handler = export._log_handler
    Lease.of(env).abandon()
    (exporter,) = FakeExporter.made
    counter.add(1)
    logging.getLogger("theirs").warning("of the child")
    assert exporter.calls == ["start", "abandon"]
    assert (exporter["x"].taken, exporter.logged) == ([], [])
    assert export.exporter is None
    assert handler is not None
    handler.uninstall()


def test_a_fork_that_nobody_told_of_is_noticed(
    recorded: Recorded, export: ProcessExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_otel(recorded())
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    export._at_exit()
    assert FakeExporter.made[0].calls == ["start"]
    configure_otel(recorded())
    assert [exporter.calls for exporter in FakeExporter.made] == [["start", "abandon"], ["start"]]


def test_a_thread_that_cannot_be_started_is_told(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, logged: LoggedRecords
) -> None:
    def refuse(self: Any) -> None:
        raise OSError("no more threads")

    monkeypatch.setattr(FakeExporter, "start", refuse)
    configure_otel(recorded())
    assert "no more threads" in logged.records[0].getMessage()


def test_each_environment_has_one(recorded: Recorded) -> None:
    env = recorded()
    assert Lease.of(env) is Lease.of(env)
    assert getattr(env, lease_module._ATTRIBUTE) is Lease.of(env)
