"""Runs that are started and stopped on the web page are recorded apart, each with its own final totals."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass

from .counts import Outcomes, counted_runs
from .launcher import Cluster, Launcher, LocustProcess, wait_until
from .records import (
    STATS,
    SUMMARY,
    Record,
    endpoint_figures,
    figures_of,
    file_records,
    named,
    of_type,
    only,
    recorded,
    run_ids,
)
from .runs import files_of
from .web_page import WebPage

#: Locust keeps an answer of `/stats/requests` for two seconds.
_RENEWED_WITHIN_S = 6.0


@dataclass
class PageRun:
    """One run of a page: what was asked for, and what the page showed in the end."""

    users: int
    endpoint: str
    shown: dict[tuple[str, str], tuple[int, int]]


def two_runs(launcher: Launcher, page: WebPage) -> list[PageRun]:
    """Start and stop two runs that differ in everything."""
    page.wait()
    runs = []
    for number, (users, endpoint) in enumerate([(4, "/first"), (7, "/second")], start=1):
        page.start(users, endpoint_name=endpoint, host=launcher.target_url)

        def runs_well(number: int = number) -> bool:
            # A second's worth of whole intervals, so that there is something to lose.
            records = file_records(launcher.json_file)
            current = [record for record in of_type(records, "current") if record["num_requests"] > 40]
            return len({record["run_id"] for record in current}) == number

        wait_until(f"run {number} makes requests", runs_well)
        page.stop()
        finals = wait_until(
            f"the final record of run {number}",
            lambda n=number: finals_when(launcher, n),  # type: ignore[misc]
        )
        total = (finals[-1]["num_requests"], finals[-1]["num_failures"])
        wait_until(
            f"{total} requests and failures on the page",
            lambda total=total: page.shown_figures().get(("", "Aggregated")) == total,  # type: ignore[misc]
            _RENEWED_WITHIN_S,
        )
        runs.append(PageRun(users, endpoint, page.shown_figures()))
    return runs


def finals_when(launcher: Launcher, number: int) -> list[Record] | None:
    """Return the final records once there are so many."""
    finals = of_type(file_records(launcher.json_file), "final")
    return finals if len(finals) == number else None


def check_apart(launcher: Launcher, runs: list[PageRun]) -> None:
    """Check that each run has its own id and nothing of the other, in all files."""
    main = file_records(launcher.json_file)
    assert len(run_ids(main)) == len(runs)
    counts = counted_runs(launcher.folder)
    sums: list[Outcomes] = [sum((own[number] for own in counts.values()), Counter()) for number in range(len(runs))]
    for source_id, path in files_of(launcher.json_file).items():
        records = file_records(path)
        assert run_ids(records) == run_ids(main)
        if source_id != "main" or "local" in counts:
            own = counts[source_id if source_id != "main" else "local"]
            assert [recorded(records, run_id) for run_id in run_ids(main)] == own
    for run_id, run, expected in zip(run_ids(main), runs, sums, strict=True):
        records = [record for record in main if record["run_id"] == run_id]
        final = only(of_type(records, "final"))
        shown = dict(run.shown)
        assert (final["num_requests"], final["num_failures"]) == shown.pop(("", "Aggregated"))
        assert endpoint_figures(records) == shown == figures_of(expected)
        assert set(endpoint_figures(records)) == {("GET", run.endpoint), ("GET", "/missing")}
        assert max(record["user_count"] for record in named(records, STATS) if "user_count" in record) == run.users
        assert only(named(records, SUMMARY))["peak_user_count"] == run.users


def end(process: LocustProcess) -> None:
    process.send(signal.SIGTERM)
    process.wait()


def test_two_runs_on_the_page_of_one_process_are_recorded_apart(launcher: Launcher) -> None:
    page = WebPage()
    local = launcher.locust("local", "named_runs.py", *page.options)
    runs = two_runs(launcher, page)
    end(local)
    check_apart(launcher, runs)


def test_two_runs_on_the_page_of_a_master_are_recorded_apart(launcher: Launcher) -> None:
    page = WebPage()
    cluster = Cluster(launcher, "named_runs.py", *page.options)
    for _ in range(2):
        cluster.add_worker()
    page.wait()
    wait_until("two workers", lambda: len(page.stats()["workers"]) == 2)
    runs = two_runs(launcher, page)
    end(cluster.master)
    cluster.wait()
    check_apart(launcher, runs)
