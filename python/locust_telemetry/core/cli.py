"""Registers the options on Locust's parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locust_telemetry import config
from locust_telemetry.options import CORE_OPTIONS, add_options

if TYPE_CHECKING:
    from locust.argument_parser import LocustArgumentParser

_GROUP_TITLE = f"{config.TELEMETRY_CLI_GROUP_NAME} - Locust Telemetry"


def register_telemetry_cli_args(parser: LocustArgumentParser) -> Any:
    """Add the options that concern all recorders; return their argument group, the existing one if there is one."""
    for group in parser._action_groups:
        if group.title == _GROUP_TITLE:
            break
    else:
        group = parser.add_argument_group(
            _GROUP_TITLE, "What is recorded of the test, and where to (each also by environment variable)."
        )
    add_options(group, CORE_OPTIONS)
    return group
