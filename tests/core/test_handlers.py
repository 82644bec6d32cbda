"""The contracts of handlers: context, and the lifecycle's default translation."""

from types import SimpleNamespace
from typing import Any

import pytest
from locust_telemetry.core.events import TelemetryEventsEnum as Event
from locust_telemetry.core.handlers import (
    BaseLifecycleHandler,
    BaseOutputHandler,
    BaseRequestHandler,
    BaseSystemMetricsHandler,
)

from tests.locust_doubles import KeepingOutput, Lifecycle, environment, local_runner, master_runner, worker_runner


@pytest.mark.parametrize(
    ("runner", "context"),
    [
        (master_runner(), {"source": "MasterRunner", "source_id": "master", "recorder": "master"}),
        (worker_runner(3), {"source": "WorkerRunner", "source_id": "worker-3", "recorder": "worker"}),
        (local_runner(), {"source": "LocalRunner", "source_id": "local", "recorder": "local"}),
        (None, {"source": "LocalRunner", "source_id": "local", "recorder": "local"}),
    ],
    ids=["master", "worker", "local", "no-runner"],
)
def test_the_context_says_who_records(runner: Any, context: dict[str, str]) -> None:
    env = environment(runner, testplan="checkout")
    output = KeepingOutput(env)
    assert output.get_context() == context
    assert output.get_context(active=True) == {**context, "run_id": None, "testplan": "checkout"}
    env.telemetry_meta = SimpleNamespace(run_id="r1", other=1)
    assert output.get_context(active=True) == {**context, "run_id": "r1", "testplan": "checkout"}


def test_the_context_needs_no_options() -> None:
    env = environment()
    env.parsed_options = None
    assert KeepingOutput(env).get_context(active=True)["testplan"] is None


@pytest.mark.parametrize(
    ("method", "event"),
    [
        ("on_test_start", Event.TEST_START),
        ("on_test_stop", Event.TEST_STOP),
        ("on_spawning_complete", Event.SPAWNING_COMPLETE),
        ("on_cpu_warning", Event.CPU_WARNING),
        ("on_stats_reset", Event.STATS_RESET),
    ],
)
def test_the_lifecycle_passes_events_with_their_attributes_on(method: str, event: Event) -> None:
    env = environment()
    output = KeepingOutput(env)
    getattr(Lifecycle(output, env), method)(value=1)
    assert output.kept == [(event, {"value": 1})]


def test_the_lifecycle_passes_a_workers_coming_and_going_on() -> None:
    env = environment()
    output = KeepingOutput(env)
    Lifecycle(output, env).on_worker_change(Event.WORKER_BACK, worker="worker-1", client_id="a")
    assert output.kept == [(Event.WORKER_BACK, {"worker": "worker-1", "client_id": "a"})]


@pytest.mark.parametrize("base", [BaseOutputHandler, BaseRequestHandler, BaseSystemMetricsHandler])
def test_abstract_handlers_cannot_be_made(base: Any) -> None:
    with pytest.raises(TypeError, match="abstract"):
        base(None) if base is BaseOutputHandler else base(None, None)


def test_the_lifecycle_has_a_default_for_everything() -> None:
    assert not getattr(BaseLifecycleHandler, "__abstractmethods__", None)
