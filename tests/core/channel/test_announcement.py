"""The master's word that it reads frames."""

from argparse import Namespace
from typing import Any

import msgpack
import pytest
from locust.argument_parser import default_args_dict
from locust_telemetry.core.channel import announcement

from tests.channel_doubles import FakeEngine
from tests.locust_doubles import environment


def test_it_reaches_workers_in_the_options() -> None:
    master, worker, engine = environment(), environment(), FakeEngine()
    announcement.publish(master)
    worker.parsed_options = Namespace(**msgpack.loads(msgpack.dumps(vars(master.parsed_options))))
    assert announcement.heed(worker, engine)  # type: ignore[arg-type]
    assert engine.calls == [("send_frames",), ("await_clock",)]


def test_locust_carries_it_because_it_is_no_option_of_its_own() -> None:
    assert announcement.FRAME_OPTION not in default_args_dict()


@pytest.mark.parametrize("said", [None, 0, -1, True, "1", 1.0, [1], {}], ids=repr)
def test_anything_else_lets_a_worker_send_nothing(said: Any) -> None:
    engine = FakeEngine()
    assert not announcement.heed(environment(**{announcement.FRAME_OPTION: said}), engine)  # type: ignore[arg-type]
    assert engine.calls == []


def test_a_later_format_is_as_good() -> None:
    assert announcement.heed(environment(**{announcement.FRAME_OPTION: 2}), FakeEngine())  # type: ignore[arg-type]


def test_without_options_nothing_is_said_and_nothing_heard() -> None:
    env = environment()
    env.parsed_options = None
    announcement.publish(env)
    assert not announcement.heed(env, FakeEngine())  # type: ignore[arg-type]
