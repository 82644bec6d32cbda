"""Doubles of what a channel connects: engines that exchange frames, a socket in memory, runners with a connection."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gevent
import zmq
from locust.rpc.protocol import Message
from locust_telemetry.core.channel import messages

from tests.locust_doubles import master_runner, worker_runner


def until(what: str, is_so: Callable[[], bool]) -> None:
    """Let greenlets run until something is so; raises AssertionError with `what` where it takes too long."""
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline, what
        gevent.sleep(0.01)


class FakeEngine:
    """The part of the engine that channels use: a frame holds how many requests were counted since the last one."""

    def __init__(self) -> None:
        #: What was called, in order: the name, then the arguments.
        self.calls: list[tuple[Any, ...]] = []
        self.outgoing: list[tuple[str, str, int, int]] = []
        self.start_run()
        self.sends = False

    def start_run(self, **identity: Any) -> None:
        self.is_stopped = False
        # A worker's.
        self.uncounted = 0
        self.kept: list[bytes] = []
        self.acknowledged = 0
        self.is_last_given = False
        # A master's: by client, the requests of each frame, and the sequence number of the last one.
        self.merged: dict[str, dict[int, int]] = {}
        self.last: dict[str, int] = {}
        self.states: dict[str, str] = {}

    def stop_run(self) -> None:
        self.is_stopped = True

    def count(self, requests: int) -> None:
        self.uncounted += requests

    def send_frames(self) -> None:
        self.sends = True
        self.calls.append(("send_frames",))

    def frame(self) -> bytes | None:
        if not self.sends or (self.is_last_given and not self.uncounted):
            return None
        self.is_last_given = self.is_stopped
        content = {"sequence": len(self.kept) + 1, "requests": self.uncounted, "last": self.is_stopped}
        self.uncounted = 0
        self.kept.append(json.dumps(content).encode())
        return self.kept[-1]

    def frames_again(self, first: int, last: int) -> list[bytes]:
        self.calls.append(("frames_again", first, last))
        return self.kept[first - 1 : last]

    def acknowledge(self, sequence: int) -> None:
        self.calls.append(("acknowledge", sequence))
        self.acknowledged = max(self.acknowledged, sequence)

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged >= len(self.kept)

    def clock_sample(self, sent_ns: int, received_ns: int, replied_ns: int, returned_ns: int) -> None:
        self.calls.append(("clock_sample", sent_ns, received_ns, replied_ns, returned_ns))

    def await_clock(self) -> None:
        self.calls.append(("await_clock",))

    def clock_unknown(self) -> None:
        self.calls.append(("clock_unknown",))

    def merge(self, client_id: str, frame: bytes) -> None:
        self.calls.append(("merge", client_id, frame))
        content = json.loads(frame)
        seen = self.merged.setdefault(client_id, {})
        seen[content["sequence"]] = content["requests"]
        if content["last"]:
            self.last[client_id] = max(content["sequence"], self.last.get(client_id, 0))

    def requests_of(self, client_id: str) -> int:
        return sum(self.merged.get(client_id, {}).values())

    def worker(self, client_id: str, source_id: str, state: str) -> None:
        self.calls.append(("worker", client_id, source_id, state))
        self.states[client_id] = state

    def worker_messages(self) -> list[tuple[str, str, int, int]]:
        outgoing, self.outgoing = self.outgoing, []
        for client_id, seen in self.merged.items():
            whole = self._whole(seen)
            if whole < max(seen):
                first_after = min(sequence for sequence in seen if sequence > whole)
                outgoing.append((client_id, "resend", whole + 1, first_after - 1))
            outgoing.append((client_id, "acknowledge", whole, whole))
        return outgoing

    @staticmethod
    def _whole(seen: dict[int, int]) -> int:
        return next(sequence for sequence in range(len(seen) + 1) if sequence + 1 not in seen)

    @property
    def is_merged(self) -> bool:
        return all(
            self.states.get(client_id) in ("gone", "missing") or self._whole(seen) == self.last.get(client_id)
            for client_id, seen in self.merged.items()
        )

    def called(self, *names: str) -> list[tuple[Any, ...]]:
        """Return the calls of these names."""
        return [call for call in self.calls if call[0] in names]


class FakeSocket:
    """A socket in memory: keeps what is sent, gives what is put into it, and never waits."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.waiting: deque[Any] = deque()
        self.is_broken = False
        #: Called with each message that is sent, as the other end would be.
        self.on_send: Callable[[Message], None] = lambda message: None

    def send(self, payload: bytes, flags: int) -> None:
        self._send(payload, flags)
        self.on_send(Message.unserialize(payload))

    def send_multipart(self, parts: list[bytes], flags: int) -> None:
        identity, payload = parts
        assert identity.decode() == Message.unserialize(payload).node_id
        self._send(payload, flags)
        self.on_send(Message.unserialize(payload))

    def _send(self, payload: bytes, flags: int) -> None:
        assert flags == zmq.NOBLOCK, "a send that could wait"
        if self.is_broken:
            raise zmq.ZMQError(zmq.EAGAIN)
        self.sent.append(payload)

    def recv(self, flags: int) -> Any:
        assert flags == zmq.NOBLOCK, "a receive that could wait"
        if not self.waiting:
            raise zmq.Again
        return self.waiting.popleft()

    def recv_multipart(self, flags: int) -> list[Any]:
        payload = self.recv(flags)
        return [b"identity", payload]

    def put(self, name: str, data: Any, node_id: str = "w1") -> None:
        """Let a message wait."""
        self.waiting.append(Message(name, data, node_id).serialize())

    def messages(self, name: str | None = None) -> list[Message]:
        """Return what was sent, of one type or all."""
        found = [Message.unserialize(payload) for payload in self.sent]
        return [message for message in found if name in (None, message.type)]

    def frames(self) -> list[bytes]:
        """Return the frames that were sent in messages."""
        return [frame for message in self.messages(messages.FRAMES) for frame in message.data["frames"]]


def connected_worker() -> Any:
    """Return a worker's runner with a socket in memory."""
    runner = worker_runner()
    runner.client_id = "w1"
    runner.custom_messages = {}
    runner.client = SimpleNamespace(socket=FakeSocket())
    return runner


def connected_master(**workers: str) -> Any:
    """Return a master's runner with a socket in memory, and workers in these states; a test runs."""
    runner = master_runner(**workers)
    runner.state = "running"
    runner.worker_indexes = {client_id: index for index, client_id in enumerate(workers)}
    runner.custom_messages = {}
    runner.server = SimpleNamespace(socket=FakeSocket())
    return runner


def arrive(runner: Any, name: str, data: Any, node_id: str = "w1") -> None:
    """Let Locust receive a custom message."""
    handler, concurrent = runner.custom_messages[name]
    assert not concurrent
    handler(environment=None, msg=Message.unserialize(Message(name, data, node_id).serialize()))
