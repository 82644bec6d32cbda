"""A session through the lives of an environment: several runs, closing, failing plugins."""

from __future__ import annotations

import gc
import json
import logging
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import locust_telemetry
import pytest
from locust import User, constant, task
from locust.env import Environment
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.core.plugin import TelemetryRecorderPluginBase, telemetry_recorder_plugin
from locust_telemetry.session import Session


class Idle(User):
    wait_time = constant(10)

    @task
    def nothing(self) -> None:
        pass


class Recorded:
    """An environment with a local runner, its session, and what its file says."""

    def __init__(self, path: Path, **settings: Any) -> None:
        self.path = path
        self.environment = Environment(user_classes=[Idle])
        self.environment.create_local_runner()
        self.session = locust_telemetry.setup(self.environment, lt_json_file=str(path), **settings)

    def start(self) -> None:
        self.environment.runner.start(1, spawn_rate=1)
        # Locust starts in a greenlet of its own.
        gevent.sleep(0.05)

    def stop(self) -> None:
        self.environment.runner.stop()

    def request(self, times: int, name: str = "/") -> None:
        for _ in range(times):
            self.environment.events.request.fire(
                request_type="GET", name=name, response_time=1.0, response_length=1, exception=None, context={}
            )

    def telemetry(self) -> list[dict[str, Any]]:
        return [json.loads(line)["telemetry"] for line in self.path.read_text().splitlines()]

    def summaries(self) -> list[tuple[str, int]]:
        named = [one for one in self.telemetry() if one["telemetry_name"] == "locust.tl.run.summary"]
        return [(one["run_id"], one["num_requests"]) for one in named]

    def intervals(self) -> dict[str, int]:
        sums: dict[str, int] = {}
        for one in self.telemetry():
            if one.get("stats_type") == "interval":
                sums[one["run_id"]] = sums.get(one["run_id"], 0) + one["num_requests"]
        return sums


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Recorded]:
    one = Recorded(tmp_path / "run.jsonl")
    yield one
    one.session.close()


@pytest.fixture
def plugins() -> Iterator[None]:
    """Whatever plugins a test registers are gone after it."""
    registered = RecorderPluginManager().recorder_plugins
    before = list(registered)
    yield
    registered[:] = before


def test_runs_back_to_back_are_each_summarised_once_and_exactly(recorded: Recorded) -> None:
    for requests in (3, 5, 7):
        recorded.start()
        recorded.request(requests)
        recorded.stop()
    recorded.session.close()
    assert [requests for _, requests in recorded.summaries()] == [3, 5, 7]
    assert recorded.intervals() == dict(recorded.summaries())
    assert len(recorded.intervals()) == 3


def test_requests_after_the_end_are_counted_to_their_run_and_told_in_its_summary(recorded: Recorded) -> None:
    recorded.start()
    recorded.request(3)
    recorded.stop()
    gevent.sleep(0.1)
    recorded.request(2)
    recorded.start()
    recorded.request(4)
    recorded.stop()
    recorded.session.close()
    assert [requests for _, requests in recorded.summaries()] == [3, 5, 4]
    assert list(recorded.intervals().values()) == [5, 4]


def test_a_run_has_books_of_its_own(recorded: Recorded) -> None:
    for requests in (3, 5):
        recorded.start()
        recorded.request(requests)
        recorded.stop()
        gevent.sleep(0.1)
    books = [one["recorders"][0] for one in recorded.telemetry() if one["telemetry_name"] == "locust.tl.run.summary"]
    assert [(one["offered_requests"], one["delivered_requests"], one["queued_requests"]) for one in books] == [
        (3, 3, 0),
        (5, 5, 0),
    ]


def test_a_second_stop_is_no_second_end(recorded: Recorded) -> None:
    recorded.start()
    recorded.request(1)
    recorded.stop()
    recorded.environment.events.test_stop.fire(environment=recorded.environment)
    recorded.session.close()
    names = [one["telemetry_name"] for one in recorded.telemetry()]
    assert names.count("locust.tl.event.test.stop") == 1
    assert len(recorded.summaries()) == 1


