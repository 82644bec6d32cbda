"""What goes wrong around the recording is counted and told; it neither stops nor slows the test."""

from __future__ import annotations

from typing import Any

from .disk import fill, small_disk
from .launcher import LOCUSTFILES, Launcher, LocustProcess
from .records import SUMMARY, check_books, file_records, log_records, named, of_type, only, recorded
from .twins import TwinRun

#: Locust says so where a listener raised; its exit status is then another one.
UNCAUGHT = "Uncaught exception in event handler"

#: What a process with Locust and a thousand recorded names may need.
MEMORY_LIMIT_MIB = 200.0


def library(launcher: Launcher, script: str) -> LocustProcess:
    command = [launcher.version.python, str(LOCUSTFILES / script), str(launcher.json_file)]
    return launcher.run("library", command)


def books(summary: dict[str, Any], recorder_id: str) -> dict[str, Any]:
    check_books(summary)
    return only([recorder for recorder in summary["recorders"] if recorder["id"] == recorder_id])


def test_a_full_disk_costs_records_which_are_counted_but_not_the_test(launcher: Launcher) -> None:
    with small_disk(launcher.folder / "disk", size_kib=1024) as disk:
        fill(disk, but_kib=24)
        troubled, healthy = launcher.beside("troubled"), launcher.beside("healthy")
        troubled.json_file = disk / "run.jsonl"
        runs = [run.local("shop.py", seconds=4) for run in (troubled, healthy)]
        assert [run.wait() for run in runs] == [1, 1]
        written = file_records(troubled.json_file)
    stderr = runs[0].stderr
    summary, healthy_summary = (only(named(log_records(run.stderr), SUMMARY)) for run in runs)
    assert summary["num_requests"] > 0.8 * healthy_summary["num_requests"], "the full disk slowed the test"
    warnings = [line for line in stderr.splitlines() if "cannot write" in line]
    assert len(warnings) == 1, warnings
    assert str(troubled.json_file) in warnings[0]
    account = books(summary, "json")
    assert account["dropped_requests"] > 0
    assert account["dropped_records"] > 0
    assert account["offered_requests"] == summary["num_requests"]
    assert account["delivered_requests"] == recorded(written).total()
    single_records = [record for record in written if record not in of_type(written, "interval")]
    assert account["delivered_records"] == len(single_records)
    assert sum(reason["requests"] for reason in account["drop_reasons"].values()) == account["dropped_requests"]


def test_a_hundred_thousand_names_fold_into_one_and_memory_stays_bounded(launcher: Launcher) -> None:
    process = library(launcher, "many_names_library.py")
    peak_mib = process.largest_memory_mib()
    assert process.wait() == 0, process.stderr
    assert 0 < peak_mib < MEMORY_LIMIT_MIB
    records = file_records(launcher.json_file)
    summary = only(named(records, SUMMARY))
    assert (summary["num_requests"], summary["num_failures"]) == (100_000, 10_000)
    assert recorded(records).total() == 100_000
    assert sum(count for outcome, count in recorded(records).items() if outcome.failed) == 10_000
    assert summary["folded_requests"] == 99_000
    assert all(name.startswith("GET /page/") for name in summary["folded_names"])
    assert summary["folded_names"]
    names = {outcome.name for outcome in recorded(records)}
    assert len(names) == 1001
    assert "(overflow)" in names


def test_a_test_with_many_names_ends_as_it_would_without_telemetry(launcher: Launcher) -> None:
    def start(launcher: Launcher, recorder: str) -> list[LocustProcess]:
        settings = {"recorder": recorder, "variables": {"NAMES_TO_FIRE": "10000"}}
        return [launcher.local("many_names.py", "--lt-max-series", "1000", seconds=4, users=1, **settings)]

    (twins,) = TwinRun(launcher, start).twins
    twins.check_end()
    assert "all fired" in twins.recorded.stdout


def test_odd_requests_are_counted_exactly_and_told_as_anomalies(launcher: Launcher) -> None:
    process = library(launcher, "odd_library.py")
    assert process.wait() == 0, process.stderr
    assert UNCAUGHT not in process.stderr
    assert "Traceback" not in process.stderr
    requests, failures = map(int, process.stdout.split())
    records = file_records(launcher.json_file)
    summary = only(named(records, SUMMARY))
    assert (summary["num_requests"], summary["num_failures"]) == (requests, failures)
    assert recorded(records).total() == requests
    assert sum(count for outcome, count in recorded(records).items() if outcome.failed) == failures
    assert "listener_failed" not in summary["anomalies"]
    assert set(summary["anomalies"]) == {
        "time_missing",
        "time_negative",
        "time_nan",
        "time_infinite",
        "time_not_numeric",
        "time_clamped",
        "text_empty",
        "text_not_string",
        "text_unreadable",
        "text_escaped",
        "text_cut",
        "status_invalid",
        "length_invalid",
    }
    assert max(len(outcome.name) for outcome in recorded(records)) < 2000


def test_odd_requests_leave_the_exit_status_as_it_is(launcher: Launcher) -> None:
    def start(launcher: Launcher, recorder: str) -> list[LocustProcess]:
        return [launcher.local("odd_run.py", recorder=recorder)]

    run = TwinRun(launcher, start)
    (twins,) = run.twins
    twins.check_end()
    assert twins.recorded.stderr.count(UNCAUGHT) == twins.plain.stderr.count(UNCAUGHT) == 0
    assert "status_invalid" in only(named(file_records(run.recorded.json_file), SUMMARY))["anomalies"]
