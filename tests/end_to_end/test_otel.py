"""Real runs, exported: per process and endpoint, what the backend was told is what an own listener counted."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.otel_backend import Backend, backend

from .counts import Outcome, Outcomes, counted, counted_runs
from .launcher import LOCUSTFILES, Cluster, Launcher, LocustProcess, free_port, headless, wait_until

_DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "opentelemetry.md"

SUCCESS = "locust.tl.request.metric.success"
ERROR = "locust.tl.request.metric.error"


@pytest.fixture
def told(launcher: Launcher) -> Iterator[Backend]:
    folder = launcher.folder / "backend"
    folder.mkdir()
    with backend(folder) as one:
        launcher.variables |= {
            "OTEL_EXPORTER_OTLP_ENDPOINT": one.endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
        }
        yield one


def exported(told: Backend) -> dict[str, Outcomes]:
    """Return what was told of each process, as the independent listener counts."""
    outcomes: dict[str, Outcomes] = {}
    for metric in (SUCCESS, ERROR):
        last = told.last(metric, "source_id", "method", "endpoint", "status_code", "error_type", "run_id")
        for (source_id, method, endpoint, status, _, _), point in last.items():
            key = Outcome(method, endpoint, None if status is None else int(status), metric == ERROR)
            outcomes.setdefault(source_id, Counter())[key] += int(point["count"])
    return outcomes


def check_each_worker(launcher: Launcher, told: Backend, workers: int) -> None:
    counts = counted(launcher.folder)
    assert not counts.pop("master")
    assert len(counts) == workers
    assert exported(told) == counts
    run_ids = {point["of"]["run_id"] for point in told.points(SUCCESS)}
    assert len(run_ids) == 1
    assert {resource["service.instance.id"] for resource in told.resources()} == {"master", *counts}


def check_quiet(*processes: LocustProcess) -> None:
    for process in processes:
        assert "Traceback" not in process.stderr, process.stderr[-3000:]


def test_each_worker_exports_what_it_counted(launcher: Launcher, told: Backend) -> None:
    cluster = Cluster.headless(launcher, "shop.py", recorder="json,otel")
    cluster.wait()
    check_each_worker(launcher, told, workers=2)
    check_quiet(*cluster.processes)
    users = told.last("locust.tl.user.metric.count", "source_id")
    assert users.keys() == {("master",), ("worker-0",), ("worker-1",)}
    events = told.last("locust.tl.event.test.events", "source_id", "event")
    assert {(source_id, event.rpartition("event.")[2]) for source_id, event in events} >= {
        ("master", "test.start"),
        ("master", "spawn.complete"),
        ("master", "test.stop"),
    }


def test_a_master_that_exports_for_its_workers_is_heard_by_them(launcher: Launcher, told: Backend) -> None:
    cluster = Cluster.headless(launcher, "shop.py", "--lt-otel-export-from", "master", recorder="json,otel")
    cluster.wait()
    counts = counted(launcher.folder)
    assert not counts.pop("master")
    assert sum(exported(told).values(), Counter()) == sum(counts.values(), Counter())
    assert {resource["service.instance.id"] for resource in told.resources()} == {"master"}
    check_quiet(*cluster.processes)
    for worker in cluster.workers:
        assert worker.stderr.count("The master exports what this worker does") == 1


def test_forked_processes_export_what_each_counted(launcher: Launcher, told: Backend) -> None:
    port = str(free_port())
    bind = ["--processes", "2", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]
    parent = launcher.locust("parent", "shop.py", *bind, *headless(6, 6), recorder="json,otel")
    parent.wait()
    wait_until("the end of the children", lambda: not parent.group_runs)
    check_each_worker(launcher, told, workers=2)
    check_quiet(parent)


def test_a_worker_that_joins_late_exports_from_its_first_request(launcher: Launcher, told: Backend) -> None:
    cluster = Cluster.headless(launcher, "shop.py", seconds=10, recorder="json,otel")
    cluster.master.wait_for_users()
    started = time.monotonic()
    while time.monotonic() < started + 1:
        time.sleep(0.05)
    cluster.add_worker()
    cluster.wait()
    check_each_worker(launcher, told, workers=3)
    check_quiet(*cluster.processes)


# The oldest environment has no pytest.
@pytest.mark.parametrize("version", ["newest"], indirect=True)
def test_recordings_in_one_process_export_apart_and_leave_no_thread(launcher: Launcher, told: Backend) -> None:
    shutil.copy(LOCUSTFILES / "pytest_export.py", launcher.folder / "test_export.py")
    command = [launcher.version.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_export.py"]
    variables = {"TARGET_URL": launcher.target_url, "PYTHONPATH": str(LOCUSTFILES)}
    program = launcher.run("pytest", command, variables)
    assert program.wait() == 0, program.stdout + program.stderr
    counts = json.loads((launcher.folder / "runs.json").read_text())
    assert len(counts) == 6
    series = told.last(SUCCESS, "run_id", "endpoint")
    assert len(series) == len({run_id for run_id, _ in series}) == 6
    assert sorted(int(point["count"]) for point in series.values()) == sorted(counts)
    visits = [point for point in told.points("of.the.user.visits") if not point.get("flags")]
    starts = {point["startTimeUnixNano"]: int(point["asInt"]) for point in visits}
    assert sum(starts.values()) == sum(counts)


def test_the_documented_plugin_leaves_out_what_it_says(launcher: Launcher, told: Backend) -> None:
    document = _DOCUMENT.read_text()
    (example,) = [block for block in re.findall(r"```python\n(.*?)```", document, re.DOTALL) if "RECORDER" in block]
    # The shop has no health check; what is missing there stands for it.
    locustfile = launcher.folder / "documented.py"
    locustfile.write_text(example.replace("/health", "/missing") + "\n\nfrom shop import FastShopper, Shopper\n")
    variables = {"PYTHONPATH": str(LOCUSTFILES)}
    local = launcher.local(str(locustfile), recorder="json,shop-otel", variables=variables)
    local.wait()
    (counts,) = counted(launcher.folder).values()
    left_out = {outcome for outcome in counts if outcome.name == "/missing"}
    assert left_out
    expected = Counter({outcome: count for outcome, count in counts.items() if outcome not in left_out})
    assert sum(exported(told).values(), Counter()) == expected
    check_quiet(local)


@pytest.mark.parametrize(
    ("options", "variables", "said"),
    [
        (["--lt-otel-exporter-otlp-endpoint", "ftp://collector"], {}, "ftp://collector"),
        ([], {"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"}, "OTEL_EXPORTER_OTLP_TIMEOUT"),
        ([], {"OTEL_EXPORTER_OTLP_CERTIFICATE": "/missing.pem"}, "/missing.pem"),
    ],
)
def test_what_cannot_be_used_ends_locust_before_the_test(
    options: list[str], variables: dict[str, str], said: str, launcher: Launcher
) -> None:
    secure: dict[str, Any] = {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://127.0.0.1:1", **variables}
    local = launcher.local("shop.py", *options, recorder="otel", variables=secure)
    assert local.wait() == 2
    (line,) = [line for line in local.stderr.splitlines() if line.startswith("locust: error: ")]
    assert said in line
    assert not counted_runs(launcher.folder).get("local")
