"""However a process ends, it ends as it would without telemetry, and what it recorded is complete."""

from __future__ import annotations

import os
import signal
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from .counts import COUNT_AT_ONCE, CountedAtOnce, counted, counted_at_once
from .launcher import Cluster, Launcher, LocustProcess, free_port, headless, wait_until
from .records import (
    Record,
    endpoint_figures,
    file_records,
    json_table,
    log_records,
    of_type,
    only,
    recorded,
    run_ids,
)
from .runs import check_local, check_requests, check_totals, files_of
from .twins import LONG_S, TwinRun, Twins, with_whole_listeners

# The run of `test_orphans.py` begins with this module and takes a minute, during which others are tested.
pytestmark = pytest.mark.usefixtures("orphans")

#: An interval, a window that is not closed yet, and the queue: what a killed process may lose.
_UNWRITTEN_S = 3.0

ENDING_SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", ENDING_SIGNALS, ids=lambda number: number.name)
def test_a_local_run_that_is_ended_by_a_signal_is_complete(launcher: Launcher, number: signal.Signals) -> None:
    def start(launcher: Launcher, recorder: str) -> list[LocustProcess]:
        return [launcher.local("shop.py", seconds=LONG_S, recorder=recorder)]

    def end(launcher: Launcher) -> TwinRun:
        run = TwinRun(launcher, start)
        run.wait_for_requests(recording_processes=1)
        (local,) = run.twins
        local.send(number)
        local.check_end()
        return run

    run = with_whole_listeners(launcher, end)
    check_local(run.recorded, run.twins[0].recorded)


@pytest.mark.parametrize("number", ENDING_SIGNALS, ids=lambda number: number.name)
def test_a_master_that_is_ended_by_a_signal_and_its_workers_are_complete(
    launcher: Launcher, number: signal.Signals
) -> None:
    def start(launcher: Launcher, recorder: str) -> list[LocustProcess]:
        return Cluster.headless(launcher, "shop.py", seconds=LONG_S, recorder=recorder).processes

    run = TwinRun(launcher, start)
    run.wait_for_requests(recording_processes=2)
    master, *workers = run.twins
    master.send(number)
    for twins in (master, *workers):
        twins.check_end()
    check_worker_files(run)
    check_totals(file_records(run.recorded.json_file), master.recorded)
    check_totals(log_records(master.recorded.stderr), master.recorded)


def test_forked_processes_that_are_interrupted_together_are_complete(launcher: Launcher) -> None:
    def start(launcher: Launcher, recorder: str) -> list[LocustProcess]:
        port = str(free_port())
        ports = ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]
        options = ["--processes", "2", *ports, *headless(LONG_S, 6)]
        return [launcher.locust("parent", "shop.py", *options, recorder=recorder)]

    def end(launcher: Launcher) -> TwinRun:
        run = TwinRun(launcher, start)
        run.wait_for_requests(recording_processes=2)
        (parent,) = run.twins
        # As a terminal does it: to the whole process group.
        for process in (parent.recorded, parent.plain):
            os.killpg(process.pid, signal.SIGINT)
        # Locust's own status varies here: with where the interrupt hits it, and with workers that quit at once.
        parent.check_time_of_end()
        wait_until("the end of the children", lambda: not parent.recorded.group_runs)
        return run

    run = with_whole_listeners(launcher, end)
    assert set(counted(run.recorded.folder)) == {"master", "worker-0", "worker-1"}
    check_worker_files(run)
    check_totals(file_records(run.recorded.json_file), run.twins[0].recorded)


def check_worker_files(run: TwinRun) -> None:
    counts = counted(run.recorded.folder)
    for source_id, path in files_of(run.recorded.json_file).items():
        if source_id != "main":
            check_requests(file_records(path), counts[source_id])


@dataclass
class LostWorker:
    """A finished run of a master and two workers, one of which was ended by a signal."""

    run: TwinRun

    @property
    def workers(self) -> tuple[Twins, Twins]:
        """The lost one and the other."""
        _, lost, staying = self.run.twins
        return lost, staying

    def requests_of(self, worker: Twins) -> list[CountedAtOnce]:
        return counted_at_once(self.run.recorded.folder, worker.recorded.pid)

    def records_of(self, worker: Twins) -> list[Record]:
        source_id = self.requests_of(worker)[0].source_id
        return file_records(files_of(self.run.recorded.json_file)[source_id])


def lose_worker(launcher: Launcher, number: signal.Signals) -> LostWorker:
    """Run a cluster, long enough to go on without the worker; check that its processes end as without telemetry."""

    def start(launcher: Launcher, recorder: str) -> list[LocustProcess]:
        settings: dict[str, Any] = {"recorder": recorder, "variables": {COUNT_AT_ONCE: "1"}}
        return Cluster.headless(launcher, "shop.py", "--json", seconds=9, **settings).processes

    def lose(launcher: Launcher) -> TwinRun:
        run = TwinRun(launcher, start)
        run.wait_for_requests(recording_processes=2)
        run.twins[1].send(number)
        # Locust's status of a worker that ends so is that of the errors since its last report, which clears them.
        run.twins[1].check_end(same_status=number == signal.SIGKILL)
        for twins in (*run.twins[2:], run.twins[0]):
            twins.check_end()
        return run

    return LostWorker(with_whole_listeners(launcher, lose))


@pytest.mark.parametrize("number", ENDING_SIGNALS, ids=lambda number: number.name)
def test_a_worker_that_is_ended_by_a_signal_is_complete_and_the_others_go_on(
    launcher: Launcher, number: signal.Signals
) -> None:
    cluster = lose_worker(launcher, number)
    for worker in cluster.workers:
        expected = Counter(request.outcome for request in cluster.requests_of(worker))
        check_requests(cluster.records_of(worker), expected)
    check_that_the_others_went_on(cluster)


def test_a_killed_worker_leaves_whole_lines_of_all_but_its_last_seconds_and_the_others_go_on(
    launcher: Launcher,
) -> None:
    cluster = lose_worker(launcher, signal.SIGKILL)
    killed, staying = cluster.workers
    assert killed.recorded.wait() == -signal.SIGKILL
    requests, written = cluster.requests_of(killed), recorded(cluster.records_of(killed))
    written_by = requests[-1].ended - _UNWRITTEN_S
    assert written
    assert written <= Counter(request.outcome for request in requests)
    assert written.total() >= sum(request.ended < written_by for request in requests)
    expected = Counter(request.outcome for request in cluster.requests_of(staying))
    check_requests(cluster.records_of(staying), expected)
    check_that_the_others_went_on(cluster)


def check_that_the_others_went_on(cluster: LostWorker) -> None:
    lost, staying = cluster.workers
    assert cluster.requests_of(staying)[-1].ended > cluster.requests_of(lost)[-1].ended + 1
    main = file_records(cluster.run.recorded.json_file)
    assert run_ids(cluster.records_of(staying)) == run_ids(main)
    # What Locust prints, though it clears each endpoint's statistics to print it.
    printed = json_table(cluster.run.twins[0].recorded.stdout)
    assert endpoint_figures(main) == printed
    final = only(of_type(main, "final"))
    assert final["num_requests"] == sum(requests for requests, _ in printed.values())
