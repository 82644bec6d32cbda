"""The coordinator connects one process with Locust's global events, once."""

from collections.abc import Iterator
from typing import Any

import locust
import pytest
from locust.argument_parser import get_empty_argument_parser
from locust_telemetry import entrypoint
from locust_telemetry.core.coordinator import TelemetryCoordinator
from locust_telemetry.core.manager import RecorderPluginManager


@pytest.fixture
def events() -> Iterator[Any]:
    before = {name: list(hook._handlers) for name, hook in vars(locust.events).items()}
    yield locust.events
    for name, hook in vars(locust.events).items():
        hook._handlers[:] = before[name]


def added(events: Any, before: dict[str, int]) -> dict[str, int]:
    now = {name: len(hook._handlers) for name, hook in vars(events).items()}
    return {name: count - before[name] for name, count in now.items() if count != before[name]}


@pytest.mark.parametrize("initialize", [entrypoint.initialize, entrypoint.setup_telemetry])
def test_initializing_registers_once_however_often(
    manager: RecorderPluginManager, events: Any, initialize: Any
) -> None:
    before = {name: len(hook._handlers) for name, hook in vars(events).items()}
    for _ in range(3):
        initialize()
    assert added(events, before) == {"init_command_line_parser": 1, "request": 1, "init": 1, "test_start": 1}
    assert manager.recorder_ids() == ["json", "local", "otel"]


def test_initialize_takes_whatever_autodiscovery_passes(manager: RecorderPluginManager, events: Any) -> None:
    entrypoint.initialize("anything", environment=None)
    assert TelemetryCoordinator._instance is not None


def test_there_is_one_coordinator(manager: RecorderPluginManager, events: Any) -> None:
    first = TelemetryCoordinator(recorder_plugin_manager=manager)
    assert TelemetryCoordinator(manager) is first
    assert first.recorder_plugin_manager is manager


def test_each_parser_gets_the_options_once(manager: RecorderPluginManager, events: Any) -> None:
    entrypoint.initialize()
    for _ in range(2):
        parser = get_empty_argument_parser(default_config_files=[])
        events.init_command_line_parser.fire(parser=parser)
        events.init_command_line_parser.fire(parser=parser)
        text = parser.format_help()
        assert text.count("--testplan") == text.count("--lt-json-file PATH") == 1
