"""How windows travel from workers to their master: over Locust's own connection, without a port of their own.

A worker's windows ride as one frame in each of its reports; everything else is a few custom messages. What a frame
holds, what is missing and what is to be asked for is the engine's business: here its bytes and its wishes are
carried. Start at `worker.py` and `master.py`; `line.py` is what both send and receive with.

Nothing here raises into Locust, and nothing that runs in a listener lets other greenlets run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from locust_telemetry import _native
from locust_telemetry.core.channel.channel import Channel
from locust_telemetry.core.role import MASTER, WORKER, role_of

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry._native import Engine


def _now_ns() -> int:
    # Looked up at each call, so that a test can give a process a wrong clock.
    return _native.now_ns()


def open_channel(
    environment: Environment,
    engine: Engine,
    listen: Callable[..., None],
    tell: Callable[..., None],
    leave_after_s: float,
) -> Channel:
    """Return the channel of this process; one that does nothing where the run is in one process.

    `listen(hook, listener)` registers on an event; `tell(event, worker=..., client_id=...)` is told of workers that
    come and go; one that left is waited for `leave_after_s` seconds, the time that it has for its last words.
    """
    role = role_of(environment.runner)
    if role == WORKER:
        from locust_telemetry.core.channel.worker import WorkerChannel

        return WorkerChannel(environment, engine, listen, _now_ns)
    if role == MASTER:
        from locust_telemetry.core.channel.master import MasterChannel

        return MasterChannel(environment, engine, listen, tell, leave_after_s, _now_ns)
    return Channel()


__all__ = ["Channel", "open_channel"]
