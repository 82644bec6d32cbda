"""When frames go out between Locust's reports."""

from typing import Any

import gevent
import pytest
from locust_telemetry.core.channel import dispatch
from locust_telemetry.core.channel.dispatch import INTERVAL_S, Dispatch, seconds_until

from tests.channel_doubles import until


@pytest.mark.parametrize(
    ("phase_s", "now_s", "wait_s"),
    [(0.25, 100.0, 0.25), (0.25, 100.75, 0.5), (0.25, 100.25, 1.0), (0.05, 1_700_000_000.5, 0.55)],
)
def test_the_next_call_is_a_moment_after_the_end_of_a_second(phase_s: float, now_s: float, wait_s: float) -> None:
    assert seconds_until(phase_s, now_s) == pytest.approx(wait_s, abs=1e-6)


def test_workers_spread_within_the_first_quarter_of_a_second() -> None:
    phases = [Dispatch(lambda: None)._phase_s for _ in range(100)]
    assert 0.05 <= min(phases) < max(phases) <= 0.25
    assert len(set(phases)) > 90


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a dispatch that calls a hundred times a second, and its calls."""
    monkeypatch.setattr(dispatch, "INTERVAL_S", INTERVAL_S / 100)
    calls: list[bool] = []
    made = Dispatch(lambda: calls.append(True))
    yield made, calls
    made.stop()


def test_it_calls_again_and_again_until_it_is_stopped(called: Any) -> None:
    made, calls = called
    gevent.sleep(0.05)
    assert calls == []
    made.start()
    until("some calls", lambda: len(calls) >= 3)
    made.stop()
    made.stop()
    so_far = len(calls)
    gevent.sleep(0.05)
    assert len(calls) == so_far


def test_it_begins_once_and_again_after_a_stop(called: Any) -> None:
    made, calls = called
    made.start()
    first = made._greenlet
    made.start()
    assert made._greenlet is first
    made.stop()
    made.start()
    until("a call", lambda: bool(calls))
