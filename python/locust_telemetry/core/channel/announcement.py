"""The master says that it reads frames; a worker that was not told sends none.

Locust logs a warning for every message that it does not know, so a worker must not send to a master without
telemetry. What the master says rides as a custom option in each `spawn` message, as the run's metadata do, and so
is there before any worker's `test_start`, for late workers too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry._native import Engine

#: The key in `parsed_options` that says which format of frames the master reads.
FRAME_OPTION = "lt_frame_format"

#: The newest format that this version reads.
FRAME_FORMAT = 1


def publish(environment: Environment) -> None:
    """On the master, at `test_start`: let the workers know."""
    if environment.parsed_options is not None:
        setattr(environment.parsed_options, FRAME_OPTION, FRAME_FORMAT)


def heed(environment: Environment, engine: Engine) -> bool:
    """On a worker, at `test_start`: where its master reads frames, make them. Return whether it does.

    Windows then wait for the first word on the master's clock. Safe to call again for the same run.
    """
    said = getattr(environment.parsed_options, FRAME_OPTION, None)
    if type(said) is not int or said < 1:
        return False
    engine.send_frames()
    engine.await_clock()
    return True
