"""When the master's totals count as final."""

import time
from typing import Any

import gevent
import pytest
from locust_telemetry.core import final_reports
from locust_telemetry.core.final_reports import FINAL_KEY, MASTER_GONE_S, FinalReports

from tests.locust_doubles import RUNNERS, environment, master_runner, worker_runner


class Master:
    """A master with the waiting for its totals."""

    def __init__(self, headless: bool = False, **workers: str) -> None:
        self.env = environment(master_runner(**workers), headless=headless)
        self.reports = FinalReports(self.env)
        self.calls: list[bool] = []
        self.reports.run_started("run-1")

    def stop(self) -> None:
        self.reports.run_stopped()
        self.reports.when_final(self.calls.append)

    def report(self, client_id: str, run_id: Any = "run-1") -> None:
        data = {} if run_id is None else {FINAL_KEY: run_id}
        self.env.events.worker_report.fire(client_id=client_id, data=data)
        gevent.sleep(0)
        gevent.sleep(0)


@pytest.mark.parametrize("role", ["worker", "local"])
def test_whoever_has_no_workers_has_final_totals_at_once(role: str) -> None:
    calls: list[bool] = []
    reports = FinalReports(environment(RUNNERS[role]()))
    reports.run_started("run-1")
    reports.run_stopped()
    reports.when_final(calls.append)
    assert calls == [True]


def test_totals_are_final_once_each_live_worker_marked_its_last_report() -> None:
    master = Master(a="stopped", b="running", c="missing")
    master.stop()
    master.report("a")
    assert master.calls == []
    master.report("b", run_id=None)
    assert master.calls == []
    master.report("b")
    assert master.calls == [True]
    master.report("a")
    assert master.calls == [True]


def test_marks_that_come_before_the_masters_own_stop_count() -> None:
    master = Master(a="ready", b="ready")
    master.report("a")
    master.report("b")
    assert master.calls == []
    master.stop()
    assert master.calls == [True]


def test_a_mark_of_another_run_does_not_count() -> None:
    master = Master(a="ready")
    master.stop()
    master.report("a", run_id="run-0")
    assert master.calls == []


def test_a_master_without_workers_does_not_wait() -> None:
    master = Master()
    master.stop()
    assert master.calls == [True]


def test_silent_workers_are_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(final_reports, "PATIENCE_S", 0.02)
    master = Master(a="ready")
    master.stop()
    assert master.calls == []
    gevent.sleep(0.1)
    assert master.calls == [True]


def test_a_headless_master_waits_for_the_end_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(final_reports, "PATIENCE_S", 0.01)
    master = Master(headless=True, a="ready")
    master.stop()
    gevent.sleep(0.05)
    assert master.calls == []
    master.reports.settle()
    assert master.calls == [True]


def test_the_next_run_tells_those_who_wait_that_the_totals_are_gone() -> None:
    master = Master(a="ready")
    master.stop()
    master.reports.run_started("run-2")
    assert master.calls == [False]
    master.report("a", run_id="run-1")
    assert master.calls == [False]


def test_settling_is_once_for_each_action_and_one_that_raises_stops_no_other() -> None:
    master = Master(a="ready")

    def fails(complete: bool) -> None:
        raise RuntimeError

    master.reports.run_stopped()
    master.reports.when_final(fails)
    master.reports.when_final(master.calls.append)
    master.reports.settle(complete=False)
    master.reports.settle()
    assert master.calls == [False]


def test_a_worker_marks_the_reports_after_its_stop_and_sends_one_at_once() -> None:
    runner = worker_runner()
    env = environment(runner)
    sent: list[dict[str, Any]] = []

    def send() -> None:
        data: dict[str, Any] = {}
        env.events.report_to_master.fire(client_id="a", data=data)
        sent.append(data)

    runner._send_stats = send
    reports = FinalReports(env)
    reports.run_started("run-1")
    send()
    reports.run_stopped()
    send()
    reports.run_started("run-2")
    send()
    assert sent == [{}, {FINAL_KEY: "run-1"}, {FINAL_KEY: "run-1"}, {}]


def test_a_master_that_is_gone_does_not_stop_the_worker() -> None:
    runner = worker_runner()

    def send() -> None:
        raise OSError("gone")

    runner._send_stats = send
    reports = FinalReports(environment(runner))
    reports.run_started("run-1")
    reports.run_stopped()


def test_a_worker_sends_nothing_more_to_a_master_that_has_long_been_silent() -> None:
    """The report would clear the errors that decide the worker's exit status."""
    runner = worker_runner()
    sent: list[str] = []
    runner._send_stats = lambda: sent.append("report")
    runner.last_heartbeat_timestamp = time.time() - MASTER_GONE_S - 1
    reports = FinalReports(environment(runner))
    reports.run_started("run-1")
    reports.run_stopped()
    assert sent == []