def test_a_closed_environment_can_be_recorded_anew(recorded: Recorded, tmp_path: Path) -> None:
    recorded.start()
    recorded.request(2)
    recorded.stop()
    recorded.session.close()
    again = locust_telemetry.setup(recorded.environment, lt_json_file=str(tmp_path / "again.jsonl"))
    assert again is not recorded.session
    recorded.start()
    recorded.request(3)
    recorded.stop()
    again.close()
    assert len(recorded.summaries()) == 1
    recorded.path = tmp_path / "again.jsonl"
    assert [requests for _, requests in recorded.summaries()] == [3]
    finals = [one for one in recorded.telemetry() if one.get("stats_type") == "final"]
    assert len(finals) == 1, "the recorders of the closed session must not listen any more"


def test_a_closed_environment_is_let_go(tmp_path: Path) -> None:
    one = Recorded(tmp_path / "run.jsonl")
    session = weakref.ref(one.session)
    one.session.close()
    one.environment.runner.quit()
    del one
    gevent.sleep(0.05)
    gc.collect()
    assert session() is None


def test_metadata_that_fails_costs_the_metadata_and_not_the_run(
    plugins: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    @telemetry_recorder_plugin
    class Failing(TelemetryRecorderPluginBase):
        RECORDER_PLUGIN_ID = "failing_metadata"

        def add_test_metadata(self) -> dict[str, Any]:
            return {"build": lambda: 1 / 0}

    one = Recorded(tmp_path / "run.jsonl")
    for requests in (1, 2):
        one.start()
        one.request(requests)
        one.stop()
    one.session.close()
    assert [requests for _, requests in one.summaries()] == [1, 2]
    assert len({run_id for run_id, _ in one.summaries()}) == 2


def test_a_plugin_that_hangs_in_on_window_ends_with_the_flush_timeout(plugins: None, tmp_path: Path) -> None:
    @telemetry_recorder_plugin
    class Hanging(TelemetryRecorderPluginBase):
        RECORDER_PLUGIN_ID = "hanging"

        def on_window(self, window: Any) -> None:
            gevent.sleep(60)

    one = Recorded(tmp_path / "run.jsonl", enable_telemetry_recorder="json,hanging", lt_flush_timeout=1)
    one.start()
    one.request(1)
    one.stop()
    began = time.monotonic()
    one.session.close()
    assert time.monotonic() - began < 5
    assert len(one.summaries()) == 1


def test_a_json_plugin_under_another_id_does_not_write_the_file_twice(plugins: None, tmp_path: Path) -> None:
    from locust_telemetry.recorders.json.plugin import LocustJsonRecorderPlugin

    @telemetry_recorder_plugin
    class Second(LocustJsonRecorderPlugin):
        RECORDER_PLUGIN_ID = "second_json"

    one = Recorded(tmp_path / "run.jsonl", enable_telemetry_recorder="json,second_json")
    one.start()
    one.request(4)
    one.stop()
    one.session.close()
    assert list(one.intervals().values()) == [4]
    assert len(one.summaries()) == 1


def test_a_plugin_alone_writes_to_the_file_too(plugins: None, tmp_path: Path) -> None:
    @telemetry_recorder_plugin
    class Quiet(TelemetryRecorderPluginBase):
        RECORDER_PLUGIN_ID = "quiet"

    one = Recorded(tmp_path / "run.jsonl", enable_telemetry_recorder="quiet")
    one.start()
    one.request(4)
    one.stop()
    one.session.close()
    assert list(one.intervals().values()) == [4]


def test_none_before_the_runner_records_nothing_and_logs_nothing(tmp_path: Path, capfd: Any) -> None:
    environment = Environment(user_classes=[Idle])
    locust_telemetry.setup(environment, enable_telemetry_recorder="none")
    environment.create_local_runner()
    environment.runner.start(1, spawn_rate=1)
    environment.runner.quit()
    assert "Telemetry failed" not in capfd.readouterr().err


def test_a_listener_for_the_start_that_fails_is_logged_where_it_is_called_late(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def failing(environment: Any) -> None:
        raise RuntimeError("on purpose")

    called = []
    logging.getLogger("locust_telemetry").disabled = False
    Session._call_starters([failing, lambda environment: called.append(environment)], None)  # type: ignore[arg-type]
    assert called == [None]


@pytest.mark.parametrize("example", ["library.py", "slow_seconds.py"])
def test_the_examples_are_valid_programs(example: str) -> None:
    path = Path(__file__).resolve().parent.parent / "examples" / example
    program = f"import locust, runpy; runpy.run_path({str(path)!r}, run_name='example')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
