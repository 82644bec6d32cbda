"""Which JSON file a process writes, and its opening."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.core.role import WORKER, role_of, source_id_of

if TYPE_CHECKING:
    from locust_telemetry._native import Engine
    from locust_telemetry.options import Options

_BYTES_PER_MIB = 1024 * 1024


def path_for(path: Path, role: str, source_id: str) -> Path:
    """Return the file of one process: the master's and a local run's as given, a worker's with its name in it.

    `run.jsonl` becomes `run.worker-0.jsonl`: processes do not share a file, since each rotates its own.
    """
    return path.with_name(f"{path.stem}.{source_id}{path.suffix}") if role == WORKER else path


def open_json_file(engine: Engine, options: Options, runner: Any) -> None:
    """Open the file that `--lt-json-file` names, if it names one: for the records of all recorders.

    Raises OptionError where it cannot be opened.
    """
    if options.json_file is None:
        return
    path = path_for(options.json_file, role_of(runner), source_id_of(runner))
    try:
        engine.open_json_file(
            path,
            max(1, round(options.json_file_max_size_mib * _BYTES_PER_MIB)),
            options.json_file_keep,
            options.stats_interval_s,
            options.json_endpoint_intervals,
        )
    except OSError as error:
        raise OptionError(f"--lt-json-file: {error}") from error
