"""The engine's life: runs, windows, flushes, summaries, the JSON file, and its threads."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from locust_telemetry._native import DEFAULT_MAX_SERIES, Engine, Flush, Subscription

from tests.native.counting import IDENTITY, REQUEST, Counting, drain
from tests.native_threads import thread_names


def native_threads() -> set[str]:
    return {name for name in thread_names() if name.startswith("lt-")}


def eventually(happens: Callable[[], bool], within_s: float = 5) -> bool:
    deadline = time.monotonic() + within_s
    while not happens() and time.monotonic() < deadline:
        time.sleep(0.01)
    return happens()


def test_an_engine_starts_no_thread_before_it_is_told_to() -> None:
    before = native_threads()
    engine = Engine()
    engine.listener(**REQUEST)
    engine.subscribe("test")
    engine.start_run(**IDENTITY)
    engine.flush()
    assert native_threads() == before


def test_shutdown_ends_the_threads_that_start_began() -> None:
    engine = Engine()
    engine.start(0.1)
    assert eventually(lambda: "lt-window" in native_threads())
    engine.shutdown()
    assert eventually(lambda: not native_threads())


def test_shutdown_without_start_and_twice_is_harmless() -> None:
    engine = Engine()
    engine.shutdown()
    engine.shutdown()


@pytest.mark.parametrize("interval_s", [-1.0, float("nan"), float("inf"), 1e300])
def test_an_interval_that_is_none_is_refused(interval_s: float) -> None:
    with pytest.raises(ValueError, match="not an interval"):
        Engine().start(interval_s)


def test_windows_close_by_themselves_each_second() -> None:
    counting = Counting()
    counting.engine.start(1.0)
    try:
        counting.fire()
        counted = [0]

        def fetched() -> bool:
            counted.append(drain(counting.subscription))
            return sum(counted) > 0

        assert eventually(fetched)
        assert sum(counted) == 1
    finally:
        counting.engine.shutdown()


def test_a_started_engine_samples_the_system() -> None:
    engine = Engine()
    assert engine.system() is None
    engine.start(0.05)
    try:
        assert eventually(lambda: engine.system() is not None)
        sample = engine.system()
        assert sample is not None
        assert abs(sample.time - time.time()) < 10
        assert 0 < sample.process_memory_bytes < sample.host_memory_total_bytes
        assert 0 <= sample.host_cpu_percent <= 100
        assert sample.process_cpu_percent >= 0
        assert sample.network_sent_bytes >= 0 and sample.network_received_bytes >= 0
    finally:
        engine.shutdown()
    assert engine.system() is None


def test_a_run_has_nothing_of_the_one_before() -> None:
    counting = Counting()
    counting.fire(name="/old")
    counting.engine.start_run(**{**IDENTITY, "run_id": "run-2"})
    counting.fire(name="/new")
    counting.engine.flush()
    windows = [counting.subscription.next(), counting.subscription.next()]
    assert [(w.run_id, w.names) for w in windows if w is not None] == [("run-1", ("/old",)), ("run-2", ("/new",))]


def test_requests_that_finish_after_the_stop_are_still_counted() -> None:
    counting = Counting()
    counting.fire()
    counting.engine.stop_run()
    counting.engine.stop_run()
    counting.fire()
    counting.engine.flush()
    assert drain(counting.subscription) == 2


def test_held_windows_come_under_the_name_given_at_release() -> None:
    engine = Engine()
    subscription = engine.subscribe("test")
    engine.hold()
    engine.start_run(**{**IDENTITY, "source_id": ""})
    engine.listener(**REQUEST)
    engine.flush()
    assert subscription.next() is None
    engine.release(**{**IDENTITY, "role": "worker", "source": "WorkerRunner", "source_id": "worker-3"})
    window = subscription.next()
    assert window is not None
    assert (window.source, window.source_id, window.total_requests) == ("WorkerRunner", "worker-3", 1)


@pytest.mark.parametrize("method", ["start_run", "release"])
@pytest.mark.parametrize("role", ["", "Master", "other"])
def test_a_role_is_one_of_three(method: str, role: str) -> None:
    with pytest.raises(ValueError, match="master, worker or local"):
        getattr(Engine(), method)(**{**IDENTITY, "role": role})


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no str")


def test_metadata_and_labels_may_hold_anything() -> None:
    engine = Engine()
    odd: dict[Any, Any] = {
        "a": None,
        1: b"x",
        "nested": {"x": [1]},
        "odd": Unprintable(),
        Unprintable(): 1,
        "\ud800": "\ud800",
    }
    engine.start_run(**{**IDENTITY, "metadata": odd, "labels": odd})
    summary = engine.summary()
    json.dumps(summary)
    assert "(unprintable Unprintable)" in str(summary)


def test_events_and_ticks_are_in_the_window() -> None:
    counting = Counting()
    counting.engine.event("locust.tl.event.test.start", {"odd": Unprintable(), "x": 1})
    counting.engine.tick(0.25, 7)
    counting.engine.tick(0.1, 9)
    window = counting.window()
    assert window.events == ["locust.tl.event.test.start"]
    assert window.users == 9
    assert window.hub_lag_ms == pytest.approx(250)


@pytest.mark.parametrize("lag_s", [-1.0, float("nan"), float("-inf")])
def test_a_lag_that_is_none_counts_as_zero(lag_s: float) -> None:
    counting = Counting()
    counting.engine.tick(lag_s, 1)
    assert counting.window().hub_lag_ms == 0


def test_a_window_without_a_tick_has_no_lag() -> None:
    assert Counting().window().hub_lag_ms is None


def test_there_is_no_summary_before_a_run() -> None:
    assert Engine().summary() is None


def test_the_summary_counts_what_was_fired() -> None:
    counting = Counting()
    for number in range(10):
        counting.fire(exception=ValueError() if number < 3 else None)
    counting.fire(response_time=None)
    counting.engine.flush()
    summary = counting.engine.summary()
    assert summary is not None
    assert (summary["num_requests"], summary["num_failures"]) == (11, 3)
    json.dumps(summary)


def test_a_flush_without_recorders_is_done_at_once() -> None:
    flush = Engine().flush()
    assert isinstance(flush, Flush)
    assert flush.done
    assert flush.wait(0.0)
    assert flush.wait(-1.0)
    assert flush.wait(float("nan"))


def test_the_json_file_gets_submitted_records_and_a_flush_says_when(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    counting = Counting()
    counting.engine.open_json_file(path, 1_000_000, 2, 1.0, True)
    counting.engine.submit("INFO", "name", "message ü", {"a": float("nan"), "odd": Unprintable()})
    flush = counting.engine.flush()
    assert flush.wait(5.0)
    assert flush.done
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert {"a": None, "odd": "(unprintable Unprintable)"} in [line["telemetry"] for line in lines]
    assert counting.engine.take_notices() == []
    counting.engine.shutdown()


def test_a_file_that_cannot_be_opened_is_an_os_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "run.jsonl"
    with pytest.raises(OSError, match="missing"):
        Engine().open_json_file(path, 1_000_000, 2, 1.0, True)


@pytest.mark.parametrize("max_series", [-1, 2**70, "many", 1.5])
def test_a_limit_that_is_no_count_is_refused(max_series: Any) -> None:
    with pytest.raises((OverflowError, TypeError)):
        Engine(max_series)
    with pytest.raises((OverflowError, TypeError)):
        Engine().set_max_series(max_series)


def test_a_limit_of_zero_still_counts() -> None:
    counting = Counting(max_series=0)
    counting.fire(name="/a")
    counting.fire(name="/b")
    assert counting.window().total_requests == 2


def test_the_limit_can_be_changed_and_has_a_default() -> None:
    assert DEFAULT_MAX_SERIES == 10_000
    counting = Counting(max_series=1)
    counting.engine.set_max_series(3)
    for number in range(5):
        counting.fire(name=f"/{number}")
    assert set(counting.window().names) == {"/0", "/1", "/2", "(overflow)"}


def test_windows_that_nobody_fetches_are_dropped_and_counted() -> None:
    counting = Counting()
    fetching: Subscription = counting.engine.subscribe("fetching")
    fetched = 0
    for _ in range(150):
        for number in range(1_000):
            counting.fire(name=f"/{number}")
        counting.engine.flush()
        fetched += drain(fetching)
    dropped = counting.subscription.dropped_requests
    assert fetched == 150_000
    assert dropped > 0
    assert drain(counting.subscription) + dropped == 150_000
    assert fetching.dropped_requests == 0


def test_classes_are_final_and_cannot_be_made_by_hand() -> None:
    with pytest.raises(TypeError):
        type("Sub", (Engine,), {})
    for cls in (Flush, Subscription):
        with pytest.raises(TypeError):
            cls()


def test_an_engine_works_from_another_thread() -> None:
    counting = Counting()
    thread = threading.Thread(target=counting.fire)
    thread.start()
    thread.join()
    assert counting.window().total_requests == 1
