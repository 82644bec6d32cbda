"""What must be true of every recorded run, whatever its mode."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from .counts import Outcomes, counted
from .launcher import Cluster, Launcher, LocustProcess
from .records import (
    RECONCILIATION,
    SUMMARY,
    Record,
    check_books,
    endpoint_figures,
    figures_of,
    file_records,
    log_records,
    named,
    of_type,
    only,
    printed_table,
    recorded,
    run_ids,
)
from .seconds import by_second


def files_of(json_file: Path) -> dict[str, Path]:
    """Return the JSON files of a run by source id; that of the master or local run is called `main`."""
    files = {"main": json_file}
    prefix = f"{json_file.stem}."
    for path in json_file.parent.glob(f"{prefix}worker-*{json_file.suffix}"):
        files[path.name.removeprefix(prefix).removesuffix(json_file.suffix)] = path
    return files


def check_requests(records: list[Record], expected: Outcomes) -> None:
    """Check one process's intervals and summary against the independent counts."""
    assert recorded(records) == expected
    summary = only(named(records, SUMMARY))
    assert summary["num_requests"] == expected.total()
    assert summary["num_failures"] == sum(count for outcome, count in expected.items() if outcome.failed)
    check_books(summary)


def check_totals(records: list[Record], process: LocustProcess, expected: Outcomes | None = None) -> None:
    """Check the totals of a master or local run against what Locust printed (and the independent counts)."""
    table = printed_table(process.stderr)
    final = only(of_type(records, "final"))
    total = (final["num_requests"], final["num_failures"])
    assert total == table.pop(("", "Aggregated"))
    assert endpoint_figures(records) == table
    if expected is None:
        return
    late = requests_after_locust(records)
    if late:
        # On a busy machine last reports come when Locust has stopped to listen, half a second after its end.
        assert total[0] + late == expected.total()
    else:
        assert endpoint_figures(records) == figures_of(expected)


def requests_after_locust(records: list[Record]) -> int:
    """Return how many requests the master heard of when Locust no longer counted any, as it says itself."""
    causes = only(named(records, RECONCILIATION))["causes"]
    assert {cause["cause"] for cause in causes} <= {"after_locust"}, causes
    return sum(cause["requests"] for cause in causes)


def check_local(launcher: Launcher, process: LocustProcess) -> list[Record]:
    """Check a finished run in one process; returns the records of its file."""
    log, records = log_records(process.stderr), file_records(launcher.json_file)
    assert run_ids(log) == run_ids(records)
    assert len(run_ids(records)) == 1
    counts = counted(launcher.folder)["local"]
    assert counts
    check_requests(records, counts)
    check_totals(records, process, counts)
    check_totals(log, process)
    return records


def check_cluster(launcher: Launcher, master: LocustProcess, workers: int) -> dict[str, list[Record]]:
    """Check the files of a finished distributed run; returns their records by source id."""
    records = {source_id: file_records(path) for source_id, path in files_of(launcher.json_file).items()}
    assert set(records) == {"main", *(f"worker-{index}" for index in range(workers))}
    (run_id,) = run_ids(records["main"])
    for source_id, own in records.items():
        assert run_ids(own) == [run_id], f"{source_id} is of another run than its master"
        assert {record["source_id"] for record in own} == {source_id.replace("main", "master")}
    counts = counted(launcher.folder)
    assert set(counts) == {"master", *(f"worker-{index}" for index in range(workers))}
    assert not counts.pop("master"), "requests on the master"
    for source_id, expected in counts.items():
        assert expected, f"{source_id} made no request"
        check_requests(records[source_id], expected)
    check_merge(records)
    check_totals(records["main"], master, sum(counts.values(), Counter()))
    check_totals(log_records(master.stderr), master)
    return records


def check_merge(records: dict[str, list[Record]]) -> None:
    """Check that the master has what its workers recorded, second by second and bit for bit."""
    workers = [own for source_id, own in records.items() if source_id != "main"]
    merged, recorded_by_workers = by_second(records["main"]), by_second(*workers)
    assert merged, "nothing reached the master"
    differing = {
        at for at in merged.keys() | recorded_by_workers.keys() if merged.get(at) != recorded_by_workers.get(at)
    }
    assert not differing, [(at, merged.get(at), recorded_by_workers.get(at)) for at in sorted(differing)[:3]]
    summary = only(named(records["main"], SUMMARY))
    assert summary["num_requests"] == sum(gain.requests for gain in merged.values())
    check_books(summary)


def check_cluster_logs(cluster: Cluster, records: dict[str, list[Record]]) -> None:
    """Check that what each process logged is of the same run as the files."""
    (run_id,) = run_ids(records["main"])
    for process in cluster.processes:
        log = log_records(process.stderr)
        assert run_ids(log) == [run_id], f"{process.name} logged another run"
        assert len({record["source_id"] for record in log}) == 1
