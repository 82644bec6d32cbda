"""What the engine and the records are told of workers."""

from typing import Any

import pytest
from locust.runners import WorkerNode
from locust_telemetry.core.channel import states as module
from locust_telemetry.core.channel.states import WorkerStates
from locust_telemetry.core.events import TelemetryEventsEnum as Event

from tests.channel_doubles import FakeEngine, connected_master


class Watched:
    """A master's table of workers, and what is told of it."""

    def __init__(self, leave_after_s: float = 60, **workers: str) -> None:
        self.runner = connected_master(**workers)
        self.engine = FakeEngine()
        self.events: list[tuple[Event, dict[str, Any]]] = []
        self.states = WorkerStates(self.runner, self.engine, self.tell, leave_after_s)  # type: ignore[arg-type]
        # `test_start` comes before Locust says that the test runs.
        self.runner.state = "ready"
        self.states.run_started()
        self.runner.state = "spawning"

    def tell(self, event: Event, **attributes: Any) -> None:
        self.events.append((event, attributes))

    def look(self, **workers: str | None) -> list[str]:
        """Change states (None: the worker leaves); return what the engine is told of."""
        for client_id, state in workers.items():
            if state is None:
                del self.runner.clients[client_id]
            else:
                self.runner.worker_indexes.setdefault(client_id, len(self.runner.worker_indexes))
                self.runner.clients[client_id] = WorkerNode(client_id, state=state)
        before = len(self.told)
        self.states.look()
        return self.told[before:]

    @property
    def told(self) -> list[str]:
        return [f"{source_id} {state}" for _, _, source_id, state in self.engine.called("worker")]

    @property
    def event_names(self) -> list[str]:
        return [event.name for event, _ in self.events]


def test_a_run_begins_with_all_workers_which_are_no_events() -> None:
    watched = Watched(a="ready", b="running", c="missing")
    assert watched.told == ["worker-0 ready", "worker-1 running", "worker-2 missing"]
    assert watched.events == []


def test_only_changes_are_told() -> None:
    watched = Watched(a="ready")
    assert watched.look() == []
    assert watched.look(a="spawning") == ["worker-0 running"]
    assert watched.look(a="running") == []
    assert watched.look(a="stopping") == []
    assert watched.look(a="cleaning") == []
    assert watched.look(a="ready") == ["worker-0 ready"]
    assert watched.look(a="stopped") == []
    assert watched.events == []


def test_a_worker_that_joins_is_an_event() -> None:
    watched = Watched(a="running")
    assert watched.look(b="spawning") == ["worker-1 running"]
    assert watched.events == [(Event.WORKER_READY, {"worker": "worker-1", "client_id": "b"})]


def test_a_worker_that_is_missing_and_comes_back_is_two_events() -> None:
    watched = Watched(a="running")
    assert watched.look(a="missing") == ["worker-0 missing"]
    assert watched.look() == []
    assert watched.look(a="running") == ["worker-0 back"]
    assert watched.look() == []
    assert watched.look(a="ready") == ["worker-0 ready"]
    assert watched.look(a="spawning") == ["worker-0 running"]
    attributes = {"worker": "worker-0", "client_id": "a"}
    assert watched.events == [(Event.WORKER_MISSING, attributes), (Event.WORKER_BACK, attributes)]


def test_a_worker_that_was_missing_for_long_is_gone_at_once() -> None:
    watched = Watched(a="running")
    watched.look(a="missing")
    assert watched.look(a=None) == ["worker-0 gone"]
    assert watched.look() == []
    assert watched.event_names == ["WORKER_MISSING", "WORKER_GONE"]


def test_a_worker_that_leaves_is_an_event_at_once_and_gone_after_its_last_words() -> None:
    watched = Watched(leave_after_s=0.05, a="running")
    assert watched.look(a=None) == []
    assert watched.event_names == ["WORKER_GONE"]
    assert watched.states.is_awaited("a")
    while not watched.look():
        pass
    assert watched.told[-1] == "worker-0 gone"
    assert not watched.states.is_awaited("a")
    assert watched.event_names == ["WORKER_GONE"]


def test_a_worker_that_left_and_returns_in_time_was_never_gone() -> None:
    watched = Watched(leave_after_s=0, a="running")
    watched.states._leave_after_s = 60
    assert watched.look(a=None) == []
    assert watched.look(a="running") == []
    assert watched.event_names == ["WORKER_GONE", "WORKER_READY"]
    assert watched.look(a="ready") == ["worker-0 ready"]
    assert watched.event_names == ["WORKER_GONE", "WORKER_READY"]


def test_one_that_is_gone_and_joins_again_is_a_new_one() -> None:
    watched = Watched(leave_after_s=0, a="running")
    assert watched.look(a=None) == ["worker-0 gone"]
    assert watched.look(a="ready") == ["worker-0 ready"]
    assert watched.event_names == ["WORKER_GONE", "WORKER_READY"]


@pytest.mark.parametrize("state", ["ready", "cleaning", "stopping", "stopped"])
def test_outside_of_a_test_states_are_told_and_nothing_is_an_event(state: str) -> None:
    watched = Watched(leave_after_s=0, a="running", b="running")
    watched.runner.state = state
    told = watched.look(a="missing", b=None, c="ready")
    assert sorted(told) == ["worker-0 missing", "worker-1 gone", "worker-2 ready"]
    assert watched.events == []


def test_another_run_is_told_of_all_workers_again() -> None:
    watched = Watched(a="ready", b="ready")
    watched.look(a=None)
    before = len(watched.told)
    watched.states.run_started()
    assert watched.told[before:] == ["worker-1 ready"]


def test_a_worker_without_an_index_is_not_given_one() -> None:
    watched = Watched(a="ready")
    watched.runner.clients["b"] = WorkerNode("b")
    watched.states.look()
    assert not watched.states.knows("b")
    assert "b" not in watched.runner.worker_indexes


def test_a_state_that_locust_may_get_one_day_is_as_good_as_ready() -> None:
    assert Watched(a="dancing").told == ["worker-0 ready"]


# --- at the end of the process


def test_a_silent_worker_is_missing_unless_it_has_quit(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(a="running", b="running", c="running")
    monkeypatch.setattr(module, "SILENT_S", 60)
    watched.states.look_at_silence()
    assert watched.told[3:] == []
    monkeypatch.setattr(module, "SILENT_S", -1)
    watched.states.quit("b")
    watched.states.heard("unknown")
    watched.states.quit("unknown")
    watched.states.look_at_silence()
    watched.states.look_at_silence()
    assert watched.told[3:] == ["worker-0 missing", "worker-2 missing"]
    assert not watched.states.is_awaited("a")
    assert watched.states.is_awaited("b")


def test_a_worker_that_is_heard_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(a="running", b="running")
    for worker in watched.states._workers.values():
        worker.heard_at -= 60
    watched.states.heard("a")
    watched.states.look_at_silence()
    assert watched.told[2:] == ["worker-1 missing"]


def test_one_that_quit_long_ago_is_gone() -> None:
    watched = Watched(leave_after_s=0, a="running")
    watched.states.quit("a")
    watched.states.look_at_silence()
    assert watched.told[1:] == ["worker-0 gone"]
