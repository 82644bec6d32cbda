"""Real runs, kept: what the store, the page and the report have is what an own listener counted."""

from __future__ import annotations

import calendar
import http.client
import json
import os
import random
import re
import signal
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .counts import COUNT_AT_ONCE, counted, counted_at_once
from .launcher import LOCUSTFILES, Cluster, Launcher, LocustProcess, headless, wait_until
from .records import file_records, run_ids
from .run_store import by_endpoint, endpoints, one_run, rows
from .web_page import WebPage

RECORDERS = "json,local"

#: How often a master is killed at a random moment, with and without workers; `KILLS=25` for fifty times.
KILLS = int(os.environ.get("KILLS", "1"))

#: How far the moment that a listener of the tests takes of a request may be from the recorded one.
BESIDE_S = 0.05

#: What takes root's right to ignore permissions away.
BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def store_of(launcher: Launcher) -> Path:
    return launcher.folder / "locust-telemetry" / "runs.db"


def stored(launcher: Launcher, command: str, *options: str, bound: bool = False, status: int = 0) -> str:
    """Return what a command says of the runs: of an error, on standard error; `bound` by permissions, even as root."""
    program = [*(BOUND if bound else []), launcher.version.telemetry, command, *options]
    process = launcher.run(command, program)
    assert process.wait() == status, process.stderr
    return process.stdout if status == 0 else process.stderr


def page_of(process: LocustProcess) -> str:
    """Return the address of the live page, without its last slash, once it was said."""
    found = wait_until("the address of the page", lambda: re.search(r"Live page.*: (http://\S+)/\n", process.stderr))
    return found[1]


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def test_a_local_run_is_kept_as_it_was_counted(launcher: Launcher) -> None:
    process = launcher.local("shop.py", recorder=RECORDERS)
    process.wait()
    expected = counted(launcher.folder)["local"]
    assert endpoints(store_of(launcher)) == by_endpoint(expected)
    run = one_run(store_of(launcher))
    assert (run["state"], run["requests"]) == ("ended", expected.total())
    assert run_ids(file_records(launcher.json_file)) == [run["run_id"]]
    assert f"Run {run['run_id']} is kept" in process.stderr
    facts = json.loads(run["facts"])
    assert facts["locustfile"].endswith("shop.py")
    assert facts["host"] == launcher.target_url


def test_a_master_keeps_what_all_its_workers_did_and_they_keep_nothing(launcher: Launcher) -> None:
    cluster = Cluster.headless(launcher, "shop.py", recorder=RECORDERS, seconds=3)
    cluster.wait()
    counts = counted(launcher.folder)
    expected = sum(counts.values(), Counter())
    assert endpoints(store_of(launcher)) == by_endpoint(expected)
    one_run(store_of(launcher))
    workers = {row["source_id"]: row["requests"] for row in rows(store_of(launcher), "workers")}
    assert workers == {"worker-0": counts["worker-0"].total(), "worker-1": counts["worker-1"].total()}
    assert sum(row["requests"] for row in rows(store_of(launcher), "intervals")) == expected.total()
    failures = sum(count for outcome, count in expected.items() if outcome.failed)
    assert sum(row["count"] for row in rows(store_of(launcher), "errors")) == failures > 0
    assert all("Live page" not in worker.stderr for worker in cluster.workers)


def test_the_page_shows_the_run_while_it_is_on(launcher: Launcher) -> None:
    process = launcher.local("shop.py", recorder=RECORDERS, seconds=6)
    page = page_of(process)
    run_id = wait_until("the run", lambda: get(f"{page}/api/runs")["current"])
    with urllib.request.urlopen(f"{page}/api/live", timeout=10) as live:
        seconds = []
        while len(seconds) < 3:
            line = live.readline().decode()
            if line.startswith("data: ") and "gains" in line:
                message = json.loads(line.removeprefix("data: "))
                assert message["run_id"] == run_id
                seconds.append(message["second"])
    assert seconds == sorted(seconds)
    assert abs(seconds[-1] - time.time()) < 10
    with urllib.request.urlopen(page, timeout=10) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert b"<script" in answer.read()
    process.wait()
    assert run_id == one_run(store_of(launcher))["run_id"]


def test_locust_s_own_page_leads_to_ours(launcher: Launcher) -> None:
    web = WebPage()
    process = launcher.locust("local", "shop.py", *web.options, recorder=RECORDERS)
    page = page_of(process)
    web.wait()
    connection = http.client.HTTPConnection(web.address, timeout=10)
    connection.request("GET", "/telemetry")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (302, f"{page}/")


def test_a_report_is_written_at_the_end_of_each_run(launcher: Launcher) -> None:
    report = launcher.folder / "report-{run_id}.html"
    process = launcher.local("shop.py", "--lt-report", str(report), recorder=RECORDERS)
    process.wait()
    run = one_run(store_of(launcher))
    path = launcher.folder / f"report-{run['run_id']}.html"
    text = path.read_text()
    assert run["run_id"] in text
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text), "it needs another host"
    assert f"Report: {path}" in process.stderr


