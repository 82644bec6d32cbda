"""A bad value of an option ends Locust before the test: one line that names the option, exit status 2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from .launcher import LOCUSTFILES, Cluster, Launcher, LocustProcess, headless
from .target import Target


@dataclass(frozen=True)
class BadOption:
    """An option, its variable, and values that it does not take.

    The first value is given in every way with both versions, the others as arguments with the newest.
    """

    flag: str
    variable: str
    values: tuple[str, ...]


_NO_SECONDS = ("0", "-1", "soon", "nan", "inf", "0.001", "86401", "")

BAD_OPTIONS = [
    BadOption("--testplan", "LOCUST_TESTPLAN_NAME", (" ", "", "two\nlines", "\x07")),
    BadOption(
        "--enable-telemetry-recorder", "LOCUST_ENABLE_TELEMETRY_RECORDER", ("tape", "json,tape", "none,tape", "", ",")
    ),
    BadOption("--lt-stats-recorder-interval", "LOCUST_TELEMETRY_STATS_RECORDER_INTERVAL", _NO_SECONDS),
    BadOption("--lt-system-usage-recorder-interval", "LOCUST_TELEMETRY_SYSTEM_USAGE_RECORDER_INTERVAL", _NO_SECONDS),
    BadOption("--lt-log-level", "LOCUST_TELEMETRY_LOG_LEVEL", ("loud", "10", "")),
    BadOption("--lt-max-series", "LOCUST_TELEMETRY_MAX_SERIES", ("0", "-5", "1.5", "many", "1000001")),
    BadOption("--lt-label", "LOCUST_TELEMETRY_LABELS", ("staging", "=staging", "env=a,b", "", "\x07=a")),
    BadOption("--lt-flush-timeout", "LOCUST_TELEMETRY_FLUSH_TIMEOUT", _NO_SECONDS),
    BadOption(
        "--lt-json-file", "LOCUST_TELEMETRY_JSON_FILE", ("/missing/run.jsonl", "/tmp", "/dev/null/run.jsonl", "")
    ),
    BadOption(
        "--lt-json-file-max-size", "LOCUST_TELEMETRY_JSON_FILE_MAX_SIZE", ("0", "-1", "big", "nan", "inf", "1048577")
    ),
    BadOption("--lt-json-file-keep", "LOCUST_TELEMETRY_JSON_FILE_KEEP", ("-1", "1001", "1.5", "all")),
    BadOption("--lt-json-endpoint-intervals", "LOCUST_TELEMETRY_JSON_ENDPOINT_INTERVALS", ("maybe", "2", "")),
    BadOption("--lt-store", "LOCUST_TELEMETRY_STORE", ("/missing/runs.db", "/tmp", "")),
    BadOption("--lt-store-keep-runs", "LOCUST_TELEMETRY_STORE_KEEP_RUNS", ("0", "-1", "1.5", "all")),
    BadOption("--lt-store-keep-days", "LOCUST_TELEMETRY_STORE_KEEP_DAYS", ("0", "-1", "1.5", "all")),
    BadOption("--lt-store-compact-after", "LOCUST_TELEMETRY_STORE_COMPACT_AFTER", _NO_SECONDS),
    BadOption("--lt-web", "LOCUST_TELEMETRY_WEB", ("maybe", "2", "")),
    BadOption("--lt-web-host", "LOCUST_TELEMETRY_WEB_HOST", (" ", "", "a\nb")),
    BadOption("--lt-web-port", "LOCUST_TELEMETRY_WEB_PORT", ("-1", "65536", "http", "")),
    BadOption("--lt-web-token", "LOCUST_TELEMETRY_WEB_TOKEN", ("short", "with spaces in the token", "")),
    BadOption("--lt-report", "LOCUST_TELEMETRY_REPORT", ("/missing/report.html", "/tmp", "")),
    BadOption("--lt-otel-exporter-otlp-endpoint", "LOCUST_OTEL_EXPORTER_OTLP_ENDPOINT", (" ", "", "a\nb")),
    BadOption("--lt-otel-exporter-otlp-insecure", "LOCUST_OTEL_EXPORTER_OTLP_INSECURE", ("maybe", "2", "")),
    BadOption("--lt-otel-semconv", "LOCUST_TELEMETRY_OTEL_SEMCONV", ("maybe", "2", "")),
    BadOption("--lt-otel-export-from", "LOCUST_TELEMETRY_OTEL_EXPORT_FROM", ("both", "")),
    BadOption("--lt-otel-log-level", "LOCUST_TELEMETRY_OTEL_LOG_LEVEL", ("loud", "10", "")),
    BadOption("--lt-otel-end-of-run", "LOCUST_TELEMETRY_OTEL_END_OF_RUN", ("drop", "")),
]

#: What gevent 24.11 says at the exit of every process that imports Locust.
_GEVENTS_OWN = re.compile(
    r"^Exception ignored in: <function _removeHandlerRef .*\n(?:.*\n)*?RuntimeError: greenlet is being finalized\n",
    re.MULTILINE,
)

_ONE_SECOND = [*headless(1, 1), "-f", str(LOCUSTFILES / "shop.py")]


@pytest.fixture
def untouched(launcher: Launcher, own_target: Target) -> Iterator[None]:
    """Nobody requests anything during the test."""
    launcher.target_url = own_target.url
    yield
    assert own_target.answered() == 0, "a test was started"


def start(launcher: Launcher, name: str, *options: str, **variables: str) -> LocustProcess:
    command = [launcher.version.locust, *_ONE_SECOND, "-H", launcher.target_url, *options]
    return launcher.run(name, command, variables)


def check_refused(process: LocustProcess, flag: str, case: str) -> None:
    assert process.wait() == 2, f"{case}: {process.stderr}"
    lines = _GEVENTS_OWN.sub("", process.stderr).splitlines()
    assert len(lines) == 1, f"{case}: {process.stderr}"
    assert re.search(rf"{flag}(?![\w-])", lines[0]), f"{case}: {lines[0]}"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("option", BAD_OPTIONS, ids=lambda option: option.flag.removeprefix("--"))
def test_a_bad_value_stops_locust_before_the_test(launcher: Launcher, option: BadOption) -> None:
    first, *others = option.values
    values = [first, *others] if launcher.version.name == "newest" else [first]
    started = {
        repr(value): start(launcher, f"value-{number}", f"{option.flag}={value}") for number, value in enumerate(values)
    }
    started["variable"] = start(launcher, "variable", **{option.variable: first})
    started["forked"] = start(launcher, "forked", f"{option.flag}={first}", "--processes", "2")
    if first.strip():
        config = launcher.folder / "locust.conf"
        # With a colon, since Locust 2.37 takes what may be TOML for its own section of that only.
        config.write_text(f"{option.flag.removeprefix('--')}: {first}\n")
        started["configuration file"] = start(launcher, "config", "--config", str(config))
    for case, process in started.items():
        check_refused(process, option.flag, case)


@pytest.mark.usefixtures("untouched")
def test_a_worker_whose_file_cannot_be_opened_does_not_join_the_test(launcher: Launcher) -> None:
    # What stands in the way only shows once the worker knows its index.
    (launcher.folder / "run.worker-0.jsonl").mkdir()
    cluster = Cluster(launcher, "shop.py", *headless(1, 1), "--expect-workers", "2")
    worker = cluster.add_worker()
    assert worker.wait() == 2, worker.stderr
    telling = [line for line in worker.stderr.splitlines() if "--lt-json-file" in line]
    assert len(telling) == 1, worker.stderr
    assert "Traceback" not in _GEVENTS_OWN.sub("", worker.stderr)
