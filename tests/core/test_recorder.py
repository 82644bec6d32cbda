"""Recorders: which events reach which handler, once each."""

from typing import Any

import pytest
from locust_telemetry.core.events import TelemetryEventsEnum as Event
from locust_telemetry.core.recorder import BaseRecorder, LocalNodeRecorder, MasterNodeRecorder, WorkerNodeRecorder

from tests.locust_doubles import HANDLERS, RUNNERS, QuietRequests, environment

CASES = [("master", MasterNodeRecorder), ("worker", WorkerNodeRecorder), ("local", LocalNodeRecorder)]


@pytest.fixture(params=CASES, ids=[role for role, _ in CASES])
def recorder(request: pytest.FixtureRequest) -> Any:
    role, recorder_cls = request.param
    return recorder_cls(environment(RUNNERS[role]()), **HANDLERS)


def fire(recorder: BaseRecorder, event: str, **kwargs: Any) -> None:
    getattr(recorder.env.events, event).fire(**kwargs)


def start(recorder: BaseRecorder) -> None:
    fire(recorder, "test_start", environment=recorder.env)


def stop(recorder: BaseRecorder) -> None:
    fire(recorder, "test_stop", environment=recorder.env)


def kept(recorder: Any) -> list[Any]:
    return [tl_type for tl_type, _ in recorder.output.kept]


def test_handlers_get_the_output_and_the_environment(recorder: Any) -> None:
    for handler in (recorder.lifecycle, recorder.system, recorder.requests):
        assert handler.output is recorder.output
        assert handler.env is recorder.env
    assert recorder.output.env is recorder.env


def test_a_test_starts_and_stops_the_handlers_once(recorder: Any) -> None:
    for run in (1, 2):
        start(recorder)
        start(recorder)
        assert (recorder.system.starts, recorder.requests.starts) == (run, run)
        stop(recorder)
        stop(recorder)
        assert (recorder.system.stops, recorder.requests.stops) == (run, run)


def test_a_stop_without_a_start_does_nothing(recorder: Any) -> None:
    stop(recorder)
    assert (recorder.system.stops, recorder.output.kept) == (0, [])


def test_the_lifecycle_is_recorded_by_who_directs_the_test(recorder: Any) -> None:
    start(recorder)
    fire(recorder, "spawning_complete", user_count=5)
    stop(recorder)
    directs = not isinstance(recorder, WorkerNodeRecorder)
    assert kept(recorder) == ([Event.TEST_START, Event.SPAWNING_COMPLETE, Event.TEST_STOP] if directs else [])
    if directs:
        assert recorder.output.kept[1][1] == {"user_count": 5}


def test_a_cpu_warning_during_the_test_is_recorded_everywhere(recorder: Any) -> None:
    warning = (Event.CPU_WARNING, {"value": 95.5, "unit": "percent"})
    fire(recorder, "cpu_warning", environment=recorder.env, cpu_usage=95.5)
    assert warning not in recorder.output.kept
    start(recorder)
    fire(recorder, "cpu_warning", environment=recorder.env, cpu_usage=95.5)
    assert recorder.output.kept.count(warning) == 1
    stop(recorder)
    fire(recorder, "cpu_warning", environment=recorder.env, cpu_usage=95.5)
    assert recorder.output.kept.count(warning) == 1


def test_a_reset_of_the_statistics_during_the_test_is_recorded_by_who_directs_the_test(recorder: Any) -> None:
    fire(recorder, "reset_stats")
    start(recorder)
    fire(recorder, "reset_stats")
    stop(recorder)
    fire(recorder, "reset_stats")
    assert kept(recorder).count(Event.STATS_RESET) == (0 if isinstance(recorder, WorkerNodeRecorder) else 1)


def test_a_reset_at_the_end_of_spawning_is_recorded_after_it(recorder: Any) -> None:
    recorder.env.reset_stats = True
    start(recorder)
    fire(recorder, "spawning_complete", user_count=5)
    directs = not isinstance(recorder, WorkerNodeRecorder)
    assert kept(recorder)[1:] == ([Event.SPAWNING_COMPLETE, Event.STATS_RESET] if directs else [])


def test_single_requests_reach_a_handler_that_overrides_on_request(recorder: Any) -> None:
    fire(recorder, "request", name="/early")
    start(recorder)
    start(recorder)
    fire(recorder, "request", name="/one")
    stop(recorder)
    fire(recorder, "request", name="/late")
    start(recorder)
    fire(recorder, "request", name="/two")
    seen = [event["name"] for event in getattr(recorder.requests, "seen", [])]
    assert seen == ([] if type(recorder) is MasterNodeRecorder else ["/one", "/late", "/two"])


@pytest.mark.parametrize(("role", "recorder_cls"), CASES)
def test_a_handler_that_takes_nothing_costs_no_request_a_call(role: str, recorder_cls: Any) -> None:
    recorder = recorder_cls(environment(RUNNERS[role]()), **{**HANDLERS, "requests_handler_cls": QuietRequests})
    start(recorder)
    assert recorder.requests.on_request not in recorder.env.events.request._handlers


def test_overriding_on_request_of_a_quiet_handler_is_enough_to_be_called() -> None:
    seen = []

    class Loud(QuietRequests):
        def on_request(self, *args: Any, **kwargs: Any) -> None:
            seen.append(kwargs)

    recorder = LocalNodeRecorder(environment(RUNNERS["local"]()), **{**HANDLERS, "requests_handler_cls": Loud})
    start(recorder)
    fire(recorder, "request", name="/")
    assert seen == [{"name": "/"}]


def test_the_base_recorder_registers_nothing_by_itself() -> None:
    env = environment(RUNNERS["local"]())
    before = {name: len(hook._handlers) for name, hook in vars(env.events).items()}
    BaseRecorder(env, **HANDLERS)
    assert {name: len(hook._handlers) for name, hook in vars(env.events).items()} == before
