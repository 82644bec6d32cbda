"""Both sides over Locust's real connection: a master and a worker with their sockets, in one process."""

import time
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from locust import User, constant, runners, task
from locust.env import Environment
from locust.event import Events
from locust_telemetry.core.channel import messages
from locust_telemetry.core.channel.master import MasterChannel
from locust_telemetry.core.channel.worker import WorkerChannel

from tests.channel_doubles import FakeEngine, until


class Idle(User):
    wait_time = constant(10)

    @task
    def nothing(self) -> None:
        pass


class End:
    """One of Locust's environments with an engine and a channel."""

    def __init__(self) -> None:
        options = Namespace(enable_rebalancing=False, headless=False, web_base_path="")
        self.env = Environment(user_classes=[Idle], events=Events(), parsed_options=options)
        self.engine: Any = FakeEngine()

    def connect(self, channel: Any) -> None:
        self.channel = channel
        self.env.events.test_start.add_listener(self.start)
        self.env.events.test_stop.add_listener(self.stop)

    @property
    def runner(self) -> Any:
        return self.env.runner

    def listen(self, hook: Any, listener: Any) -> None:
        hook.add_listener(listener)

    def start(self, **kwargs: Any) -> None:
        self.channel.prepare_run()
        self.engine.start_run()
        self.channel.run_started()

    def stop(self, **kwargs: Any) -> None:
        self.engine.stop_run()
        self.channel.run_stopped()
        if isinstance(self.channel, WorkerChannel):
            self.runner._send_stats()


class Pair:
    """A master and a worker that are connected."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.master, self.worker = End(), End()
        server = self.master.env.create_master_runner("127.0.0.1", 0).server
        self.worker.env.create_worker_runner("127.0.0.1", server.port)
        master, worker = self.master, self.worker
        tell = lambda event, **attributes: self.events.append(event.name)  # noqa: E731
        master.connect(MasterChannel(master.env, master.engine, master.listen, tell, 60, time.time_ns))
        worker.connect(WorkerChannel(worker.env, worker.engine, worker.listen, time.time_ns))
        until("a worker", lambda: len(master.runner.clients.ready) == 1)

    @property
    def client_id(self) -> str:
        return str(self.worker.runner.client_id)

    def start(self) -> None:
        self.master.runner.start(1, spawn_rate=100)
        until("the worker's run", lambda: bool(self.worker.engine.called("clock_sample")))

    def merged(self) -> int:
        requests: int = self.master.engine.requests_of(self.client_id)
        return requests

    def close(self) -> None:
        for end in (self.worker, self.master):
            end.channel.close()
            end.runner.greenlet.kill()
            getattr(end.runner, "client", getattr(end.runner, "server", None)).close(linger=0)


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setattr(runners, "WORKER_REPORT_INTERVAL", 0.1)
    one = Pair()
    yield one
    one.close()


def test_frames_travel_and_are_acknowledged(pair: Pair) -> None:
    pair.start()
    pair.worker.engine.count(7)
    until("the requests", lambda: pair.merged() == 7)
    until("an acknowledgement", lambda: pair.worker.engine.acknowledged > 0)


def test_frames_travel_without_locusts_reports(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.start()
    monkeypatch.setattr(pair.worker.runner, "_send_stats", lambda: None)
    pair.worker.engine.count(7)
    until("the requests", lambda: pair.merged() == 7)


def test_the_clocks_differ_by_less_than_an_exchange_took(pair: Pair) -> None:
    pair.start()
    for _, sent, received, replied, returned in pair.worker.engine.called("clock_sample"):
        assert sent <= received <= replied <= returned


def test_nothing_is_unknown_to_locust(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.start()
    pair.worker.engine.count(1)
    until("an acknowledgement", lambda: pair.worker.engine.acknowledged > 0)
    pair.master.runner.stop()
    until("all windows", lambda: bool(pair.master.channel.is_complete))
    assert not [record for record in caplog.records if "Unknown message" in record.getMessage()]


def test_a_master_that_is_not_recorded_gets_nothing(caplog: pytest.LogCaptureFixture) -> None:
    pair = Pair()
    pair.master.env.events.test_start.remove_listener(pair.master.start)
    pair.worker.engine.sends = True
    pair.worker.engine.count(1)
    pair.master.runner.start(1, spawn_rate=100)
    until("the worker's run", lambda: pair.worker.runner.state == "running")
    gevent.sleep(0.2)
    pair.worker.runner._send_stats()
    gevent.sleep(0.2)
    assert pair.worker.engine.kept == []
    assert not [record for record in caplog.records if "Unknown message" in record.getMessage()]
    pair.close()


def test_lost_reports_are_sent_again(pair: Pair) -> None:
    lost: list[bytes] = []

    def lose(data: Any, **kwargs: Any) -> None:
        if len(lost) < 3 and messages.FRAME_KEY in data:
            lost.append(data.pop(messages.FRAME_KEY))

    pair.worker.env.events.report_to_master.add_listener(lose)
    pair.start()
    pair.worker.engine.count(5)
    until("lost reports", lambda: len(lost) == 3)
    pair.worker.engine.count(6)
    until("all requests", lambda: pair.merged() == 11)
    until("frames that go again", lambda: bool(pair.worker.engine.called("frames_again")))


def test_the_end_of_a_run_completes_it(pair: Pair) -> None:
    pair.start()
    pair.worker.engine.count(3)
    pair.master.runner.stop()
    until("all windows", lambda: bool(pair.master.channel.is_complete))
    assert pair.merged() == 3
    assert pair.events == []


def test_what_arrived_after_locusts_greenlets_ended_is_read_by_both(pair: Pair) -> None:
    """The worker's last words are on the wire when nobody but the two ends of processes is left to read."""
    pair.start()
    pair.worker.engine.count(3)
    until("the requests", lambda: pair.merged() == 3)
    for end in (pair.worker, pair.master):
        end.runner.greenlet.kill()
    pair.master.stop()
    pair.worker.engine.stop_run()
    pair.worker.channel.run_stopped()
    pair.worker.engine.count(4)
    pair.worker.channel.hand_over(0, is_process_over=True)
    pair.master.channel.gather(20, is_process_over=True)
    assert pair.merged() == 7
    assert not pair.worker.engine.is_acknowledged
    pair.worker.channel.hand_over(20, is_process_over=True)
    assert pair.worker.engine.is_acknowledged


def test_messages_to_a_worker_that_left_are_lost_without_a_word(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.start()
    pair.worker.runner.greenlet.kill()
    pair.worker.runner.client.close(linger=0)
    gevent.sleep(0.1)
    pair.master.engine.outgoing = [(pair.client_id, "resend", 1, 2), ("never there", "acknowledge", 1, 1)] * 2000
    began = time.monotonic()
    pair.master.channel._answer()
    assert time.monotonic() - began < 5
    assert not [record for record in caplog.records if record.name.startswith("locust_telemetry")]


def test_a_worker_that_quits_amid_the_test_is_gone_to_the_records(pair: Pair) -> None:
    pair.start()
    pair.worker.runner.client.send(runners.Message("quit", None, pair.client_id))
    until("an event", lambda: pair.events == ["WORKER_GONE"])
