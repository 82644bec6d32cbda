"""The `locust-telemetry` command, as it is installed."""

import subprocess
import sys
from pathlib import Path

import locust_telemetry
import pytest


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "locust_telemetry.command", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


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
