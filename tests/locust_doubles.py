"""Environments and runners without sockets and greenlets: real classes of Locust, made without their networks."""

import logging
from argparse import Namespace
from typing import Any

from gevent.pool import Group
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerNode, WorkerNodes, WorkerRunner
from locust_telemetry.core.handlers import (
    BaseLifecycleHandler,
    BaseOutputHandler,
    BaseRequestHandler,
    BaseSystemMetricsHandler,
)


def master_runner(**workers: str) -> MasterRunner:
    """Return a master whose workers have these states, by their ids."""
    runner = MasterRunner.__new__(MasterRunner)
    runner.greenlet = Group()
    runner.clients = WorkerNodes()
    for client_id, state in workers.items():
        runner.clients[client_id] = WorkerNode(client_id, state=state)
    return runner


def worker_runner(index: int = 0) -> WorkerRunner:
    """Return a worker that is connected to nobody."""
    runner = WorkerRunner.__new__(WorkerRunner)
    runner.worker_index = index
    runner.greenlet = runner.user_greenlets = Group()
    return runner


def local_runner() -> LocalRunner:
    """Return the runner of a run in one process."""
    runner = LocalRunner.__new__(LocalRunner)
    runner.greenlet = runner.user_greenlets = Group()
    return runner


RUNNERS = {"master": master_runner, "worker": worker_runner, "local": local_runner}


def environment(runner: Any = None, **options: Any) -> Environment:
    """Return an environment with events of its own and these parsed options."""
    made = Environment(parsed_options=Namespace(**options))
    made.runner = runner
    return made


class LoggedRecords(logging.Handler):
    """Keeps the records of the `locust_telemetry` logger."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def telemetry(self) -> list[dict[str, Any]]:
        """Return the `telemetry` objects of the records that have one."""
        return [record.telemetry for record in self.records if hasattr(record, "telemetry")]


class KeepingOutput(BaseOutputHandler):
    """Keeps what it is told, in order."""

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.kept: list[tuple[Any, dict[str, Any]]] = []

    def record_event(self, tl_type: Any, *args: Any, **kwargs: Any) -> None:
        self.kept.append((tl_type, kwargs))

    def record_metrics(self, tl_type: Any, *args: Any, **kwargs: Any) -> None:
        self.kept.append((tl_type, kwargs))


class Lifecycle(BaseLifecycleHandler):
    """The default lifecycle."""


class StartsAndStops:
    """Counts how often it was started and stopped."""

    starts = 0
    stops = 0

    def start(self) -> None:
        self.starts += 1

    def stop(self) -> None:
        self.stops += 1


class KeepingSystem(StartsAndStops, BaseSystemMetricsHandler):
    """A system handler that counts its starts and stops."""


class KeepingRequests(StartsAndStops, BaseRequestHandler):
    """A request handler that keeps each request."""

    def on_request(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__.setdefault("seen", []).append(kwargs)


class QuietRequests(StartsAndStops, BaseRequestHandler):
    """A request handler that takes no single requests, and says so."""

    def on_request(self, *args: Any, **kwargs: Any) -> None:
        raise AssertionError("nobody asked for single requests")

    on_request.takes_nothing = True  # type: ignore[attr-defined]


HANDLERS: dict[str, Any] = {
    "output_handler_cls": KeepingOutput,
    "lifecycle_handler_cls": Lifecycle,
    "system_handler_cls": KeepingSystem,
    "requests_handler_cls": KeepingRequests,
}
