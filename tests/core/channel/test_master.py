"""The master's side: frames to the engine, answers to the workers, and the workers' last words."""

import json
import time
from typing import Any

import gevent
import pytest
from locust_telemetry.core.channel import announcement, messages
from locust_telemetry.core.channel import states as states_module
from locust_telemetry.core.channel.master import MasterChannel
from locust_telemetry.core.events import TelemetryEventsEnum as Event

from tests.channel_doubles import FakeEngine, FakeSocket, arrive, connected_master, until
from tests.locust_doubles import LoggedRecords, environment


def frame(sequence: int, requests: int = 1, last: bool = False) -> bytes:
    return json.dumps({"sequence": sequence, "requests": requests, "last": last}).encode()


class Master:
    """A master with its channel, as a session uses it."""

    def __init__(self, leave_after_s: float = 60, is_running: bool = True, **workers: str) -> None:
        self.runner = connected_master(**(workers or {"w1": "running", "w2": "running"}))
        self.env = environment(self.runner)
        self.engine = FakeEngine()
        self.events: list[str] = []
        self.channel = MasterChannel(
            self.env,
            self.engine,  # type: ignore[arg-type]
            lambda hook, listener: hook.add_listener(listener),
            lambda event, **attributes: self.events.append(f"{event.name} {attributes['worker']}"),
            leave_after_s,
            time.time_ns,
        )
        if is_running:
            self.start()

    @property
    def socket(self) -> FakeSocket:
        socket: FakeSocket = self.runner.server.socket
        return socket

    def start(self) -> None:
        self.channel.prepare_run()
        self.engine.start_run()
        self.channel.run_started()
        self.events.clear()

    def stop(self) -> None:
        self.engine.stop_run()
        self.channel.run_stopped()

    def report(self, client_id: str, sent: Any) -> dict[str, Any]:
        data = {"stats": [], messages.FRAME_KEY: sent}
        self.env.events.worker_report.fire(client_id=client_id, data=data)
        return data

    def sent(self) -> list[tuple[str, str, Any]]:
        return [(message.node_id, message.type, message.data) for message in self.socket.messages()]

    def gather(self, within_s: float = 0.2) -> float:
        """Return the seconds that it took."""
        began = time.monotonic()
        self.channel.gather(within_s, is_process_over=True)
        return time.monotonic() - began


@pytest.fixture
def master() -> Any:
    one = Master()
    yield one
    one.channel.close()


# --- while the test runs


def test_a_run_is_announced_before_it_starts(master: Master) -> None:
    assert getattr(master.env.parsed_options, announcement.FRAME_OPTION) == announcement.FRAME_FORMAT


def test_a_reports_frame_goes_to_the_engine_and_the_rest_stays(master: Master) -> None:
    assert master.report("w1", frame(1)) == {"stats": []}
    assert master.engine.called("merge") == [("merge", "w1", frame(1))]


def test_frames_in_a_message_go_to_the_engine_in_order(master: Master) -> None:
    arrive(master.runner, messages.FRAMES, {"frames": [frame(2), frame(1)]}, "w2")
    assert master.engine.called("merge") == [("merge", "w2", frame(2)), ("merge", "w2", frame(1))]


@pytest.mark.parametrize("odd", ["text", 7, [b"x"], {"a": 1}, 1.5, True], ids=repr)
def test_a_frame_that_is_no_bytes_is_counted_and_told_once(master: Master, logged: LoggedRecords, odd: Any) -> None:
    for _ in range(3):
        master.report("w1", odd)
    arrive(master.runner, messages.FRAMES, {"frames": [odd, frame(1)]})
    assert master.engine.called("merge") == [("merge", "w1", frame(1))]
    assert master.channel._line.oddities.count == 4
    assert len(logged.records) == 1


@pytest.mark.parametrize("data", [None, 7, "x", [1]], ids=repr)
def test_a_report_of_another_shape_is_ignored(master: Master, logged: LoggedRecords, data: Any) -> None:
    master.channel._on_worker_report("w1", data)
    assert (master.engine.called("merge"), logged.records) == ([], [])


@pytest.mark.parametrize("name", [messages.FRAMES, messages.CLOCK_PING])
@pytest.mark.parametrize("data", [None, 7, b"x", [], {}, {"frames": 1, "sent": "1"}], ids=repr)
def test_an_odd_message_changes_nothing(master: Master, name: str, data: Any) -> None:
    before = list(master.engine.calls)
    arrive(master.runner, name, data)
    assert (master.engine.calls, master.sent()) == (before, [])
    assert master.channel._line.oddities.count == 1


