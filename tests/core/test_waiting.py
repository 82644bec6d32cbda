"""One budget of seconds for an end."""

import time

import gevent
from locust_telemetry.core.waiting import Patience


def seconds(patience: Patience, share: float, done_after: int = 10**9) -> float:
    looks = iter(range(10**9))
    began = time.monotonic()
    patience.wait_for(lambda: next(looks) >= done_after, share)
    return time.monotonic() - began


def test_on_the_hub_it_waits_until_something_is_done_while_others_run() -> None:
    ran: list[bool] = []
    gevent.spawn(lambda: ran.append(True))
    assert seconds(Patience(30, on_hub=True), 1, done_after=3) < 10
    assert ran == [True]


def test_it_waits_for_its_share_of_the_budget_only() -> None:
    patience = Patience(10, on_hub=True)
    assert 0.09 <= seconds(patience, 0.01) < 5
    assert patience.left_s > 4


def test_off_the_hub_it_does_not_wait() -> None:
    assert seconds(Patience(30, on_hub=False), 1) < 5
