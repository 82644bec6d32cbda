"""A worker's side of the channel: gives its windows out and keeps them until the master has them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from locust_telemetry.core.channel import announcement, messages
from locust_telemetry.core.channel.channel import Channel
from locust_telemetry.core.channel.clock import Clock
from locust_telemetry.core.channel.dispatch import Dispatch
from locust_telemetry.core.channel.line import WorkerLine
from locust_telemetry.core.channel.linger import Linger
from locust_telemetry.core.final_reports import is_master_gone
from locust_telemetry.core.guard import never_raises

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry._native import Engine

#: Seconds without an answer after which the last frame is sent again.
_AGAIN_AFTER_S = 0.5

#: Bytes of frames after which a message is full; the next begins another one.
_MESSAGE_BYTES = 1 << 20


class WorkerChannel(Channel):
    """Gives frames out with Locust's reports and each second between them, and again where the master asks for it."""

    def __init__(
        self, environment: Environment, engine: Engine, listen: Callable[..., None], now_ns: Callable[[], int]
    ) -> None:
        """Register on Locust's report and on the master's messages."""
        self._environment = environment
        self._engine = engine
        self._line = WorkerLine(environment.runner)
        self._clock = Clock(engine, self._line, now_ns)
        self._dispatch = Dispatch(self._give_out)
        self._is_announced = False
        self._is_master_leaving = False
        self._last_frame: bytes | None = None
        #: When the master last said something about frames.
        self._answered_at = 0.0
        self._line.listen(
            {
                messages.CLOCK_REPLY: self._clock.take_reply,
                messages.RESEND: self._take_resend,
                messages.ACKNOWLEDGE: self._take_acknowledge,
                messages.LEAVE: self._take_leave,
            }
        )
        listen(environment.events.report_to_master, self._on_report_to_master)

    @never_raises
    def prepare_run(self) -> None:
        """Make frames for the run where its master reads them."""
        self._clock.stop()
        self._is_announced = announcement.heed(self._environment, self._engine)
        self._is_master_leaving = False
        self._last_frame = None

    @never_raises
    def run_started(self) -> None:
        """Ask for the master's time, and begin to give out."""
        if self._is_announced:
            self._clock.start()
            self._dispatch.start()

    @never_raises
    def run_stopped(self) -> None:
        """Ask for the time no more, so that no window waits for it."""
        self._clock.stop()

    @never_raises
    def gather(self, within_s: float, is_process_over: bool) -> None:
        """Nobody sends windows to a worker; but none of its own waits for the time any more."""
        self._clock.stop()

    def _on_report_to_master(self, client_id: str, data: dict[str, Any], **kwargs: Any) -> None:
        with self._line.oddities.guard("an error while a report was made"):
            frame = self._frame()
            if frame is not None:
                data[messages.FRAME_KEY] = frame

    def _give_out(self) -> None:
        with self._line.oddities.guard("an error while a frame was given out"):
            frame = self._frame()
            if frame is not None:
                self._send([frame])

    def _frame(self) -> bytes | None:
        """Return what was counted since the last frame, if the master wants it."""
        frame = self._engine.frame() if self._is_announced else None
        if frame is not None:
            self._last_frame = frame
        return frame

    def _send(self, frames: Iterable[bytes]) -> None:
        """Send frames, in messages of a size that holds nobody up."""
        batch: list[bytes] = []
        for frame in frames:
            if batch and sum(map(len, batch)) + len(frame) > _MESSAGE_BYTES:
                self._line.send(messages.FRAMES, {"frames": batch})
                batch = []
            batch.append(frame)
        if batch:
            self._line.send(messages.FRAMES, {"frames": batch})

    def _take_resend(self, message: Any) -> None:
        first, last = messages.integers(message.data, "first", "last")
        self._answered_at = time.monotonic()
        self._send(self._engine.frames_again(first, last))

    def _take_acknowledge(self, message: Any) -> None:
        (sequence,) = messages.integers(message.data, "sequence")
        self._answered_at = time.monotonic()
        self._engine.acknowledge(sequence)

    def _take_leave(self, message: Any) -> None:
        self._is_master_leaving = True

    @never_raises
    def hand_over(self, within_s: float, is_process_over: bool) -> None:
        """Send what has not gone out yet, and wait until the master has everything.

        Locust's own last report goes out before the last requests end, and after a signal not at all. A master that
        never answered in this run, or is gone, is not waited for.
        """
        self._dispatch.stop()
        frame = self._frame()
        if frame is not None:
            self._send([frame])
        if not self._is_announced or not self._clock.is_answered or is_master_gone(self._environment.runner):
            return
        linger = Linger(self._line, within_s, is_process_over)
        sent_at = time.monotonic()
        while not self._engine.is_acknowledged and not self._is_master_leaving and not linger.is_over:
            linger.take_waiting()
            if self._last_frame is not None and time.monotonic() - max(sent_at, self._answered_at) > _AGAIN_AFTER_S:
                sent_at = time.monotonic()
                # With what has come meanwhile, if anything has: the master asks for what it misses before.
                self._send([self._frame() or self._last_frame])
            linger.pause()

    def abandon(self) -> None:
        """Leave the connection to the parent process."""
        self._line.abandon()

    @never_raises
    def close(self) -> None:
        """Say and hear nothing more."""
        self._clock.stop()
        self._dispatch.stop()
        self._line.close()