def test_an_engine_that_refuses_raises_nothing(master: Master, logged: LoggedRecords) -> None:
    master.report("w1", b"no frame at all")
    arrive(master.runner, messages.FRAMES, {"frames": [b"no frame at all"]})
    assert len(logged.records) == 2


def test_the_engine_knows_a_worker_before_its_first_frame() -> None:
    master = Master(w1="running")
    master.runner.worker_indexes["w9"] = 9
    master.runner.clients["w9"] = master.runner.clients["w1"]
    master.report("w9", frame(1))
    assert [call[:2] for call in master.engine.called("worker", "merge")][-2:] == [("worker", "w9"), ("merge", "w9")]
    master.channel.close()


def test_a_ping_is_answered_with_the_masters_time(master: Master) -> None:
    before = time.time_ns()
    arrive(master.runner, messages.CLOCK_PING, {"sent": 123}, "w2")
    ((client_id, name, data),) = master.sent()
    assert (client_id, name, data["sent"]) == ("w2", messages.CLOCK_REPLY, 123)
    assert before <= data["received"] <= data["replied"] <= time.time_ns()


def test_what_the_engine_says_is_sent_soon_after_a_frame(master: Master) -> None:
    master.report("w1", frame(1))
    master.report("w1", frame(4))
    assert master.sent() == []
    until("an answer", lambda: len(master.sent()) == 2)
    assert master.sent() == [
        ("w1", messages.RESEND, {"first": 2, "last": 3}),
        ("w1", messages.ACKNOWLEDGE, {"sequence": 1}),
    ]


def test_what_the_engine_says_of_itself_is_sent_too(master: Master) -> None:
    master.engine.outgoing = [("gone", "resend", 1, 2), ("w1", "something new", 1, 1)]
    until("an answer", lambda: bool(master.sent()))
    assert master.sent() == [("gone", messages.RESEND, {"first": 1, "last": 2})]


def test_workers_are_watched_during_the_run(master: Master) -> None:
    assert master.engine.states == {"w1": "running", "w2": "running"}
    master.runner.clients["w1"].state = "missing"
    until("a look", lambda: master.engine.states["w1"] == "missing")
    assert master.events == ["WORKER_MISSING worker-0"]


def test_a_look_that_fails_does_not_end_the_watching(master: Master, logged: LoggedRecords) -> None:
    clients, master.runner.clients = master.runner.clients, None
    until("two looks that fail", lambda: master.channel._line.oddities.count == 2)
    assert len(logged.records) == 1
    master.runner.clients = clients
    clients["w1"].state = "missing"
    until("a look", lambda: master.engine.states["w1"] == "missing")


def test_the_last_worker_to_leave_is_an_event_though_it_ends_the_test(master: Master) -> None:
    del master.runner.clients["w1"]
    master.env.events.test_stopping.fire(environment=master.env)
    master.runner.state = "stopping"
    assert master.events == [f"{Event.WORKER_GONE.name} worker-0"]


def test_before_a_run_nothing_is_told() -> None:
    master = Master(is_running=False)
    master.engine.outgoing = [("w1", "resend", 1, 2)]
    gevent.sleep(0.4)
    master.env.events.test_stopping.fire(environment=master.env)
    assert (master.engine.calls, master.sent(), master.gather() < 0.1) == ([], [], True)
    master.channel.close()


# --- the end


def test_all_is_there_once_each_worker_that_asked_for_the_time_sent_its_last_frame(master: Master) -> None:
    assert master.channel.is_complete
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, "w1")
    assert not master.channel.is_complete
    master.report("w1", frame(2, last=True))
    assert not master.channel.is_complete
    master.report("w1", frame(1))
    assert master.channel.is_complete


def test_a_worker_that_is_missing_is_not_waited_for(master: Master) -> None:
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, "w1")
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, "unknown")
    master.runner.clients["w1"].state = "missing"
    master.channel._look()
    assert master.channel.is_complete


def test_another_run_begins_without_the_last_ones_workers(master: Master) -> None:
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, "w1")
    master.start()
    assert master.channel.is_complete


def test_at_the_end_frames_are_read_from_reports_and_messages(master: Master) -> None:
    for client_id in ("w1", "w2"):
        arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, client_id)
    master.stop()
    master.socket.put("stats", {messages.FRAME_KEY: frame(1, 5)}, "w1")
    master.socket.put("heartbeat", {"state": "running"}, "w1")
    master.socket.put(messages.FRAMES, {"frames": [frame(2, 7, last=True)]}, "w1")
    master.socket.put("stats", None, "w2")
    master.socket.put(messages.FRAMES, {"frames": [frame(1, 9, last=True)]}, "w2")
    assert master.gather(within_s=30) < 10
    assert (master.engine.requests_of("w1"), master.engine.requests_of("w2")) == (12, 9)


