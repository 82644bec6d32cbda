"""One end of Locust's connection between a worker and its master: sends and hears without ever waiting.

Messages go to Locust's socket directly: its own `send_message` sleeps and tries again for nine seconds where a
send fails, which no listener may do. Whoever does not hear a message asks or says it again.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from locust_telemetry.core.channel.messages import OddMessage
from locust_telemetry.core.channel.oddities import Oddities

logger = logging.getLogger(__name__)

#: Takes a message of Locust's protocol: `type`, `data`, `node_id`.
Taker = Callable[[Any], None]


def _take_nothing(**kwargs: Any) -> None:
    """Stand in for a handler that is gone: Locust warns of every message that has none."""


class Line(ABC):
    """What worker and master have in common."""

    def __init__(self, runner: Any) -> None:
        """Keep the runner, whose socket may be replaced by a new one at any time."""
        import zmq
        from locust.rpc import protocol

        self._runner = runner
        self._takers: dict[str, Taker] = {}
        self._is_open = True
        self._message: Any = protocol.Message
        self._without_waiting = int(zmq.NOBLOCK)
        self.oddities = Oddities()

    def listen(self, takers: Mapping[str, Taker]) -> None:
        """Take messages of these types from now on."""
        for name, taker in takers.items():
            self._takers[name] = taker
            self._register(name, self._on_message)

    def _on_message(self, environment: Any = None, msg: Any = None, **kwargs: Any) -> None:
        self.take(msg)

    def _register(self, name: str, handler: Callable[..., None]) -> None:
        # A closed session's handler may still stand there, and Locust refuses a second one.
        self._runner.custom_messages.pop(name, None)
        self._runner.register_message(name, handler)

    def take(self, message: Any) -> bool:
        """Give a message to its taker; return whether there is one.

        Never raises: up to Locust 2.46 that would end its receiving.
        """
        taker = self._takers.get(getattr(message, "type", ""))
        if taker is not None:
            self._give(message, taker)
        return taker is not None

    def _give(self, message: Any, taker: Taker) -> None:
        try:
            taker(message)
        except OddMessage as error:
            self.oddities.note(f"a message {message.type}", error)
        except Exception as error:
            self.oddities.note(f"a message {message.type} that led to an error", repr(error), error)

    @property
    def is_read_by_locust(self) -> bool:
        """Whether Locust itself still receives: it ends its greenlets all at once."""
        return bool(getattr(self._runner, "greenlet", None))

    def take_waiting(self, until: float, others: Taker | None = None) -> None:
        """Take what has arrived, in Locust's stead, until nothing waits or `time.monotonic()` passes `until`.

        Messages without a taker go to `others`, or nowhere.
        """
        while self._is_open and time.monotonic() < until:
            try:
                payload = self._receive()
            except Exception:  # Nothing waits, or the socket is gone.
                return
            try:
                message = self._message.unserialize(payload)
            except Exception as error:
                self.oddities.note("what is no message of Locust's protocol", repr(error))
                continue
            if not self.take(message) and others is not None:
                self._give(message, others)

    def _post(self, name: str, data: Mapping[str, Any], node_id: str) -> bool:
        """Send a message, or not: a peer that is gone or does not read is no error. Return whether it was sent."""
        if not self._is_open:
            return False
        try:
            self._send(self._message(name, data, node_id).serialize(), node_id)
        except Exception as error:
            logger.debug("%s could not be sent: %r", name, error)
            return False
        return True

    def abandon(self) -> None:
        """Send and receive nothing more, at once and without a word."""
        self._is_open = False

    def close(self) -> None:
        """Send nothing more, and ignore what still comes."""
        self.abandon()
        for name in self._takers:
            self._register(name, _take_nothing)
        self._takers = {}

    @abstractmethod
    def _send(self, payload: bytes, node_id: str) -> None:
        """Put bytes on the socket, or raise."""

    @abstractmethod
    def _receive(self) -> bytes:
        """Return the bytes of a message that waits, or raise."""


class WorkerLine(Line):
    """A worker's end."""

    def send(self, name: str, data: Mapping[str, Any]) -> bool:
        """Send to the master; return whether the message is on its way."""
        return self._post(name, data, self._runner.client_id)

    def _send(self, payload: bytes, node_id: str) -> None:
        self._runner.client.socket.send(payload, self._without_waiting)

    def _receive(self) -> bytes:
        payload: bytes = self._runner.client.socket.recv(self._without_waiting)
        return payload


class MasterLine(Line):
    """The master's end."""

    def send(self, client_id: str, name: str, data: Mapping[str, Any]) -> bool:
        """Send to one worker; what goes to one that has left is lost without a word."""
        return self._post(name, data, client_id)

    def _send(self, payload: bytes, node_id: str) -> None:
        self._runner.server.socket.send_multipart([node_id.encode(), payload], self._without_waiting)

    def _receive(self) -> bytes:
        _, payload = self._runner.server.socket.recv_multipart(self._without_waiting)
        return bytes(payload)
