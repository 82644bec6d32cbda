"""When a session uses its channel, and what it records of workers and of resets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from locust_telemetry import session as module
from locust_telemetry.core.channel import Channel, announcement
from locust_telemetry.core.events import TelemetryEventsEnum as Event
from locust_telemetry.entrypoint import register_plugins
from locust_telemetry.session import Session

from tests.channel_doubles import until
from tests.locust_doubles import LoggedRecords, environment
from tests.test_session import Recorded


class Told(Channel):
    """Keeps what the session tells it, and whether the run was open then and had its closing record."""

    session: Session

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.waits: list[float] = []
        self.is_there = True
        self.path = Path()

    def _step(self, name: str) -> None:
        state = "open" if self.session._is_run_open else "not open"
        summarised = any("locust.tl.run.summary" in line for line in self.path.read_text().splitlines())
        self.steps.append(f"{name}: {state}{', summarised' if summarised else ''}")

    def prepare_run(self) -> None:
        self._step("prepare_run")

    def run_started(self) -> None:
        self._step("run_started")

    def run_stopped(self) -> None:
        self._step("run_stopped")

    @property
    def is_complete(self) -> bool:
        return self.is_there

    def gather(self, within_s: float, is_process_over: bool) -> None:
        self.waits.append(within_s)
        self._step(f"gather{' over' if is_process_over else ''}")

    def hand_over(self, within_s: float, is_process_over: bool) -> None:
        self._step(f"hand_over{' over' if is_process_over else ''}")

    def close(self) -> None:
        self._step("close")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    channel = Told()
    monkeypatch.setattr(module, "open_channel", lambda *arguments: channel)
    return channel


@pytest.fixture
def recorded(told: Told, tmp_path: Path) -> Iterator[Recorded]:
    told.path = tmp_path / "run.jsonl"
    one = Recorded(told.path, lt_flush_timeout=2)
    told.session = one.session
    yield one
    one.session.close()


def test_a_channel_follows_a_run_from_before_its_start_to_behind_its_closing_record(
    recorded: Recorded, told: Told
) -> None:
    recorded.start()
    recorded.stop()
    recorded.session._on_quit()
    assert told.steps == [
        "prepare_run: not open",
        "run_started: open",
        "run_stopped: open",
        "gather over: open",
        "hand_over over: not open, summarised",
        "close: not open, summarised",
    ]
    assert told.waits == [pytest.approx(0.8 * 2, abs=0.3)]


def test_where_the_process_goes_on_the_closing_record_waits_for_all_windows(recorded: Recorded, told: Told) -> None:
    told.is_there = False
    recorded.start()
    recorded.stop()
    gevent.sleep(0.1)
    assert recorded.summaries() == []
    told.is_there = True
    until("the closing record", lambda: len(recorded.summaries()) == 1)


def test_windows_that_never_come_do_not_keep_the_closing_record_back(recorded: Recorded, told: Told) -> None:
    told.is_there = False
    recorded.start()
    recorded.stop()
    until("the closing record", lambda: len(recorded.summaries()) == 1)


def test_a_run_that_has_its_closing_record_is_waited_for_no_more(recorded: Recorded, told: Told) -> None:
    recorded.start()
    recorded.stop()
    until("the closing record", lambda: len(recorded.summaries()) == 1)
    recorded.session.close()
    assert told.steps[-3].startswith("gather: not open")
    assert told.waits == [0]


def test_a_run_that_nobody_stopped_is_handed_over_too(recorded: Recorded, told: Told) -> None:
    recorded.start()
    recorded.session._at_exit()
    assert [step.split(":")[0] for step in told.steps[2:]] == ["gather over", "hand_over over", "close"]


def test_a_channel_that_fails_at_a_start_costs_no_run(recorded: Recorded, told: Told, logged: LoggedRecords) -> None:
    def fails() -> None:
        raise RuntimeError("on purpose")

    told.run_started = fails  # type: ignore[method-assign]
    recorded.start()
    recorded.request(3)
    recorded.stop()
    recorded.session.close()
    assert [requests for _, requests in recorded.summaries()] == [3]


@pytest.mark.parametrize("said", [None, announcement.FRAME_FORMAT])
def test_a_late_worker_heeds_its_master_before_it_knows_itself(said: int | None, tmp_path: Path) -> None:
    env = environment(None, **({announcement.FRAME_OPTION: said} if said else {}))
    session = Session(env.events, register_plugins())
    engine = session.engine
    session.connect()
    calls: list[str] = []

    class Told:
        def __getattr__(self, name: str) -> Any:
            if name in ("send_frames", "await_clock", "start_run"):
                calls.append(name)
            return getattr(engine, name)

    session.engine = Told()  # type: ignore[assignment]
    env.events.test_start.fire(environment=env)
    assert calls == [*(["send_frames", "await_clock"] if said else []), "start_run"]
    session.engine = engine
    session.close()


# --- what is recorded


def events(recorded: Recorded) -> list[dict[str, Any]]:
    return [one for one in recorded.telemetry() if one["telemetry_name"].startswith("locust.tl.event.")]


@pytest.mark.parametrize("event", [Event.WORKER_READY, Event.WORKER_MISSING, Event.WORKER_BACK, Event.WORKER_GONE])
def test_a_worker_that_comes_or_goes_is_marked_and_recorded(recorded: Recorded, event: Event) -> None:
    windows = recorded.session.engine.subscribe("test")
    recorded.start()
    recorded.session._on_worker_change(event, worker="worker-1", client_id="host_1")
    recorded.stop()
    recorded.session.close()
    (record,) = [one for one in events(recorded) if one["telemetry_name"] == event.value]
    assert (record["worker"], record["client_id"], record["telemetry_type"]) == ("worker-1", "host_1", "event")
    marked: list[str] = []
    while (window := windows.next()) is not None:
        marked += window.events
    assert marked.count(event.value) == 1


def test_outside_of_a_test_nobody_is_told_of_workers(recorded: Recorded) -> None:
    listened: list[Any] = []
    recorded.session.when_a_worker_changes(lambda event, **attributes: listened.append(event))
    recorded.session._on_worker_change(Event.WORKER_READY, worker="worker-1", client_id="host_1")
    recorded.start()
    recorded.stop()
    recorded.session._on_worker_change(Event.WORKER_GONE, worker="worker-1", client_id="host_1")
    assert listened == []


def test_a_listener_for_workers_that_fails_stops_no_other(recorded: Recorded, logged: LoggedRecords) -> None:
    listened: list[Any] = []

    def fails(event: Event, **attributes: Any) -> None:
        raise RuntimeError("on purpose")

    recorded.session.when_a_worker_changes(fails)
    recorded.session.when_a_worker_changes(lambda event, **attributes: listened.append(event))
    recorded.start()
    recorded.session._on_worker_change(Event.WORKER_BACK, worker="worker-1", client_id="host_1")
    assert listened == [Event.WORKER_BACK]


@pytest.mark.parametrize("by", ["click", "option"])
def test_a_reset_of_the_statistics_is_marked_and_recorded_and_resets_nothing_here(recorded: Recorded, by: str) -> None:
    windows = recorded.session.engine.subscribe("test")
    recorded.environment.reset_stats = by == "option"
    recorded.start()
    recorded.request(3)
    if by == "click":
        recorded.environment.events.reset_stats.fire()
    else:
        recorded.environment.events.spawning_complete.fire(user_count=1)
    recorded.request(2)
    recorded.stop()
    recorded.session.close()
    assert [requests for _, requests in recorded.summaries()] == [5]
    resets = [one for one in events(recorded) if one["telemetry_name"] == Event.STATS_RESET.value]
    marked: list[str] = []
    while (window := windows.next()) is not None:
        marked += window.events
    assert len(resets) == marked.count(Event.STATS_RESET.value) >= 1
    assert json.dumps(resets)