def test_what_is_missing_is_asked_for_and_waited_for(master: Master) -> None:
    master.stop()
    master.socket.put("stats", {messages.FRAME_KEY: frame(2, 5, last=True)}, "w1")

    def answer(message: Any) -> None:
        if message.type == messages.RESEND:
            master.socket.put(messages.FRAMES, {"frames": [frame(1, 3)]}, "w1")

    master.socket.on_send = answer
    assert master.gather(within_s=30) < 10
    assert master.engine.requests_of("w1") == 8


def test_workers_hear_the_last_acknowledgement_then_that_the_master_leaves(master: Master) -> None:
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, "w1")
    master.stop()
    master.socket.put("stats", {messages.FRAME_KEY: frame(1, last=True)}, "w1")
    master.gather(within_s=30)
    assert master.sent()[-2:] == [("w1", messages.ACKNOWLEDGE, {"sequence": 1}), ("w1", messages.LEAVE, {})]


def test_what_the_engine_had_to_say_at_the_very_last_is_sent(master: Master) -> None:
    class MergingMeanwhile(FakeEngine):
        @property
        def is_merged(self) -> bool:
            self.outgoing.append(("w1", "acknowledge", 9, 9))
            return True

    master.engine.__class__ = MergingMeanwhile
    master.stop()
    master.gather(within_s=30)
    assert ("w1", messages.ACKNOWLEDGE, {"sequence": 9}) in master.sent()


def test_no_other_greenlet_runs_meanwhile(master: Master) -> None:
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, "w1")
    master.stop()
    ran: list[bool] = []
    gevent.spawn(lambda: ran.append(True))
    master.gather(within_s=0.1)
    assert ran == []


def test_a_master_that_lives_on_lets_locust_receive(master: Master) -> None:
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, "w1")
    locusts = master.runner.greenlet.spawn(gevent.sleep, 60)
    master.stop()
    master.socket.put("heartbeat", None)
    gevent.spawn_later(0.02, master.report, "w1", frame(1, last=True))
    began = time.monotonic()
    master.channel.gather(30, is_process_over=False)
    assert time.monotonic() - began < 10
    assert len(master.socket.waiting) == 1, "Locust's own message is Locust's to take"
    locusts.kill()


def test_a_worker_that_says_nothing_is_waited_for_only_so_long_and_that_is_told(
    master: Master, logged: LoggedRecords
) -> None:
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, "w1")
    master.stop()
    assert 0.1 <= master.gather(within_s=0.1) < 5
    assert ["within 0.1 s" in record.getMessage() for record in logged.records] == [True]


def test_a_worker_that_fell_silent_is_missing(master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states_module, "SILENT_S", 0.05)
    for client_id in ("w1", "w2"):
        arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, client_id)
        master.report(client_id, frame(1, last=client_id == "w2"))
    master.stop()
    master.socket.put("quit", None, "w2")
    assert master.gather(within_s=30) < 10
    assert master.engine.states == {"w1": "missing", "w2": "running"}


def test_a_heartbeat_is_a_sign_of_life(master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    master.channel._states._workers["w1"].heard_at -= 60
    master.env.events.heartbeat_sent.fire(client_id="w1", timestamp=time.time())
    master.env.events.heartbeat_sent.fire(client_id="unknown", timestamp=time.time())
    master.stop()
    master.gather(within_s=0.1)
    assert master.engine.states["w1"] == "running"


def test_workers_that_were_not_told_to_stop_are_not_waited_for(master: Master, logged: LoggedRecords) -> None:
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, "w1")
    master.socket.put("stats", {messages.FRAME_KEY: frame(1, 5)}, "w1")
    master.gather(within_s=30)
    assert master.engine.requests_of("w1") == 5
    assert master.engine.states["w1"] == "running", "not even its silence was waited for"
    assert logged.records == []


def test_a_connection_that_is_gone_raises_nothing(master: Master, logged: LoggedRecords) -> None:
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1}, "w1")
    master.stop()
    master.runner.server = None
    master.gather(within_s=0.06)
    assert [record.levelname for record in logged.records if record.levelname != "DEBUG"] == ["WARNING"]


def test_a_closed_channel_is_silent() -> None:
    master = Master()
    master.report("w1", frame(1))
    master.channel.close()
    arrive(master.runner, messages.CLOCK_PING, {"sent": 1})
    gevent.sleep(0.4)
    assert master.sent() == []


def test_a_forked_child_leaves_the_connection_alone(master: Master) -> None:
    master.channel.abandon()
    master.engine.outgoing = [("w1", "resend", 1, 2)]
    gevent.sleep(0.4)
    master.gather()
    assert master.sent() == []
    assert master.engine.outgoing, "the parent's messages are the parent's to take"