def kept_by_second(launcher: Launcher) -> dict[int, int]:
    """Return how many requests are kept of each Unix second."""
    found = {row["time"]: row["requests"] for row in rows(store_of(launcher), "intervals")}
    return {calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")): requests for text, requests in found.items()}


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("kill", range(KILLS))
def test_a_master_killed_at_any_moment_leaves_all_but_its_last_two_seconds(
    launcher: Launcher, workers: int, kill: int
) -> None:
    counts = {COUNT_AT_ONCE: "1", "SHOP_WAIT_S": "0.05"}
    if workers:
        cluster = Cluster.headless(
            launcher, "shop.py", recorder=RECORDERS, workers=workers, seconds=60, variables=counts
        )
        process, makers = cluster.master, cluster.workers
    else:
        process = launcher.local("shop.py", recorder=RECORDERS, seconds=60, variables=counts)
        makers = [process]
    process.wait_for_users()
    time.sleep(random.uniform(4, 6))
    process.send(signal.SIGKILL)
    killed_at = time.time()
    process.wait()
    made = [one.ended for maker in makers for one in counted_at_once(launcher.folder, maker.pid)]
    kept = kept_by_second(launcher)
    first, last = int(min(made)) + 1, int(killed_at - 2)
    assert first < last, "killed too early"
    for end in range(first, last + 1):
        until_then = sum(requests for second, requests in kept.items() if second < end)
        # What is counted right beside the end of a second may be kept in the one before or after.
        sure, possible = (sum(ended < end + apart_s for ended in made) for apart_s in (-BESIDE_S, BESIDE_S))
        assert sure <= until_then <= possible, f"until {killed_at - end:.2f} s before the kill"
    assert "cut off" in stored(launcher, "show", "@1")


def test_a_killed_run_is_cut_off_though_a_child_of_its_process_lives(launcher: Launcher) -> None:
    process = launcher.local("forking_shop.py", recorder=RECORDERS, seconds=60)
    wait_until("a child", lambda: (launcher.folder / "forked").exists())
    assert "running" in stored(launcher, "runs")
    process.send(signal.SIGKILL)
    process.wait()
    assert process.group_runs
    assert "cut off" in stored(launcher, "runs")


def test_a_store_that_may_not_be_written_to_can_be_looked_at(launcher: Launcher) -> None:
    launcher.local("shop.py", recorder=RECORDERS).wait()
    run = one_run(store_of(launcher))
    folder = store_of(launcher).parent
    store_of(launcher).chmod(0o444)
    folder.chmod(0o555)
    try:
        assert run["run_id"] in stored(launcher, "runs", bound=True)
        assert run["run_id"] in stored(launcher, "show", "@1", bound=True)
        assert run["run_id"] in stored(launcher, "report", "@1", "-o", "-", bound=True)
        exported = json.loads(stored(launcher, "export", "@1", "--format", "json", bound=True))
        assert exported["total"]["requests"] == run["requests"]
        assert "readonly" in stored(launcher, "annotate", "@1", "x", status=1, bound=True)
        page = launcher.run("serve", [*BOUND, launcher.version.telemetry, "serve", "--port", "0"])
        address = wait_until("the page", lambda: page.stdout.strip())
        assert get(f"{address}api/runs")["runs"][0]["run_id"] == run["run_id"]
    finally:
        folder.chmod(0o755)


def test_a_store_that_cannot_be_made_costs_a_warning_unless_it_was_chosen(launcher: Launcher) -> None:
    launcher.folder.joinpath("file").write_text("")
    nowhere = str(launcher.folder / "file" / "data")
    process = launcher.run(
        "local",
        [launcher.version.locust, "-f", str(LOCUSTFILES / "shop.py"), "-H", launcher.target_url]
        + ["--enable-telemetry-recorder", "local", *headless(1, 2)],
        {"XDG_DATA_HOME": nowhere},
    )
    status = process.wait()
    assert status in (0, 1), process.stderr
    assert "This run is not kept" in process.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--lt-web-host", "0.0.0.0"], "--lt-web-host"),
        (["--lt-web-token", "short"], "--lt-web-token"),
        (["--lt-store", "/proc/version"], "--lt-store"),
    ],
)
def test_a_page_or_store_that_cannot_be_is_an_error_before_the_test(
    launcher: Launcher, options: list[str], said: str
) -> None:
    process = launcher.local("shop.py", *options, recorder=RECORDERS)
    assert process.wait() == 2
    (error,) = [line for line in process.stderr.splitlines() if line.startswith("locust: error: ")]
    assert said in error


def test_with_a_token_the_page_is_for_those_who_have_it(launcher: Launcher) -> None:
    token = "a-token-of-this-test-only"
    process = launcher.local("shop.py", "--lt-web-token", token, recorder=RECORDERS, seconds=5)
    page = page_of(process)
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"{page}/api/runs")
    assert refused.value.code in (401, 403)
    request = urllib.request.Request(f"{page}/api/runs", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert "runs" in json.load(answer)
    process.wait()
    assert token not in os.fsdecode(store_of(launcher).read_bytes())
    assert token not in process.stderr


def test_notes_are_kept_with_the_run_from_its_start_and_shown(launcher: Launcher) -> None:
    process = launcher.local("shop.py", "--lt-note", "new cache, 2 GB", "--lt-note", "it's <b>", recorder=RECORDERS)
    process.wait()
    run = one_run(store_of(launcher))
    kept = [event for event in rows(store_of(launcher), "events") if event["kind"] == "annotation"]
    assert [event["name"] for event in kept] == ["new cache, 2 GB", "it's <b>"]
    assert {event["time"][:19] for event in kept} == {run["started"][:19]}
    command = [launcher.version.telemetry, "show", "--store", str(store_of(launcher))]
    shown = launcher.run("show", command)
    assert shown.wait() == 0
    assert "“new cache, 2 GB”" in shown.stdout and "“it's <b>”" in shown.stdout
