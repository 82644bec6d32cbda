"""What kind of Locust process this is, as records name it."""

from __future__ import annotations

from typing import Any

MASTER = "master"
WORKER = "worker"
LOCAL = "local"


def role_of(runner: Any) -> str:
    """Return `master`, `worker` or `local` for a runner.

    No runner (yet) means a worker whose test started before Locust's `init` event, or a library user's
    environment; both make requests themselves.
    """
    from locust.runners import MasterRunner, WorkerRunner

    if isinstance(runner, MasterRunner):
        return MASTER
    if isinstance(runner, WorkerRunner):
        return WORKER
    return LOCAL


def source_id_of(runner: Any) -> str:
    """Return `master`, `worker-<index>` or `local` for a runner."""
    role = role_of(runner)
    return f"worker-{runner.worker_index}" if role == WORKER else role


def source_of(runner: Any) -> str:
    """Return the runner's class name, such as `WorkerRunner`."""
    return type(runner).__name__ if runner is not None else "LocalRunner"
