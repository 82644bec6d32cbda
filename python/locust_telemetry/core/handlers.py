"""The contracts of handlers: what takes records, lifecycle events, requests and system samples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from locust_telemetry.common.helpers import get_source_id
from locust_telemetry.core.events import TelemetryEventsEnum, TelemetryMetricsEnum
from locust_telemetry.core.role import role_of, source_of
from locust_telemetry.metadata import get_test_metadata

if TYPE_CHECKING:
    from locust.env import Environment


class BaseOutputHandler(ABC):
    """Takes records to where they belong."""

    def __init__(self, env: Environment) -> None:
        """Keep the environment."""
        self.env = env

    def get_context(self, active: bool = False) -> dict[str, Any]:
        """Return what every record carries: `source`, `source_id`, `recorder`; if active, also `run_id`, `testplan`."""
        runner = self.env.runner
        context: dict[str, Any] = {
            "source": source_of(runner),
            "source_id": get_source_id(self.env),
            "recorder": role_of(runner),
        }
        if active:
            context["run_id"] = get_test_metadata(self.env).get("run_id")
            context["testplan"] = getattr(self.env.parsed_options, "testplan", None)
        return context

    @abstractmethod
    def record_event(self, tl_type: TelemetryEventsEnum, *args: Any, **kwargs: Any) -> None:
        """Record an event with its attributes."""

    @abstractmethod
    def record_metrics(self, tl_type: TelemetryMetricsEnum, *args: Any, **kwargs: Any) -> None:
        """Record a figure with its attributes."""


class _OutputUser(ABC):  # noqa: B024 - the handlers below add what is abstract
    """What all handlers but the output's own have: the output, and the environment."""

    def __init__(self, output: BaseOutputHandler, env: Environment) -> None:
        """Keep the output and the environment."""
        self.output = output
        self.env = env


class BaseLifecycleHandler(_OutputUser):  # noqa: B024 - documented as a base class; every method has a default
    """Turns the moments of a test into events of the output handler."""

    def on_test_start(self, *args: Any, **kwargs: Any) -> None:
        """Take the start of a test."""
        self.output.record_event(TelemetryEventsEnum.TEST_START, *args, **kwargs)

    def on_test_stop(self, *args: Any, **kwargs: Any) -> None:
        """Take the end of a test."""
        self.output.record_event(TelemetryEventsEnum.TEST_STOP, *args, **kwargs)

    def on_spawning_complete(self, *args: Any, **kwargs: Any) -> None:
        """Take the end of spawning; `user_count` is how many users there are now."""
        self.output.record_event(TelemetryEventsEnum.SPAWNING_COMPLETE, *args, **kwargs)

    def on_cpu_warning(self, *args: Any, **kwargs: Any) -> None:
        """Take Locust's warning that this process needs too much CPU."""
        self.output.record_event(TelemetryEventsEnum.CPU_WARNING, *args, **kwargs)

    def on_stats_reset(self, *args: Any, **kwargs: Any) -> None:
        """Take that Locust has set its statistics back; what is recorded here goes on."""
        self.output.record_event(TelemetryEventsEnum.STATS_RESET, *args, **kwargs)

    def on_worker_change(self, event: TelemetryEventsEnum, *args: Any, **kwargs: Any) -> None:
        """Take that a worker came or went: `worker` is its source id, `client_id` what Locust calls it."""
        self.output.record_event(event, *args, **kwargs)


class BaseRequestHandler(_OutputUser):
    """Takes requests, one by one or as statistics."""

    @abstractmethod
    def start(self) -> None:
        """Begin, at the start of a test."""

    @abstractmethod
    def stop(self) -> None:
        """End, at the end of a test, and let go of resources."""

    @abstractmethod
    def on_request(self, *args: Any, **kwargs: Any) -> None:
        """Take one finished request. Called on workers and in local runs, for each request of the test."""


class BaseSystemMetricsHandler(_OutputUser):
    """Takes samples of the machine."""

    @abstractmethod
    def start(self) -> None:
        """Begin, at the start of a test."""

    @abstractmethod
    def stop(self) -> None:
        """End, at the end of a test."""
