"""The recorders: which of Locust's events reach which handler, on which kind of process."""

from __future__ import annotations

import os
import socket
from abc import ABC
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from locust_telemetry.core.handlers import (
    BaseLifecycleHandler,
    BaseOutputHandler,
    BaseRequestHandler,
    BaseSystemMetricsHandler,
)

if TYPE_CHECKING:
    from locust.env import Environment
    from locust.event import EventHook


def _listen(hook: EventHook, listener: Any) -> None:
    """Register a listener once."""
    if listener not in hook._handlers:
        hook.add_listener(listener)


def _unlisten(hook: EventHook, listener: Any) -> None:
    """Take a listener off where it is registered."""
    if listener in hook._handlers:
        hook.remove_listener(listener)


class BaseRecorder(ABC):  # noqa: B024 - documented as a base class; every method has a default
    """Holds the environment and one handler of each kind. Registers nothing by itself."""

    #: Whether requests happen in this process, so that an `on_request` of the handler is called.
    takes_requests: bool = False

    def __init__(
        self,
        env: Environment,
        output_handler_cls: type[BaseOutputHandler],
        lifecycle_handler_cls: type[BaseLifecycleHandler],
        system_handler_cls: type[BaseSystemMetricsHandler],
        requests_handler_cls: type[BaseRequestHandler],
    ) -> None:
        """Make the handlers."""
        self.env = env
        self._username = os.getenv("USER", "unknown")
        self._hostname = socket.gethostname()
        self._pid = os.getpid()
        self._recording = False
        self.output = output_handler_cls(env)
        self.lifecycle = lifecycle_handler_cls(self.output, env)
        self.system = system_handler_cls(self.output, env)
        self.requests = requests_handler_cls(self.output, env)

    def on_cpu_warning(self, *args: Any, **kwargs: Any) -> None:
        """Pass Locust's CPU warning on, as `value` in percent."""
        self.lifecycle.on_cpu_warning(value=kwargs.get("cpu_usage"), unit="percent")

    def on_test_start(self, *args: Any, **kwargs: Any) -> None:
        """Listen for CPU warnings, and for single requests where the handler wants them."""
        _listen(self.env.events.cpu_warning, self.on_cpu_warning)
        if self.takes_requests:
            for listener in self._request_listeners():
                _listen(self.env.events.request, listener)

    def on_test_stop(self, *args: Any, **kwargs: Any) -> None:
        """Stop listening for CPU warnings. Requests that are still under way are taken to their end."""
        _unlisten(self.env.events.cpu_warning, self.on_cpu_warning)

    def _request_listeners(self) -> list[Callable[..., None]]:
        """Return who takes single requests: the handler, if its `on_request` does something. The package's do not."""
        takes_nothing = getattr(type(self.requests).on_request, "takes_nothing", False)
        return [] if takes_nothing else [self.requests.on_request]

    def _begin(self) -> bool:
        """Whether a test starts now; Locust may say so twice."""
        begins, self._recording = not self._recording, True
        return begins

    def _end(self) -> bool:
        """Whether a test ends now; Locust may say so twice."""
        ends, self._recording = self._recording, False
        return ends


class MasterNodeRecorder(BaseRecorder):
    """Records lifecycle, statistics and system of the process that directs the test."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Register on the events of a test."""
        super().__init__(*args, **kwargs)
        self.env.events.test_start.add_listener(self.on_test_start)
        self.env.events.test_stop.add_listener(self.on_test_stop)
        self.env.events.spawning_complete.add_listener(self.on_spawning_complete)
        self.env.events.reset_stats.add_listener(self.on_stats_reset)
        from locust_telemetry.session import Session

        session = Session.find(self.env)
        if session is not None:
            session.when_a_worker_changes(self.lifecycle.on_worker_change)

    def on_test_start(self, *args: Any, **kwargs: Any) -> None:
        """Record the start, then begin with requests and system."""
        if not self._begin():
            return
        super().on_test_start(*args, **kwargs)
        self.lifecycle.on_test_start()
        self.requests.start()
        self.system.start()

    def on_test_stop(self, *args: Any, **kwargs: Any) -> None:
        """Record the end, then end requests and system."""
        if not self._end():
            return
        super().on_test_stop(*args, **kwargs)
        self.lifecycle.on_test_stop()
        self.requests.stop()
        self.system.stop()

    def on_spawning_complete(self, user_count: int, **kwargs: Any) -> None:
        """Record that all users are there."""
        self.lifecycle.on_spawning_complete(user_count=user_count)
        if self.env.reset_stats:
            self.on_stats_reset()

    def on_stats_reset(self, **kwargs: Any) -> None:
        """Record that Locust has set its statistics back amid a test."""
        if self._recording:
            self.lifecycle.on_stats_reset()


class WorkerNodeRecorder(BaseRecorder):
    """Records system and CPU warnings of a worker; the lifecycle is the master's."""

    takes_requests = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Register on the events of a test."""
        super().__init__(*args, **kwargs)
        self.env.events.test_start.add_listener(self.on_test_start)
        self.env.events.test_stop.add_listener(self.on_test_stop)

    def on_test_start(self, *args: Any, **kwargs: Any) -> None:
        """Begin with system and requests."""
        if not self._begin():
            return
        super().on_test_start(*args, **kwargs)
        self.system.start()
        self.requests.start()

    def on_test_stop(self, *args: Any, **kwargs: Any) -> None:
        """End system and requests."""
        if not self._end():
            return
        super().on_test_stop(*args, **kwargs)
        self.system.stop()
        self.requests.stop()


class LocalNodeRecorder(MasterNodeRecorder):
    """Records a run in one process: what a master does, and the requests too."""

    takes_requests = True
