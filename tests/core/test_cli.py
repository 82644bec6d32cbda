"""The options' group on Locust's real parser."""

from collections.abc import Iterator
from typing import Any

import pytest
from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments
from locust_telemetry.core.cli import register_telemetry_cli_args
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.options import ALL_OPTIONS
from locust_telemetry.recorders.json.plugin import LocustJsonRecorderPlugin
from locust_telemetry.recorders.local.plugin import LocustLocalRecorderPlugin
from locust_telemetry.recorders.otel.plugin import LocustOtelRecorderPlugin


@pytest.fixture
def parser(manager: RecorderPluginManager) -> Iterator[Any]:
    manager.register_recorder_plugin(LocustJsonRecorderPlugin())
    manager.register_recorder_plugin(LocustLocalRecorderPlugin())
    manager.register_recorder_plugin(LocustOtelRecorderPlugin())
    parser = get_empty_argument_parser(default_config_files=[])
    setup_parser_arguments(parser)
    yield parser


def test_registering_twice_returns_the_same_group_and_adds_nothing(parser: Any) -> None:
    group = register_telemetry_cli_args(parser)
    actions = len(parser._actions)
    assert register_telemetry_cli_args(parser) is group
    assert len(parser._actions) == actions
    assert group.title.startswith("locust-telemetry")


def test_a_plugins_options_may_be_added_twice_too(parser: Any, manager: RecorderPluginManager) -> None:
    group = register_telemetry_cli_args(parser)
    manager.register_plugin_clis(group)
    actions = len(parser._actions)
    manager.register_plugin_clis(register_telemetry_cli_args(parser))
    assert len(parser._actions) == actions


def test_locusts_help_shows_every_option_with_its_default(parser: Any, manager: RecorderPluginManager) -> None:
    manager.register_plugin_clis(register_telemetry_cli_args(parser))
    text = " ".join(parser.format_help().split())
    for option in ALL_OPTIONS:
        assert f"{option.flag} {option.metavar}" in text
    assert "Default: 256.0." in text
    assert "%%" not in text


def test_a_bare_command_line_still_parses(parser: Any) -> None:
    register_telemetry_cli_args(parser)
    parsed = parser.parse_args([])
    assert parsed.testplan is None
    assert parsed.enable_telemetry_recorder == ["json", "local"]
