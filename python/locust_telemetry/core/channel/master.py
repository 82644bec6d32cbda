"""The master's side of the channel: takes the workers' frames, and says what arrived and what did not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent

from locust_telemetry.core.channel import announcement, messages
from locust_telemetry.core.channel.channel import Channel
from locust_telemetry.core.channel.line import MasterLine
from locust_telemetry.core.channel.linger import Linger
from locust_telemetry.core.channel.states import WorkerStates
from locust_telemetry.core.guard import never_raises

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry._native import Engine

logger = logging.getLogger(__name__)

#: Seconds between looks at the workers and at what the engine wants to say to them.
_WATCH_S = 0.25

#: Seconds after a frame at which the engine has read it, and has an answer.
_ANSWER_AFTER_S = 0.005

#: Seconds for what has arrived already, where nothing more is expected.
_GLANCE_S = 0.05


class MasterChannel(Channel):
    """Hands frames to the engine, and the engine's answers to the workers."""

    def __init__(
        self,
        environment: Environment,
        engine: Engine,
        listen: Callable[..., None],
        tell: Callable[..., None],
        leave_after_s: float,
        now_ns: Callable[[], int],
    ) -> None:
        """Register on the workers' reports and messages, and watch the workers."""
        self._environment = environment
        self._engine = engine
        self._now_ns = now_ns
        self._line = MasterLine(environment.runner)
        self._states = WorkerStates(environment.runner, engine, tell, leave_after_s)
        self._has_run = False
        self._is_stopped = False
        #: The workers that asked for the time in this run, and those whose frames have come: the same in the end.
        self._pinging: set[str] = set()
        self._framing: set[str] = set()
        self._line.listen({messages.CLOCK_PING: self._take_ping, messages.FRAMES: self._take_frames})
        events = environment.events
        listen(events.worker_report, self._on_worker_report)
        listen(events.heartbeat_sent, self._on_heartbeat)
        listen(events.test_stopping, self._on_test_stopping)
        #: Requests in reports of the run that came when Locust no longer took any.
        self.requests_after_locust = 0
        self._answering: gevent.Greenlet[..., None] | None = None
        self._watcher = gevent.spawn(self._watch)

    def prepare_run(self) -> None:
        """Let the workers know that frames are read."""
        announcement.publish(self._environment)

    @never_raises
    def run_started(self) -> None:
        """Begin to take frames of another run."""
        self._has_run, self._is_stopped = True, False
        self._pinging, self._framing = set(), set()
        self.requests_after_locust = 0
        self._states.run_started()

    def run_stopped(self) -> None:
        """Take that the workers stop; their last frames are on their way."""
        self._is_stopped = True

    @property
    def is_complete(self) -> bool:
        """Whether all windows of the workers are merged, or can come no more."""
        return self._engine.is_merged and not any(map(self._states.is_awaited, self._pinging - self._framing))

    def _watch(self) -> None:
        while True:
            gevent.sleep(_WATCH_S)
            self._look()

    def _look(self) -> None:
        with self._line.oddities.guard("an error while the workers were looked at"):
            if self._has_run:
                self._states.look()
                self._answer()

    @never_raises
    def _on_test_stopping(self, **kwargs: Any) -> None:
        # Where the last worker leaves, Locust stops the test before the next look.
        if self._has_run:
            self._states.look()

    def _on_heartbeat(self, client_id: str, **kwargs: Any) -> None:
        self._states.heard(client_id)

    def _on_worker_report(self, client_id: str, data: Any, **kwargs: Any) -> None:
        with self._line.oddities.guard("an error while a report was taken"):
            self._states.heard(client_id)
            # Taken out, so that a listener behind this one sees what Locust alone would have sent.
            frame = data.pop(messages.FRAME_KEY, None) if isinstance(data, dict) else None
            if frame is not None:
                self._merge(client_id, frame)

    def _take_frames(self, message: Any) -> None:
        self._states.heard(message.node_id)
        for frame in messages.frames(message.data):
            self._merge(message.node_id, frame)

    def _merge(self, client_id: str, frame: Any) -> None:
        if not isinstance(frame, bytes):
            self._line.oddities.note("a frame that is not bytes", f"{type(frame).__name__} from {client_id}")
            return
        if not self._states.knows(client_id):
            self._states.look()
        self._framing.add(client_id)
        self._engine.merge(client_id, frame)
        if self._answering is None:
            self._answering = gevent.spawn_later(_ANSWER_AFTER_S, self._answer)

    def _take_ping(self, message: Any) -> None:
        received = self._now_ns()
        (sent,) = messages.integers(message.data, "sent")
        self._states.heard(message.node_id)
        self._pinging.add(message.node_id)
        reply = {"sent": sent, "received": received, "replied": self._now_ns()}
        self._line.send(message.node_id, messages.CLOCK_REPLY, reply)

    def _answer(self) -> None:
        """Send what the engine wants to say."""
        self._answering = None
        with self._line.oddities.guard("an error while the workers were answered"):
            for client_id, kind, first, last in self._engine.worker_messages():
                if kind == "resend":
                    self._line.send(client_id, messages.RESEND, {"first": first, "last": last})
                elif kind == "acknowledge":
                    self._line.send(client_id, messages.ACKNOWLEDGE, {"sequence": last})

    @never_raises
    def gather(self, within_s: float, is_process_over: bool) -> None:
        """Take in the workers' last windows; where they were not told to stop, only what has come already."""
        if not self._has_run:
            return
        waits = self._is_stopped and within_s > _GLANCE_S
        linger = Linger(self._line, within_s if waits else _GLANCE_S, is_process_over)
        self._look()
        while True:
            if linger.is_reading:
                linger.take_waiting(self._take_locusts)
                self._states.look_at_silence()
                self._answer()
            if self.is_complete or linger.is_over:
                break
            linger.pause()
        if waits and not self.is_complete:
            logger.warning(
                "Not all windows of the workers came within %.3g s; the closing records tell what is missing.", within_s
            )
        self._answer()
        for client_id in self._pinging:
            self._line.send(client_id, messages.LEAVE, {})

    def _take_locusts(self, message: Any) -> None:
        """Take a message of Locust's own, which is no longer there to take it."""
        self._states.heard(message.node_id)
        if message.type == "stats":
            self.requests_after_locust += _requests_of(message.data)
            self._on_worker_report(message.node_id, message.data)
        elif message.type == "quit":
            self._states.quit(message.node_id)

    def abandon(self) -> None:
        """Leave the connection to the parent process."""
        self._line.abandon()
        self._has_run = False

    @never_raises
    def close(self) -> None:
        """Say and hear nothing more."""
        for greenlet in (self._watcher, self._answering):
            if greenlet is not None:
                greenlet.kill(block=False)
        self._line.close()


def _requests_of(report: Any) -> int:
    """Return how many requests Locust's own part of a report tells of."""
    total = report.get("stats_total") if isinstance(report, dict) else None
    requests = total.get("num_requests") if isinstance(total, dict) else None
    return requests if isinstance(requests, int) and requests > 0 else 0
