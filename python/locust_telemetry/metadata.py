"""The metadata of a run: made on the master, carried to the workers, attached to the environment.

It travels as a custom option of Locust's own: what stands in the master's `parsed_options` rides in each
`spawn` message and so is there before any worker's `test_start`, for late workers too. It is one JSON string,
because a value that Locust cannot serialise would stop its reports.
"""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from locust_telemetry import config

if TYPE_CHECKING:
    from locust.env import Environment

logger = logging.getLogger(__name__)

#: The key in `parsed_options` that carries a run's metadata to the workers.
METADATA_OPTION = "lt_run_metadata"


def set_test_metadata(environment: Environment, metadata: dict[str, Any]) -> None:
    """Attach metadata to the environment as `environment.telemetry_meta`.

    Values are static, or callables without parameters whose result is taken.
    """
    values = {key: value() if callable(value) else value for key, value in metadata.items()}
    environment.telemetry_meta = SimpleNamespace(**values)  # type: ignore[attr-defined]


def get_test_metadata(environment: Environment) -> dict[str, Any]:
    """Return the metadata of the environment's run; empty before the first run."""
    return dict(vars(getattr(environment, "telemetry_meta", SimpleNamespace())))


def publish(environment: Environment) -> None:
    """On the master, at `test_start`: let the run's metadata ride to the workers."""
    from locust_telemetry._native import to_json

    if environment.parsed_options is not None:
        setattr(environment.parsed_options, METADATA_OPTION, to_json(get_test_metadata(environment)))


def receive(environment: Environment) -> None:
    """On a worker, at `test_start`: take the metadata that came with the `spawn` message.

    A master that does not record sends none; the run then gets an id of its own here.
    """
    sent = getattr(environment.parsed_options, METADATA_OPTION, None)
    metadata: Any = {}
    if sent is not None:
        try:
            metadata = json.loads(sent)
        except (TypeError, ValueError, RecursionError):
            metadata = None
        if not isinstance(metadata, dict):
            logger.warning(
                "The master sent run metadata that is no JSON object; this worker's records get an own run id."
            )
            metadata = {}
        if metadata.get("run_id") is None:
            metadata.pop("run_id", None)
    set_test_metadata(environment, {**config.DEFAULT_ENVIRONMENT_METADATA, **metadata})
