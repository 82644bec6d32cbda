"""Which channel a process has."""

import time
from typing import Any

import pytest
from locust_telemetry import _native
from locust_telemetry.core.channel import Channel, messages, open_channel
from locust_telemetry.core.channel.master import MasterChannel
from locust_telemetry.core.channel.worker import WorkerChannel

from tests.channel_doubles import FakeEngine, FakeSocket, arrive, connected_master, connected_worker
from tests.locust_doubles import environment, local_runner


def opened(runner: Any) -> Channel:
    def listen(hook: Any, listener: Any) -> None:
        hook.add_listener(listener)

    engine: Any = FakeEngine()
    return open_channel(environment(runner), engine, listen, lambda *args, **kwargs: None, 5)


def test_a_master_and_a_worker_have_one() -> None:
    for runner, kind in ((connected_master(), MasterChannel), (connected_worker(), WorkerChannel)):
        channel = opened(runner)
        assert type(channel) is kind
        channel.close()


@pytest.mark.parametrize("runner", [local_runner(), None], ids=["local", "no-runner"])
def test_a_run_in_one_process_has_one_that_does_nothing(runner: Any) -> None:
    channel = opened(runner)
    for step in (channel.prepare_run, channel.run_started, channel.run_stopped, channel.abandon, channel.close):
        step()
    began = time.monotonic()
    for end in (channel.gather, channel.hand_over):
        end(30, is_process_over=True)
    assert channel.is_complete
    assert time.monotonic() - began < 10


def test_times_are_those_of_the_native_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = connected_master(w1="running")
    channel = opened(runner)
    monkeypatch.setattr(_native, "now_ns", lambda: 42, raising=False)
    arrive(runner, messages.CLOCK_PING, {"sent": 1})
    socket: FakeSocket = runner.server.socket
    (reply,) = socket.messages(messages.CLOCK_REPLY)
    assert reply.data == {"sent": 1, "received": 42, "replied": 42}
    channel.close()
