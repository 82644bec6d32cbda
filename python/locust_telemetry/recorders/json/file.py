"""Which JSON file a process writes, and its opening."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.core.role import WORKER, role_of, source_id_of
from locust_telemetry.session import Session

if TYPE_CHECKING:
    from locust.env import Environment

_BYTES_PER_MIB = 1024 * 1024


def path_for(path: Path, role: str, source_id: str) -> Path:
    """Return the file of one process: the master's and a local run's as given, a worker's with its name in it.

    `run.jsonl` becomes `run.worker-0.jsonl`: processes do not share a file, since each rotates its own.
    """
    return path.with_name(f"{path.stem}.{source_id}{path.suffix}") if role == WORKER else path


def open_json_file(environment: Environment) -> None:
    """Open the file that `--lt-json-file` names, if it names one.

    Raises OptionError where it cannot be opened.
    """
    session = Session.of(environment)
    options = session.options
    if options.json_file is None:
        return
    runner = environment.runner
    path = path_for(options.json_file, role_of(runner), source_id_of(runner))
    try:
        session.engine.open_json_file(
            path,
            max(1, round(options.json_file_max_size_mib * _BYTES_PER_MIB)),
            options.json_file_keep,
            options.stats_interval_s,
            options.json_endpoint_intervals,
        )
    except OSError as error:
        raise OptionError(f"--lt-json-file: {error}") from error
