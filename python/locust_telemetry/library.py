"""Recording an `Environment` that a program made itself, without Locust's command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locust_telemetry import options
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.session import Session

if TYPE_CHECKING:
    from locust.env import Environment


def setup(environment: Environment, **settings: Any) -> Session:
    """Record an `Environment` that a program made itself, without Locust's command line.

    Settings are options without their dashes, by their names in `parsed_options`: `testplan="checkout"`,
    `enable_telemetry_recorder="json"`, `lt_json_file="run.jsonl"`. Call it before the test starts, after the
    runner was made or before. Safe to call again: the environment keeps its session
    until that is closed.

    Returns the session; `session.close()` writes the rest, which otherwise happens at the end of the process.
    Raises OptionError for a bad setting.
    """
    existing = Session.find(environment)
    if existing is not None:
        return existing
    from locust_telemetry.entrypoint import register_plugins

    session = Session(environment.events, register_plugins())
    if environment.parsed_options is None:
        environment.parsed_options = _default_options()
    _apply(environment.parsed_options, settings)
    session.connect()
    if environment.runner is not None:
        try:
            session.attach(environment)
        except Exception:
            # The program goes on, without threads that nobody ends.
            session.close()
            raise
    else:
        session.claim(environment)
    return session


def _default_options() -> Any:
    """Return what Locust's parser gives without arguments, variables for telemetry included."""
    from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments

    from locust_telemetry.core.cli import register_telemetry_cli_args

    parser = get_empty_argument_parser(default_config_files=[])
    setup_parser_arguments(parser)
    from locust_telemetry.core.manager import RecorderPluginManager

    RecorderPluginManager().register_plugin_clis(register_telemetry_cli_args(parser))
    parsed = parser.parse_args([])
    parsed.locustfile = Path(sys.argv[0]).name or "locustfile"
    return parsed


def _apply(parsed: Any, settings: dict[str, Any]) -> None:
    """Set options by name; those of the package are checked as on the command line."""
    known = {option.dest: option for option in options.ALL_OPTIONS}
    for name, value in settings.items():
        option = known.get(name)
        if option is None and not hasattr(parsed, name):
            raise OptionError(f"There is no option {name!r}; there are: {', '.join(sorted(known))}.")
        if option is not None and value is not None:
            given = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            value = option.value(given)
        setattr(parsed, name, value)
