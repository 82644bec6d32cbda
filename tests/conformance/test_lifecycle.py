"""Forks, runs that follow each other and workers that die: no series twice, and no counter that falls."""

from __future__ import annotations

import signal
import time
from collections import Counter
from typing import Any

import pytest

from ..end_to_end.counts import Outcomes, counted_runs
from ..end_to_end.launcher import Cluster, Launcher, wait_until
from ..end_to_end.records import file_records, run_ids
from ..end_to_end.test_web_ui import end, two_runs
from ..end_to_end.web_page import WebPage
from . import measured
from .contract import WITHIN
from .delivery import check_run, check_workers
from .export import Export, path
from .otlp_books import Books
from .otlp_decoder import OtlpDecoder
from .prometheus import Prometheus
from .request_series import by_outcome, check_figures, request_series

#: What a process did in its last seconds before it is killed may be lost: an interval of the export, and its way.
_LOST_AT_MOST_S = 3.0


@pytest.mark.parametrize("export_from", ["workers", "master"])
def test_forked_workers_deliver_what_they_did(launcher: Launcher, decoder: OtlpDecoder, export_from: str) -> None:
    Export(decoder.grpc_endpoint, export_from=export_from).forked(launcher, processes=4, seconds=6, users=16)
    if export_from == "workers":
        check_workers(decoder.books(), launcher.folder, workers=4)
    else:
        check_run(decoder.books(), launcher.folder)


def check_runs_apart(books: Books, launcher: Launcher) -> None:
    """Check that each run has its own series, with what was done in it, and that they ended with it."""
    series = request_series(books.check())
    ids = run_ids(file_records(launcher.json_file))
    assert {one.attributes["run_id"] for one in series} == set(ids)
    counts = counted_runs(launcher.folder)
    for number, run_id in enumerate(ids):
        expected: Outcomes = sum((own[number] for own in counts.values() if own), Counter())
        own = [one for one in series if one.attributes["run_id"] == run_id]
        assert {outcome: one.count for outcome, one in by_outcome(own).items()} == expected
        assert all(one.has_ended for one in own)


@pytest.mark.parametrize("export_from", ["workers", "master"])
def test_two_runs_of_one_process_are_delivered_apart(
    launcher: Launcher, decoder: OtlpDecoder, export_from: str
) -> None:
    page, export = WebPage(), Export(decoder.grpc_endpoint, export_from=export_from)
    settings: dict[str, Any] = {"recorder": "json,otel", "variables": export.variables}
    local = launcher.locust("local", path("timed_runs.py"), *page.options, *export.options, **settings)
    two_runs(launcher, page)
    end(local)
    check_runs_apart(decoder.books(), launcher)


@pytest.mark.parametrize("export_from", ["workers", "master"])
def test_two_runs_of_a_master_are_delivered_apart(launcher: Launcher, decoder: OtlpDecoder, export_from: str) -> None:
    page, export = WebPage(), Export(decoder.grpc_endpoint, export_from=export_from)
    settings: dict[str, Any] = {"recorder": "json,otel", "variables": export.variables}
    cluster = Cluster(launcher, path("timed_runs.py"), *page.options, *export.options, **settings)
    for _ in range(2):
        cluster.add_worker()
    page.wait()
    wait_until("two workers", lambda: len(page.stats()["workers"]) == 2)
    two_runs(launcher, page)
    end(cluster.master)
    cluster.wait()
    check_runs_apart(decoder.books(), launcher)


def lose_a_worker(launcher: Launcher, export: Export) -> float:
    """Run with three workers, one of which is killed and replaced; returns when, in Unix seconds."""
    cluster = export.cluster(launcher, "timed_shop.py", "--enable-rebalancing", workers=2, seconds=300, users=12)
    cluster.master.wait_for_users()
    time.sleep(4)
    killed_at_s = time.time()
    cluster.workers[1].send(signal.SIGKILL)
    cluster.workers[1].wait()
    cluster.add_worker()

    def new_one_works() -> bool:
        sources = measured.by_source(measured.requests_in(launcher.folder))
        return len(sources) == 3 and min(map(len, sources.values())) > 20

    wait_until("requests of the new worker", new_one_works)
    time.sleep(2)
    cluster.master.send(signal.SIGTERM)
    cluster.wait()
    return killed_at_s


def killed_source(requests: dict[str, list[measured.Request]]) -> str:
    """Return which worker was killed: the one whose requests ended first."""
    return min(requests, key=lambda source_id: max(request.ended_s for request in requests[source_id]))


@pytest.mark.parametrize("version", ["newest"], indirect=True)
def test_a_worker_that_is_killed_and_replaced_is_delivered_up_to_its_last_export(
    launcher: Launcher, decoder: OtlpDecoder
) -> None:
    killed_at_s = lose_a_worker(launcher, Export(decoder.grpc_endpoint))
    series = request_series(decoder.books().check())
    done = measured.by_source(measured.requests_in(launcher.folder))
    killed = killed_source(done)
    for source_id, requests in done.items():
        own = by_outcome([one for one in series if one.attributes["source_id"] == source_id])
        if source_id != killed:
            check_figures(own, measured.by_outcome(requests))
            continue
        delivered = sum(one.count + one.untimed for one in own.values())
        certain = sum(request.ended_s < killed_at_s - _LOST_AT_MOST_S for request in requests)
        assert certain <= delivered <= len(requests)


@pytest.mark.parametrize("version", ["newest"], indirect=True)
def test_a_master_s_totals_do_not_fall_when_a_worker_is_killed(launcher: Launcher, decoder: OtlpDecoder) -> None:
    killed_at_s = lose_a_worker(launcher, Export(decoder.grpc_endpoint, export_from="master"))
    books = decoder.books().check()
    requests = list(measured.requests_in(launcher.folder))
    killed = killed_source(measured.by_source(requests))
    delivered = sum(one.count + one.untimed for one in by_outcome(request_series(books)).values())
    # A worker reports every three seconds.
    before_s = killed_at_s - _LOST_AT_MOST_S - 3
    lost_at_most = sum(request.source_id == killed and request.ended_s >= before_s for request in requests)
    assert len(requests) - lost_at_most <= delivered <= len(requests)


@pytest.mark.parametrize("version", ["newest"], indirect=True)
def test_prometheus_sees_no_reset_when_a_worker_is_killed_and_replaced(
    launcher: Launcher, prometheus: Prometheus
) -> None:
    lose_a_worker(launcher, Export.to_prometheus(prometheus.otlp_endpoint))
    for name in ("success_milliseconds_count", "success_milliseconds_sum", "error_milliseconds_count"):
        selector = f"locust_tl_request_metric_{name}"
        resets = prometheus.query(f"resets({selector}[{WITHIN}])")
        assert len({sample.labels["source_id"] for sample in resets}) == 3
        assert {sample.value for sample in resets} == {0}
        assert {samples[0].value for samples in prometheus.samples(selector, WITHIN)} == {0}
