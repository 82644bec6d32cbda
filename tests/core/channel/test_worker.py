"""A worker's side: frames in reports, what the master asks for, and the last words."""

import json
import time
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust_telemetry.core.channel import announcement, dispatch, messages
from locust_telemetry.core.channel import worker as module
from locust_telemetry.core.channel.worker import WorkerChannel
from locust_telemetry.core.final_reports import MASTER_GONE_S

from tests.channel_doubles import FakeEngine, FakeSocket, arrive, connected_worker, until
from tests.locust_doubles import LoggedRecords, environment

REPLY = {"sent": 1, "received": 2, "replied": 3}


class Worker:
    """A worker with its channel, as a session uses it."""

    def __init__(self, is_announced: bool = True) -> None:
        self.runner = connected_worker()
        options = {announcement.FRAME_OPTION: announcement.FRAME_FORMAT} if is_announced else {}
        self.env = environment(self.runner, **options)
        self.engine = FakeEngine()
        engine: Any = self.engine
        self.channel = WorkerChannel(self.env, engine, lambda hook, listener: hook.add_listener(listener), time.time_ns)
        self.start()

    @property
    def socket(self) -> FakeSocket:
        socket: FakeSocket = self.runner.client.socket
        return socket

    def start(self) -> None:
        self.channel.prepare_run()
        self.engine.start_run()
        self.channel.run_started()

    def stop(self) -> None:
        self.engine.stop_run()
        self.channel.run_stopped()

    def report(self) -> Any:
        data: dict[str, Any] = {}
        self.env.events.report_to_master.fire(client_id="w1", data=data)
        return data.get(messages.FRAME_KEY)

    def hand_over(self, within_s: float = 0.2) -> float:
        """Return the seconds that it took."""
        began = time.monotonic()
        self.channel.hand_over(within_s, is_process_over=True)
        return time.monotonic() - began


