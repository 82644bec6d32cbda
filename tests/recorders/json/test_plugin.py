"""The JSON plugin makes the recorder for each kind of process."""

from typing import Any

import pytest
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.recorders.json import recorder as recorders
from locust_telemetry.recorders.json.plugin import LocustJsonRecorderPlugin
from locust_telemetry.session import Session

from tests.locust_doubles import RUNNERS, environment


@pytest.mark.parametrize(
    ("role", "recorder_cls"),
    [
        ("master", recorders.LocustJsonMasterNodeRecorder),
        ("worker", recorders.LocustJsonWorkerNodeRecorder),
        ("local", recorders.LocustJsonLocalNodeRecorder),
    ],
)
def test_a_process_gets_its_recorder_once(role: str, recorder_cls: Any, manager: RecorderPluginManager) -> None:
    env = environment(RUNNERS[role]())
    env.telemetry_session = Session(env.events, manager)  # type: ignore[attr-defined]
    LocustJsonRecorderPlugin().load(env)
    owners = [type(listener.__self__) for listener in env.events.test_start._handlers]
    assert owners == [recorder_cls]


def test_it_adds_no_metadata() -> None:
    assert LocustJsonRecorderPlugin().add_test_metadata() == {}
