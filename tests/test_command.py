"""The `locust-telemetry` command, as it is installed."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import locust_telemetry
import pytest
from locust_telemetry._native import Engine


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "locust_telemetry.command", *arguments]
    environment = {**os.environ, **variables}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"locust-telemetry {locust_telemetry.__version__}\n"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help(flag: str) -> None:
    done = run(flag)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: locust-telemetry" in done.stdout
    assert "run" in done.stdout and "summary" in done.stdout


@pytest.mark.parametrize("arguments", [["unknown"], ["--unknown"], ["summary"], ["summary", "--unknown"]])
def test_what_it_does_not_know_is_refused_in_one_line(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("locust-telemetry: ")
    assert done.stderr.count("\n") == 1


def test_without_arguments_it_shows_its_usage_and_fails() -> None:
    done = run()
    assert done.returncode == 2
    assert "Usage: locust-telemetry" in done.stderr


def test_a_summary_of_a_file_that_is_not_there_names_it(tmp_path: Path) -> None:
    done = run("summary", str(tmp_path / "missing.jsonl"))
    assert done.returncode != 0
    assert "missing.jsonl" in done.stderr
    assert "Traceback" not in done.stderr and "panicked" not in done.stderr


def test_run_passes_everything_to_locust_with_the_options_there() -> None:
    done = run("run", "--help")
    assert done.returncode == 0
    assert "--headless" in done.stdout
    assert "--enable-telemetry-recorder" in done.stdout


def test_the_script_is_installed() -> None:
    script = Path(sys.executable).with_name("locust-telemetry")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, f"locust-telemetry {locust_telemetry.__version__}\n")


@pytest.mark.parametrize("arguments", [["runs"], ["show"], ["report"], ["export", "--format", "csv"], ["serve"]])
def test_a_run_store_that_is_not_there_is_named_in_one_line_and_not_made(arguments: list[str], tmp_path: Path) -> None:
    store = tmp_path / "runs.db"
    done = run(*arguments, "--store", str(store))
    assert (done.returncode, done.stdout) == (2, "")
    assert str(store) in done.stderr and done.stderr.count("\n") == 1
    assert not store.exists()


def test_completions_name_the_commands() -> None:
    done = run("completions", "bash")
    assert (done.returncode, done.stderr) == (0, "")
    assert "annotate" in done.stdout


def recorded(store: Path) -> None:
    """Keep a run."""
    engine = Engine()
    engine.open_local(store, (200, None), None, 10.0, [])
    engine.start(1.0)
    engine.start_run("7f3a91c2", "checkout", "local", "LocalRunner", "local", {}, {})
    engine.listener(request_type="GET", name="/", response_time=12.0, response_length=3, exception=None)
    engine.stop_run()
    assert engine.flush().wait(10)
    engine.end_run()
    assert engine.flush().wait(10)
    engine.shutdown()


def test_times_are_in_the_zone_of_whoever_looks_or_in_utc(tmp_path: Path) -> None:
    store = tmp_path / "runs.db"
    recorded(store)
    # A rule, which needs no database of zones.
    zone = "XYZ-5:30"
    assert "started (XYZ)" in run("runs", "--store", str(store), TZ=zone).stdout
    assert "started (UTC)" in run("runs", "--utc", "--store", str(store), TZ=zone).stdout
    shown = run("show", "--store", str(store), TZ=zone)
    assert " XYZ" in shown.stdout and "UTC" not in shown.stdout
    markdown = run("export", "--format", "markdown", "--store", str(store), TZ=zone)
    assert " UTC" in markdown.stdout and "XYZ" not in markdown.stdout
    assert run("runs", "--store", str(store), TZ="Nowhere/At_All").stdout.count("UTC") == 1


def test_a_note_stands_at_the_moment_that_is_meant_in_whatever_zone(tmp_path: Path) -> None:
    store = tmp_path / "runs.db"
    recorded(store)
    started = json.loads(run("runs", "--json", "--store", str(store)).stdout)[0]["started"]
    noted = run("annotate", "@1", "x", "--at", started[:19] + "Z", "--store", str(store), TZ="XYZ-5:30")
    assert (noted.returncode, noted.stderr) == (0, "")
    assert noted.stdout.startswith("noted at ") and " XYZ in run 7f3a91c2" in noted.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["show", "nothing"], 2, "no run is called"),
        (["show", "@7"], 2, "no run is called"),
        (["show", "--range", "yesterday.."], 2, "times are seconds since the start"),
        (["annotate", "@1", "x", "--at", "2026-01-02T25:00"], 2, "times are seconds since the start"),
        (["report", "-o", "/nowhere/at/all/report.html"], 1, "/nowhere/at/all/report.html"),
        (["export", "--format", "csv", "-o", "/nowhere/at/all/x.csv"], 1, "/nowhere/at/all/x.csv"),
        (["delete", "@1"], 2, "--yes"),
        (["serve", "--host", "0.0.0.0"], 2, "needs a token"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(arguments: list[str], status: int, told: str, tmp_path: Path) -> None:
    store = tmp_path / "runs.db"
    recorded(store)
    done = run(*arguments, "--store", str(store))
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith("locust-telemetry: ") and done.stderr.count("\n") == 1
    assert told in done.stderr


def test_a_store_of_a_newer_version_is_told_and_left_alone(tmp_path: Path) -> None:
    store = tmp_path / "runs.db"
    recorded(store)
    with contextlib.closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA user_version = 999")
    done = run("runs", "--store", str(store))
    assert (done.returncode, done.stdout) == (2, "")
    assert "999" in done.stderr and done.stderr.count("\n") == 1