@pytest.fixture(autouse=True)
def _no_dispatch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let frames go out between reports only where a test is about that."""
    monkeypatch.setattr(dispatch, "INTERVAL_S", 3600)


@pytest.fixture
def worker() -> Any:
    one = Worker()
    yield one
    one.channel.close()


# --- while the test runs


def test_before_a_run_the_engine_is_told_that_frames_are_wanted(worker: Worker) -> None:
    assert worker.engine.calls == [("send_frames",), ("await_clock",)]
    until("a ping", lambda: bool(worker.socket.messages(messages.CLOCK_PING)))


def test_a_report_carries_a_frame_as_bytes(worker: Worker) -> None:
    worker.engine.count(3)
    assert worker.report() == worker.engine.kept[0]
    assert isinstance(worker.report(), bytes)


def test_between_reports_frames_go_out_each_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "INTERVAL_S", 0.02)
    worker = Worker()
    worker.engine.count(2)
    until("two frames", lambda: len(worker.socket.frames()) >= 2)
    assert worker.socket.frames() == worker.engine.kept
    assert [json.loads(frame)["requests"] for frame in worker.engine.kept[:2]] == [2, 0]
    worker.stop()
    until("the last frame", lambda: json.loads(worker.socket.frames()[-1])["last"])
    worker.channel.close()
    sent = len(worker.socket.sent)
    worker.engine.count(1)
    gevent.sleep(0.05)
    assert len(worker.socket.sent) == sent


def test_an_engine_that_fails_between_reports_is_told_once(
    monkeypatch: pytest.MonkeyPatch, logged: LoggedRecords
) -> None:
    monkeypatch.setattr(dispatch, "INTERVAL_S", 0.02)
    worker = Worker()
    worker.engine.frame = lambda: 1 / 0
    until("some failures", lambda: worker.channel._line.oddities.count >= 3)
    told = [record for record in logged.records if "a frame was given out" in record.getMessage()]
    worker.channel.close()
    assert len(told) == 1


def test_a_report_without_a_frame_is_as_locust_made_it(worker: Worker) -> None:
    worker.engine.sends = False
    data: dict[str, Any] = {"stats": []}
    worker.env.events.report_to_master.fire(client_id="w1", data=data)
    assert data == {"stats": []}


def test_without_an_announcement_nothing_is_sent(logged: LoggedRecords) -> None:
    worker = Worker(is_announced=False)
    worker.engine.sends = True
    worker.engine.count(1)
    gevent.sleep(0.05)
    assert worker.report() is None
    worker.stop()
    assert worker.hand_over() < 0.1
    assert (worker.socket.sent, worker.engine.calls, logged.records) == ([], [], [])


def test_a_next_run_without_an_announcement_sends_nothing_more(worker: Worker) -> None:
    gevent.sleep(0.01)
    worker.stop()
    delattr(worker.env.parsed_options, announcement.FRAME_OPTION)
    worker.start()
    # The greenlet of the last run's clock ends when it is next switched to; a ping may be under way.
    gevent.sleep(0.05)
    sent = len(worker.socket.sent)
    worker.engine.count(1)
    gevent.sleep(0.05)
    assert worker.report() is None
    worker.hand_over()
    assert len(worker.socket.sent) == sent


def test_an_engine_that_fails_costs_locusts_report_nothing(worker: Worker, logged: LoggedRecords) -> None:
    def fails() -> bytes:
        raise RuntimeError("on purpose")

    worker.engine.frame = fails  # type: ignore[method-assign]
    assert worker.report() is None
    assert len(logged.records) == 1


def test_what_the_master_asks_for_is_sent_again(worker: Worker) -> None:
    for _ in range(4):
        worker.report()
    arrive(worker.runner, messages.RESEND, {"first": 2, "last": 3})
    assert worker.socket.frames() == worker.engine.kept[1:3]


def test_many_frames_go_out_in_several_messages(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MESSAGE_BYTES", 10)
    sizes = [20, 4, 4, 4, 20]
    frames = [bytes(size) for size in sizes]
    worker.engine.frames_again = lambda first, last: frames  # type: ignore[method-assign]
    arrive(worker.runner, messages.RESEND, {"first": 1, "last": 5})
    sent = [list(map(len, message.data["frames"])) for message in worker.socket.messages(messages.FRAMES)]
    assert sent == [[20], [4, 4], [4], [20]]


def test_nothing_is_sent_where_nothing_is_kept(worker: Worker) -> None:
    arrive(worker.runner, messages.RESEND, {"first": 7, "last": 9})
    assert worker.socket.frames() == []


def test_what_the_master_has_is_acknowledged(worker: Worker) -> None:
    arrive(worker.runner, messages.ACKNOWLEDGE, {"sequence": 4})
    assert worker.engine.called("acknowledge") == [("acknowledge", 4)]


def test_a_reply_reaches_the_engine(worker: Worker) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    ((_, sent, received, replied, returned),) = worker.engine.called("clock_sample")
    assert (sent, received, replied) == (1, 2, 3)
    assert abs(time.time_ns() - returned) < 60e9


@pytest.mark.parametrize("name", [messages.RESEND, messages.ACKNOWLEDGE, messages.CLOCK_REPLY, messages.LEAVE])
@pytest.mark.parametrize("data", [None, 1, b"x", [], {}, {"first": "1", "last": None, "sequence": 2.0}], ids=repr)
def test_an_odd_message_changes_nothing(worker: Worker, name: str, data: Any) -> None:
    before = list(worker.engine.calls)
    arrive(worker.runner, name, data)
    assert (worker.engine.calls, worker.socket.frames()) == (before, [])


def test_a_run_that_ends_before_the_master_replied_holds_no_window_back(worker: Worker) -> None:
    worker.stop()
    assert worker.engine.called("clock_unknown") == [("clock_unknown",)]


def test_the_end_of_a_process_amid_a_run_holds_no_window_back(worker: Worker) -> None:
    worker.channel.gather(30, is_process_over=True)
    assert worker.engine.called("clock_unknown") == [("clock_unknown",)]


def test_another_run_waits_for_the_time_though_the_last_one_never_ended(worker: Worker) -> None:
    worker.start()
    assert [name for (name, *_) in worker.engine.calls][-2:] == ["send_frames", "await_clock"]


# --- the end


def answers(worker: Worker, after: int = 1) -> None:
    """Let the master acknowledge everything once so many messages with frames were sent."""

    def answer(message: Any) -> None:
        if message.type == messages.FRAMES and len(worker.socket.messages(messages.FRAMES)) >= after:
            worker.socket.put(messages.ACKNOWLEDGE, {"sequence": len(worker.engine.kept)})

    worker.socket.on_send = answer


def test_at_the_end_what_no_report_carried_is_sent_and_waited_for(worker: Worker) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    worker.report()
    worker.stop()
    worker.engine.count(5)
    answers(worker)
    assert worker.hand_over(within_s=30) < 10
    assert worker.socket.frames() == [worker.engine.kept[1]]
    assert worker.engine.is_acknowledged


def test_no_other_greenlet_runs_meanwhile(worker: Worker) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    worker.stop()
    ran: list[bool] = []
    gevent.spawn(lambda: ran.append(True))
    worker.hand_over(within_s=0.05)
    assert ran == []


def test_a_worker_that_lives_on_lets_locust_receive(worker: Worker) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    locusts = worker.runner.greenlet.spawn(gevent.sleep, 60)
    worker.socket.put("spawn", None)
    worker.report()
    gevent.spawn_later(0.02, arrive, worker.runner, messages.ACKNOWLEDGE, {"sequence": 2})
    began = time.monotonic()
    worker.channel.hand_over(30, is_process_over=False)
    assert time.monotonic() - began < 10
    assert len(worker.socket.waiting) == 1, "Locust's own message is Locust's to take"
    locusts.kill()


def test_a_process_that_is_over_receives_itself_though_locusts_greenlets_were_not_ended(worker: Worker) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    locusts = worker.runner.greenlet.spawn(gevent.sleep, 60)
    worker.stop()
    answers(worker)
    assert worker.hand_over(within_s=30) < 10
    locusts.kill()


def test_a_frame_without_an_answer_is_sent_again(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AGAIN_AFTER_S", 0.02)
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    worker.stop()
    answers(worker, after=3)
    worker.hand_over(within_s=30)
    assert worker.socket.frames() == [worker.engine.kept[0]] * 3


def test_the_last_report_is_sent_again_where_it_got_lost(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AGAIN_AFTER_S", 0.02)
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    worker.stop()
    lost = worker.report()
    answers(worker)
    worker.hand_over(within_s=30)
    assert worker.socket.frames() == [lost]


def test_the_master_may_still_ask_for_more(worker: Worker) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    for _ in range(3):
        worker.report()
    worker.stop()
    worker.socket.put("stats of somebody else", {})
    worker.socket.put(messages.RESEND, {"first": 1, "last": 2})
    answers(worker, after=2)
    worker.hand_over(within_s=30)
    assert worker.socket.frames() == [worker.engine.kept[3], *worker.engine.kept[:2]]


def test_what_is_acknowledged_is_not_waited_for(worker: Worker) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    worker.stop()
    worker.report()
    arrive(worker.runner, messages.ACKNOWLEDGE, {"sequence": 1})
    worker.engine.frame = lambda: None  # type: ignore[method-assign,assignment]
    assert worker.hand_over(within_s=30) < 10


def test_a_master_that_says_nothing_is_waited_for_only_so_long(worker: Worker) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    worker.stop()
    assert 0.1 <= worker.hand_over(within_s=0.1) < 5


def test_a_master_that_leaves_is_not_waited_for(worker: Worker) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    worker.stop()
    worker.socket.put(messages.LEAVE, {})
    assert worker.hand_over(within_s=30) < 10


def test_a_master_that_left_another_run_is_waited_for(worker: Worker) -> None:
    arrive(worker.runner, messages.LEAVE, {})
    worker.start()
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    worker.stop()
    assert worker.hand_over(within_s=0.1) >= 0.1


def test_a_master_that_never_answered_is_told_and_not_waited_for(worker: Worker) -> None:
    worker.stop()
    assert worker.hand_over(within_s=30) < 10
    assert len(worker.socket.frames()) == 1


def test_a_master_that_is_gone_is_not_waited_for(worker: Worker) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    worker.runner.last_heartbeat_timestamp = time.time() - MASTER_GONE_S - 1
    worker.stop()
    assert worker.hand_over(within_s=30) < 10


def test_a_connection_that_is_gone_raises_nothing(worker: Worker, logged: LoggedRecords) -> None:
    arrive(worker.runner, messages.CLOCK_REPLY, REPLY)
    worker.stop()
    worker.runner.client = SimpleNamespace()
    worker.hand_over(within_s=0.05)
    assert not [record for record in logged.records if record.levelname != "DEBUG"]


def test_a_closed_channel_is_silent() -> None:
    worker = Worker()
    worker.channel.close()
    sent = len(worker.socket.sent)
    gevent.sleep(0.05)
    arrive(worker.runner, messages.RESEND, {"first": 1, "last": 1})
    assert len(worker.socket.sent) == sent


def test_a_forked_child_leaves_the_connection_alone(worker: Worker) -> None:
    worker.channel.abandon()
    gevent.sleep(0.05)
    worker.hand_over(within_s=0.05)
    assert worker.socket.sent == []
