"""A worker's questions for the master's time."""

import itertools
from typing import Any

import gevent
import pytest
from locust.rpc.protocol import Message
from locust_telemetry.core.channel import clock as module
from locust_telemetry.core.channel.clock import BURST, Clock
from locust_telemetry.core.channel.line import WorkerLine
from locust_telemetry.core.channel.messages import CLOCK_PING, CLOCK_REPLY, OddMessage

from tests.channel_doubles import FakeEngine, FakeSocket, connected_worker, until
from tests.locust_doubles import LoggedRecords


class Asking:
    """A clock, its engine, and the socket it asks on."""

    def __init__(self) -> None:
        runner = connected_worker()
        times = itertools.count(1000)
        self.socket: FakeSocket = runner.client.socket
        self.engine = FakeEngine()
        self.clock = Clock(self.engine, WorkerLine(runner), lambda: next(times))  # type: ignore[arg-type]

    @property
    def pings(self) -> list[int]:
        return [message.data["sent"] for message in self.socket.messages(CLOCK_PING)]

    def ask(self, pings: int) -> None:
        """Wait until so many pings were sent."""
        until(f"{pings} pings", lambda: len(self.pings) >= pings)


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(module, "BURST_INTERVAL_S", 0.001)
    monkeypatch.setattr(module, "NO_REPLY_S", 0.2)
    monkeypatch.setattr(module, "INTERVAL_S", 0.02)
    one = Asking()
    yield one
    one.clock.stop()


def reply(sent: Any, received: Any = 5, replied: Any = 6) -> Message:
    return Message(CLOCK_REPLY, {"sent": sent, "received": received, "replied": replied}, "w1")


def test_a_run_begins_with_several_pings(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NO_REPLY_S", 60)
    asking.clock.start()
    asking.ask(BURST)
    gevent.sleep(0.05)
    assert asking.pings == list(range(1000, 1000 + BURST))


def test_a_run_goes_on_with_single_pings(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    asking.clock.start()
    asking.ask(BURST + 3)


def test_a_reply_is_an_exchange_for_the_engine(asking: Asking) -> None:
    assert not asking.clock.is_answered
    asking.clock.take_reply(reply(900, 7, 8))
    assert asking.engine.calls == [("clock_sample", 900, 7, 8, 1000)]
    assert asking.clock.is_answered


def test_a_reply_that_is_odd_is_no_answer(asking: Asking) -> None:
    for odd in (reply("900"), reply(-1), reply(1, None), Message(CLOCK_REPLY, None, "w1")):
        with pytest.raises(OddMessage):
            asking.clock.take_reply(odd)
    assert (asking.engine.calls, asking.clock.is_answered) == ([], False)


def test_without_a_reply_the_own_clock_is_used_and_the_asking_goes_on(asking: Asking, logged: LoggedRecords) -> None:
    asking.clock.start()
    asking.ask(BURST)
    assert asking.engine.calls == []
    asking.ask(BURST + 3)
    assert asking.engine.calls == [("clock_unknown",)]
    assert len(logged.records) == 1
    asking.clock.take_reply(reply(900))
    assert asking.clock.is_answered


def test_with_a_reply_the_engine_is_told_of_no_silence(asking: Asking) -> None:
    asking.clock.start()
    asking.clock.take_reply(reply(900))
    asking.ask(BURST + 2)
    assert not asking.engine.called("clock_unknown")


def test_a_run_that_ends_before_a_reply_holds_no_window_back(asking: Asking) -> None:
    asking.clock.stop()
    assert asking.engine.calls == [], "nothing was asked yet"
    asking.clock.start()
    asking.clock.stop()
    asking.clock.stop()
    assert asking.engine.calls == [("clock_unknown",)]


def test_the_asking_ends_with_the_run_and_begins_anew_with_the_next(asking: Asking) -> None:
    asking.clock.start()
    asking.clock.take_reply(reply(900))
    asking.clock.stop()
    gevent.sleep(0.05)
    asked = len(asking.pings)
    gevent.sleep(0.05)
    assert len(asking.pings) == asked
    assert asking.clock.is_answered, "the end of the process asks whether the run's master answered"
    asking.clock.start()
    assert not asking.clock.is_answered
    asking.ask(asked + BURST)


def test_a_master_that_cannot_be_reached_does_not_end_the_asking(asking: Asking) -> None:
    asking.socket.is_broken = True
    asking.clock.start()
    until("a while without a reply", lambda: bool(asking.engine.called("clock_unknown")))
    asking.socket.is_broken = False
    asking.ask(1)
