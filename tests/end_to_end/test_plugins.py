"""Recorder plugins of users work in both spellings of the API, in local and in distributed runs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.native_threads import thread_names

from .counts import Outcomes, counted, outcomes
from .launcher import Cluster, Launcher, wait_until
from .records import file_records, log_records, of_type, raw_log_records, recorded, run_ids

#: The threads of the package, as the system names them.
_OWN_THREADS = "lt-"


@dataclass(frozen=True)
class Tally:
    """What the tally plugin of one process saw."""

    in_windows: Outcomes
    single: Outcomes
    meta_at_start: dict[str, Any]
    words: str


def tallies(folder: Path) -> dict[str, Tally]:
    """Return what each process saw, by source id."""
    found = {}
    for path in folder.glob("tally-*.json"):
        seen = json.loads(path.read_text())
        rows = outcomes(seen["in_windows"]), outcomes(seen["single"])
        found[seen["source_id"]] = Tally(*rows, seen["meta_at_start"], seen["words"])
    return found


def probes(stderr: str) -> list[tuple[str, str, int]]:
    """Return which probe was logged by whom with which option; each must have the run's context."""
    found = [record for record in raw_log_records(stderr) if record["telemetry_name"] == "probe_recorder"]
    for record in found:
        assert record["run_id"]
        assert record["testplan"] == "guide"
        assert record["source"] == "probing", "a recorder's own words win"
    return [(record["probe"], record["source_id"], record["every"]) for record in found]


_PROBE_OPTIONS = ["--testplan", "guide", "--probe-every", "7"]


def test_a_plugin_in_the_earlier_spelling_records_a_local_run_as_master_and_worker(launcher: Launcher) -> None:
    local = launcher.local("earlier_plugin.py", *_PROBE_OPTIONS, recorder="probe")
    assert local.wait() == 1
    assert sorted(probes(local.stderr)) == [("master", "local", 7), ("worker", "local", 7)]


def test_a_plugin_in_the_earlier_spelling_records_each_process_of_a_cluster(launcher: Launcher) -> None:
    cluster = Cluster.headless(launcher, "earlier_plugin.py", *_PROBE_OPTIONS, recorder="probe,json")
    cluster.wait()
    assert probes(cluster.master.stderr) == [("master", "master", 7)]
    logged = sorted(probe for worker in cluster.workers for probe in probes(worker.stderr))
    assert logged == [("worker", "worker-0", 7), ("worker", "worker-1", 7)]
    every_run_id = {record["run_id"] for process in cluster.processes for record in raw_log_records(process.stderr)}
    assert len(every_run_id) == 1


def test_a_plugin_sees_windows_and_single_requests_of_a_local_run_exactly(launcher: Launcher) -> None:
    local = launcher.local("tally_plugin.py", "--tally-words", "by option", recorder="tally,json")
    assert local.wait() == 1
    (tally,) = tallies(launcher.folder).values()
    expected = counted(launcher.folder)["local"]
    assert tally.in_windows == expected
    assert tally.single == expected
    assert tally.words == "by option"
    # The other recorder has them all the same.
    records = file_records(launcher.json_file)
    assert recorded(records) == expected
    assert (tally.meta_at_start["run_id"], tally.meta_at_start["build"]) == (*run_ids(records), "42")
    assert isinstance(tally.meta_at_start["host_pid"], int)
    assert len(of_type(log_records(local.stderr), "final")) == 2, "one of each recorder"


def test_a_plugin_sees_windows_requests_and_metadata_on_each_worker_a_late_one_too(launcher: Launcher) -> None:
    cluster = Cluster.headless(launcher, "tally_plugin.py", workers=1, seconds=4, recorder="tally,json")
    cluster.master.wait_for_users()
    cluster.add_worker()
    cluster.wait()
    seen, expected = tallies(launcher.folder), counted(launcher.folder)
    assert set(seen) == set(expected) == {"master", "worker-0", "worker-1"}
    everything = sum(expected.values(), Counter())
    for source_id, tally in seen.items():
        # The master's windows are those of all workers.
        assert tally.in_windows == (everything if source_id == "master" else expected[source_id])
        assert tally.single == expected[source_id]
        # Made once, on the master, and the same everywhere at the start of the test.
        assert tally.meta_at_start == seen["master"].meta_at_start
    assert seen["master"].meta_at_start["build"] == "42"
    assert run_ids(file_records(launcher.json_file)) == [seen["master"].meta_at_start["run_id"]]


def test_without_recorders_there_is_neither_line_nor_file_nor_thread(launcher: Launcher) -> None:
    silent, telling = launcher.beside("silent"), launcher.beside("telling")
    runs = [silent.local("shop.py", recorder="none"), telling.local("shop.py")]
    for run in runs:
        run.wait_for_users()
    own_threads = wait_until(
        "threads of the recorded run", lambda: [name for name in thread_names(runs[1].pid) if _OWN_THREADS in name]
    )
    assert own_threads
    assert not [name for name in thread_names(runs[0].pid) if _OWN_THREADS in name]
    assert [run.wait() for run in runs] == [1, 1]
    assert counted(silent.folder)["local"]
    assert not raw_log_records(runs[0].stderr)
    assert not silent.json_file.exists()
