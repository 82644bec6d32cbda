"""The fields of messages: what is taken, and what is odd."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from locust.rpc.protocol import Message
from locust_telemetry.core.channel import messages
from locust_telemetry.core.channel.messages import LARGEST, OddMessage


def test_all_names_are_ours() -> None:
    names = [value for key, value in vars(messages).items() if key.isupper() and isinstance(value, str)]
    assert len(names) == len(set(names)) == 7
    assert all(name.startswith("locust_telemetry_") for name in names)


@pytest.mark.parametrize("value", [0, 1, LARGEST])
def test_integers_of_64_bits_travel_and_are_taken(value: int) -> None:
    sent = Message(messages.RESEND, {"first": value, "last": value}, "w1").serialize()
    assert messages.integers(Message.unserialize(sent).data, "first", "last") == (value, value)


@pytest.mark.parametrize(
    "data",
    [None, 7, "x", [1, 2], {}, {"first": 1}, *[{"first": 1, "last": odd} for odd in (-1, LARGEST + 1, True, 1.0, "1")]],
    ids=repr,
)
def test_anything_else_is_odd(data: Any) -> None:
    with pytest.raises(OddMessage, match="first, last"):
        messages.integers(data, "first", "last")


@pytest.mark.parametrize("data", [None, 7, b"x", {}, {"frames": b"x"}, {"frames": None}, [b"x"]], ids=repr)
def test_frames_need_a_list(data: Any) -> None:
    with pytest.raises(OddMessage):
        messages.frames(data)


@given(st.dictionaries(st.text(max_size=5) | st.just("sent"), st.integers() | st.floats() | st.text(max_size=3)))
def test_any_fields_are_integers_or_odd(data: dict[str, Any]) -> None:
    try:
        (value,) = messages.integers(data, "sent")
    except OddMessage:
        return
    assert type(value) is int and 0 <= value <= LARGEST
