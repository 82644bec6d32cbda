"""The listener under many greenlets, real threads, and forks: every request is counted once."""

import os
import subprocess
import sys
import textwrap

import gevent
import pytest
from gevent.threadpool import ThreadPool

from tests.native.counting import REQUEST, Counting, drain, rows


def test_counts_are_exact_from_many_greenlets() -> None:
    counting = Counting()

    def user(number: int) -> None:
        for step in range(100):
            counting.fire(name=f"/{number % 7}", exception=ValueError() if step % 4 == 0 else None)
            if step % 10 == 0:
                gevent.sleep(0)

    gevent.joinall([gevent.spawn(user, number) for number in range(100)], raise_error=True)
    window = counting.window()
    assert (window.total_requests, window.total_failures) == (10_000, 2_500)


def test_counts_are_exact_from_real_threads_while_windows_are_closed() -> None:
    counting = Counting()
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    pool = ThreadPool(8)
    try:

        def work(number: int) -> None:
            for step in range(5_000):
                counting.engine.listener(**{**REQUEST, "name": f"/{number}", "response_time": step})

        jobs = [pool.spawn(work, number) for number in range(8)]
        requests = 0
        while not all(job.ready() for job in jobs):
            counting.engine.flush()
            requests += drain(counting.subscription)
            gevent.sleep(0.001)
        for job in jobs:
            job.get()
        counting.engine.flush()
        requests += drain(counting.subscription)
    finally:
        sys.setswitchinterval(switch)
        pool.kill()
    assert requests + counting.subscription.dropped_requests == 40_000
    assert counting.subscription.dropped_requests == 0


def test_series_from_real_threads_do_not_mix() -> None:
    counting = Counting()
    pool = ThreadPool(4)

    def work(number: int) -> None:
        for _ in range(2_000):
            counting.engine.listener(**{**REQUEST, "name": f"/{number}", "response_time": number})

    for job in [pool.spawn(work, number) for number in range(1, 5)]:
        job.get()
    pool.kill()
    assert {row["name"]: (row["requests"], row["min_ms"], row["max_ms"]) for row in rows(counting.window())} == {
        f"/{number}": (2_000, number, number) for number in range(1, 5)
    }


FORK = """
    import os, sys
    from gevent import monkey
    from locust_telemetry._native import Engine
    from tests.native.counting import IDENTITY, REQUEST, drain

    # The system's own: gevent's waitpid may miss a child that ends at once.
    fork, waitpid = (monkey.get_original("os", name) for name in ("fork", "waitpid"))
    engine = Engine()
    subscription = engine.subscribe("test")

    def fire(calls):
        for _ in range(calls):
            engine.listener(**REQUEST)

    def check(expected):
        engine.flush()
        counted = drain(subscription)
        if counted != expected:
            print(f"counted {counted}, not {expected}", file=sys.stderr)
        return counted == expected
"""

BEFORE_THE_RUN = """
    child = fork()
    engine.start_run(**IDENTITY)
    engine.start(1.0)
    fire(30_000 if child else 20_000)
    exact = check(30_000 if child else 20_000)
    if not child:
        os._exit(0 if exact else 1)
    sys.exit(0 if waitpid(child, 0)[1] == 0 and exact else 1)
"""

DURING_THE_RUN = """
    engine.start_run(**IDENTITY)
    engine.start(1.0)
    fire(1_000)
    child = fork()
    if child:
        fire(3_000)
        exact = check(4_000)
    else:
        # What the session does in its fork hook.
        engine.renew_after_fork()
        subscription = engine.subscribe("child")
        engine.start_run(**IDENTITY)
        fire(2_000)
        exact = check(2_000)
        os._exit(0 if exact else 1)
    sys.exit(0 if waitpid(child, 0)[1] == 0 and exact else 1)
"""


@pytest.mark.parametrize("when", [BEFORE_THE_RUN, DURING_THE_RUN], ids=["before-the-run", "during-the-run"])
def test_parent_and_child_each_count_their_own_after_a_fork(when: str) -> None:
    script = textwrap.dedent(FORK) + textwrap.dedent(when)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
