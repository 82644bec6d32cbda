"""What the master's Locust knows of its workers, told to the engine as it changes.

Locust has events for a worker's coming only, so its table is looked at a few times a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locust_telemetry.core.events import TelemetryEventsEnum

if TYPE_CHECKING:
    from locust_telemetry._native import Engine

READY = "ready"
RUNNING = "running"
MISSING = "missing"
BACK = "back"
GONE = "gone"

#: What Locust's states of a worker are to the engine.
_STATES = {
    "ready": READY,
    "stopped": READY,
    "spawning": RUNNING,
    "running": RUNNING,
    "cleaning": RUNNING,
    "stopping": RUNNING,
    "missing": MISSING,
}

#: Locust's states of the master while a test runs: workers that come or go then are events.
_TEST_RUNS = ("spawning", "running")

#: Seconds without a word after which a worker is missing, where Locust no longer looks: a heartbeat comes each second.
SILENT_S = 3.0


@dataclass
class _Worker:
    """A worker as it was last seen."""

    source_id: str
    #: Its state as Locust has it, and what that is to the engine.
    locust_state: str
    state: str
    heard_at: float
    left_at: float | None = None


class WorkerStates:
    """Watches the table of workers.

    A worker that left is `gone` to the engine only after `leave_after_s` seconds: Locust takes it off its table
    before it has sent its last windows. The event comes at once.
    """

    def __init__(self, runner: Any, engine: Engine, tell: Callable[..., None], leave_after_s: float) -> None:
        """Keep the master's runner, and who is told of states (`engine`) and of events (`tell`)."""
        self._runner = runner
        self._engine = engine
        self._tell = tell
        self._leave_after_s = leave_after_s
        self._workers: dict[str, _Worker] = {}

    def run_started(self) -> None:
        """Tell the engine of all workers anew; those that are there already are no events."""
        self._workers = {}
        self.look()

    def look(self) -> None:
        """Tell what has changed since the last look."""
        now = time.monotonic()
        clients = self._runner.clients
        present = dict(clients.items())
        for client_id, node in present.items():
            worker = self._workers.get(client_id)
            if worker is None:
                self._join(client_id, node.state, now)
            elif worker.left_at is not None or worker.locust_state != node.state:
                self._change(client_id, worker, node.state)
        for client_id in self._workers.keys() - present.keys():
            self._leave(client_id, self._workers[client_id], now)

    def heard(self, client_id: str) -> None:
        """Take that a worker has said something."""
        worker = self._workers.get(client_id)
        if worker is not None:
            worker.heard_at = time.monotonic()

    def knows(self, client_id: str) -> bool:
        """Return whether the engine was told of a worker."""
        return client_id in self._workers

    def is_awaited(self, client_id: str) -> bool:
        """Return whether something may still come from a worker."""
        worker = self._workers.get(client_id)
        return worker is not None and worker.state != MISSING

    # --- at the end of the process, where Locust's table stays as it is

    def quit(self, client_id: str) -> None:
        """Take that a worker said that it quits: its silence is none from now on."""
        worker = self._workers.get(client_id)
        if worker is not None and worker.left_at is None:
            worker.left_at = time.monotonic()

    def look_at_silence(self) -> None:
        """Take workers that have said nothing for a while for missing, those that left long ago for gone."""
        now = time.monotonic()
        for client_id, worker in list(self._workers.items()):
            if worker.left_at is not None:
                self._leave(client_id, worker, now)
            elif worker.state != MISSING and now - worker.heard_at > SILENT_S:
                self._set(client_id, worker, MISSING)

    def _join(self, client_id: str, locust_state: str, now: float) -> None:
        index = getattr(self._runner, "worker_indexes", {}).get(client_id)
        if index is None:
            return
        worker = _Worker(f"worker-{index}", locust_state, "", heard_at=now)
        self._workers[client_id] = worker
        self._set(client_id, worker, _STATES.get(locust_state, READY))
        self._event(TelemetryEventsEnum.WORKER_READY, client_id, worker)

    def _change(self, client_id: str, worker: _Worker, locust_state: str) -> None:
        if worker.left_at is not None:
            worker.left_at = None
            self._event(TelemetryEventsEnum.WORKER_READY, client_id, worker)
        was, worker.locust_state = worker.locust_state, locust_state
        state = _STATES.get(locust_state, READY)
        if was == locust_state:
            return
        if state == MISSING:
            self._set(client_id, worker, MISSING)
            self._event(TelemetryEventsEnum.WORKER_MISSING, client_id, worker)
        elif _STATES.get(was, READY) == MISSING:
            self._set(client_id, worker, BACK)
            self._event(TelemetryEventsEnum.WORKER_BACK, client_id, worker)
        elif state != _STATES.get(was, READY):
            self._set(client_id, worker, state)

    def _leave(self, client_id: str, worker: _Worker, now: float) -> None:
        if worker.left_at is None:
            worker.left_at = now
            self._event(TelemetryEventsEnum.WORKER_GONE, client_id, worker)
        if worker.state == MISSING or now - worker.left_at >= self._leave_after_s:
            self._set(client_id, worker, GONE)
            del self._workers[client_id]

    def _set(self, client_id: str, worker: _Worker, state: str) -> None:
        worker.state = state
        self._engine.worker(client_id, worker.source_id, state)

    def _event(self, event: TelemetryEventsEnum, client_id: str, worker: _Worker) -> None:
        if self._runner.state in _TEST_RUNS:
            self._tell(event, worker=worker.source_id, client_id=client_id)
