"""Every way to run Locust is recorded exactly: per process, what was recorded is what an own listener counted."""

from __future__ import annotations

import re
import shutil
import time

import pytest

from .counts import counted_runs
from .launcher import LOCUSTFILES, Cluster, Launcher, free_port, headless, wait_until
from .records import SUMMARY, figures_of, file_records, json_table, log_records, named, of_type, recorded, run_ids
from .records import endpoint_figures as endpoints
from .runs import check_cluster, check_cluster_logs, check_local
from .target import Target


def test_a_local_run_is_recorded_exactly(launcher: Launcher) -> None:
    local = launcher.local("shop.py")
    assert local.wait() == 1, "the shop's missing pages are failures"
    records = check_local(launcher, local)
    assert records[0]["testplan"] == "shop"


def test_the_target_answered_what_was_recorded(launcher: Launcher, own_target: Target) -> None:
    launcher.target_url = own_target.url
    # The users may finish, so that no answer goes to nobody.
    launcher.local("shop.py", "--stop-timeout", "5").wait()
    assert recorded(file_records(launcher.json_file)).total() == own_target.answered() > 0


def test_a_master_and_its_workers_record_the_same_run_exactly(launcher: Launcher) -> None:
    cluster = Cluster.headless(launcher, "shop.py", "--testplan", "checkout")
    cluster.wait()
    records = check_cluster(launcher, cluster.master, workers=2)
    check_cluster_logs(cluster, records)
    assert {record["testplan"] for own in records.values() for record in own} == {"checkout"}


def test_forked_processes_are_recorded_exactly(launcher: Launcher) -> None:
    port = str(free_port())
    bind = ["--processes", "2", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]
    parent = launcher.locust("parent", "shop.py", *bind, *headless(2, 6))
    parent.wait()
    # Its children share its standard error, and may end a moment after it.
    wait_until("the end of the children", lambda: not parent.group_runs)
    records = check_cluster(launcher, parent, workers=2)
    (run_id,) = run_ids(records["main"])
    assert run_ids(log_records(parent.stderr)) == [run_id]
    assert {record["source_id"] for record in log_records(parent.stderr)} == {"master", "worker-0", "worker-1"}


def test_a_worker_that_joins_late_is_recorded_from_its_first_request(launcher: Launcher) -> None:
    # Long enough for a busy machine: a worker that comes after the end waits for its master for a minute.
    cluster = Cluster.headless(launcher, "shop.py", seconds=10)
    cluster.master.wait_for_users()
    started = time.monotonic()
    while time.monotonic() < started + 2:
        time.sleep(0.05)
    cluster.add_worker()
    cluster.wait()
    records = check_cluster(launcher, cluster.master, workers=3)
    check_cluster_logs(cluster, records)


@pytest.mark.parametrize(("order", "end"), [("runner-first", "exit"), ("setup-first", "close")])
def test_a_program_that_uses_locust_as_a_library_is_recorded_exactly(launcher: Launcher, order: str, end: str) -> None:
    command = [launcher.version.python, str(LOCUSTFILES / "library.py"), launcher.target_url, str(launcher.json_file)]
    program = launcher.run("library", [*command, order, end, "2"])
    assert program.wait() == 0, program.stderr
    records, counts = file_records(launcher.json_file), counted_runs(launcher.folder)["local"]
    totals = re.findall(r"^total (\d+) (\d+)$", program.stdout, re.MULTILINE)
    assert len(run_ids(records)) == len(counts) == len(totals) == 2
    assert run_ids(log_records(program.stderr)) == run_ids(records)
    for run_id, expected, printed in zip(run_ids(records), counts, totals, strict=True):
        own = [record for record in records if record["run_id"] == run_id]
        assert recorded(own) == expected
        assert endpoints(own) == figures_of(expected)
        for record in (*of_type(own, "final"), *named(own, SUMMARY)):
            assert (record["num_requests"], record["num_failures"]) == tuple(map(int, printed))


# Locust runs pytest functions from 2.40 on.
@pytest.mark.parametrize("version", ["newest"], indirect=True)
def test_functions_of_pytest_are_recorded_exactly(launcher: Launcher) -> None:
    locustfile = launcher.folder / "test_shop.py"
    shutil.copy(LOCUSTFILES / "pytest_shop.py", locustfile)
    local = launcher.local(str(locustfile))
    assert local.wait() == 1
    records = check_local(launcher, local)
    assert set(endpoints(records)) == {("GET", "/"), ("GET", "/missing")}


def test_the_command_records_a_locustfile_that_knows_nothing_of_it(launcher: Launcher) -> None:
    command = [launcher.version.telemetry, "run"]
    alone, together = launcher.beside("alone"), launcher.beside("together")
    local = alone.local("plain.py", program=command)
    cluster = Cluster.headless(together, "plain.py", program=command)
    assert local.wait() == 1
    cluster.wait()
    check_local(alone, local)
    check_cluster_logs(cluster, check_cluster(together, cluster.master, workers=2))


def test_locustfiles_that_each_turn_telemetry_on_are_recorded_once(launcher: Launcher) -> None:
    local = launcher.local("shop.py,second.py", program=[launcher.version.telemetry, "run"])
    local.wait()
    check_local(launcher, local)


def test_endpoints_equal_what_locust_prints_as_json(launcher: Launcher) -> None:
    # To print it, Locust clears each endpoint's statistics, before its `quit` event.
    alone, together = launcher.beside("alone"), launcher.beside("together")
    local = alone.local("shop.py", "--json")
    cluster = Cluster.headless(together, "shop.py", "--json")
    local.wait()
    cluster.wait()
    assert endpoints(file_records(alone.json_file)) == json_table(local.stdout)
    assert endpoints(file_records(together.json_file)) == json_table(cluster.master.stdout)
