"""The two ends of the connection: never waiting, never raising, silent where nobody is there."""

import time
from typing import Any

import pytest
from locust.rpc.protocol import Message
from locust_telemetry.core.channel.line import Line, MasterLine, WorkerLine
from locust_telemetry.core.channel.messages import OddMessage

from tests.channel_doubles import FakeSocket, arrive, connected_master, connected_worker
from tests.locust_doubles import LoggedRecords


class End:
    """One end of the connection, and its socket."""

    def __init__(self, role: str) -> None:
        self.runner = connected_worker() if role == "worker" else connected_master(w1="ready")
        self.line: Line = WorkerLine(self.runner) if role == "worker" else MasterLine(self.runner)

    @property
    def socket(self) -> FakeSocket:
        end = getattr(self.runner, "client", None) or self.runner.server
        return end.socket

    def send(self, name: str, data: Any) -> bool:
        if isinstance(self.line, MasterLine):
            return self.line.send("w1", name, data)
        assert isinstance(self.line, WorkerLine)
        return self.line.send(name, data)


@pytest.fixture(params=["worker", "master"])
def end(request: pytest.FixtureRequest) -> End:
    return End(request.param)


def soon() -> float:
    return time.monotonic() + 5


def test_a_message_goes_out_as_locust_reads_it(end: End) -> None:
    assert end.send("locust_telemetry_x", {"frames": [b"\x00\xff"], "sent": 2**63 - 1})
    (message,) = end.socket.messages()
    assert (message.type, message.node_id) == ("locust_telemetry_x", "w1")
    assert message.data == {"frames": [b"\x00\xff"], "sent": 2**63 - 1}


def test_a_send_that_fails_is_told_by_its_result_only(end: End, logged: LoggedRecords) -> None:
    end.socket.is_broken = True
    assert not end.send("locust_telemetry_x", {})
    assert not [record for record in logged.records if record.levelname != "DEBUG"]


def test_a_message_that_cannot_be_serialised_is_not_sent(end: End) -> None:
    assert not end.send("locust_telemetry_x", {"sent": {1, 2}})
    assert not end.send("locust_telemetry_x", {"sent": 2**70})


def test_a_socket_that_locust_replaced_is_used(end: End) -> None:
    old, new = end.socket, FakeSocket()
    (getattr(end.runner, "client", None) or end.runner.server).socket = new
    assert end.send("locust_telemetry_x", {})
    assert (len(old.sent), len(new.sent)) == (0, 1)


def test_messages_reach_their_taker(end: End) -> None:
    taken: list[Any] = []
    end.line.listen({"locust_telemetry_x": lambda message: taken.append(message.data)})
    arrive(end.runner, "locust_telemetry_x", {"a": 1})
    assert taken == [{"a": 1}]
    assert end.line.take(Message("locust_telemetry_x", {"a": 2}, "w1"))
    assert not end.line.take(Message("other", None, "w1"))
    assert not end.line.take(None)
    assert taken == [{"a": 1}, {"a": 2}]


def test_a_taker_that_fails_raises_nothing_and_is_logged_once(end: End, logged: LoggedRecords) -> None:
    def fails(message: Any) -> None:
        raise RuntimeError("on purpose")

    def finds_it_odd(message: Any) -> None:
        raise OddMessage("odd")

    end.line.listen({"locust_telemetry_x": fails, "locust_telemetry_y": finds_it_odd})
    for _ in range(3):
        arrive(end.runner, "locust_telemetry_x", None)
        arrive(end.runner, "locust_telemetry_y", None)
    assert end.line.oddities.count == 6
    assert len(logged.records) == 2


def test_what_waits_is_taken_in_order_and_the_rest_goes_to_others(end: End) -> None:
    taken: list[tuple[str, Any]] = []
    end.line.listen({"locust_telemetry_x": lambda message: taken.append(("ours", message.data))})
    end.socket.put("stats", 1)
    end.socket.put("locust_telemetry_x", 2)
    end.socket.put("heartbeat", 3)
    end.line.take_waiting(soon(), others=lambda message: taken.append((message.type, message.data)))
    assert taken == [("stats", 1), ("ours", 2), ("heartbeat", 3)]
    assert not end.socket.waiting


def test_garbage_that_waits_is_skipped(end: End) -> None:
    taken: list[Any] = []
    end.line.listen({"locust_telemetry_x": lambda message: taken.append(message.data)})
    end.socket.waiting.extend([b"", b"\xff\xff", b"\x93\x01"])
    end.socket.put("locust_telemetry_x", 1)
    end.line.take_waiting(soon())
    assert taken == [1]
    assert end.line.oddities.count == 3


def test_an_other_that_fails_does_not_stop_the_taking(end: End) -> None:
    end.socket.put("stats", 1)
    end.socket.put("stats", 2)
    end.line.take_waiting(soon(), others=lambda message: message.data["no"])
    assert not end.socket.waiting
    assert end.line.oddities.count == 2


def test_a_flood_is_left_at_the_deadline(end: End) -> None:
    class Endless(FakeSocket):
        def recv(self, flags: int) -> Any:
            return Message("stats", None, "w1").serialize()

    (getattr(end.runner, "client", None) or end.runner.server).socket = Endless()
    began = time.monotonic()
    end.line.take_waiting(began + 0.05)
    assert time.monotonic() - began < 2


def test_a_socket_that_is_gone_gives_nothing(end: End) -> None:
    for owner in ("client", "server"):
        if hasattr(end.runner, owner):
            setattr(end.runner, owner, None)
    end.line.take_waiting(soon())


def test_a_closed_line_is_silent_and_takes_what_comes_without_a_word(end: End, logged: LoggedRecords) -> None:
    taken: list[Any] = []
    end.line.listen({"locust_telemetry_x": taken.append})
    end.line.close()
    assert not end.send("locust_telemetry_x", {})
    arrive(end.runner, "locust_telemetry_x", {"a": 1})
    end.socket.put("locust_telemetry_x", 1)
    end.line.take_waiting(soon())
    assert (taken, end.socket.sent, logged.records) == ([], [], [])


def test_another_session_of_the_same_runner_takes_over(end: End) -> None:
    first: list[Any] = []
    second: list[Any] = []
    end.line.listen({"locust_telemetry_x": first.append})
    end.line.close()
    type(end.line)(end.runner).listen({"locust_telemetry_x": second.append})
    arrive(end.runner, "locust_telemetry_x", None)
    assert (len(first), len(second)) == (0, 1)


def test_an_abandoned_line_leaves_the_socket_alone(end: End) -> None:
    end.line.abandon()
    end.socket.put("stats", 1)
    end.line.take_waiting(soon())
    assert not end.send("locust_telemetry_x", {})
    assert (len(end.socket.waiting), end.socket.sent) == (1, [])


def test_locust_reads_as_long_as_it_has_greenlets(end: End) -> None:
    assert not end.line.is_read_by_locust
    end.runner.greenlet.spawn(lambda: None)
    assert end.line.is_read_by_locust
    end.runner.greenlet.kill()
    assert not end.line.is_read_by_locust
