"""The demo's shop and the arguments of its run."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from locust_telemetry.demo import demo


def test_the_shop_answers_and_ends_with_its_standard_input() -> None:
    shop, address = demo.open_shop()
    try:
        for path in ("/", "/item/7", "/search"):
            with urllib.request.urlopen(address + path, timeout=10) as answer:
                assert answer.read() == f"GET {path}\n".encode()
        try:
            urllib.request.urlopen(address + "/nothing", timeout=10)
        except urllib.error.HTTPError as error:
            assert error.code == 404
        assert shop.stdin is not None
        shop.stdin.close()
        assert shop.wait(10) == 0
    finally:
        shop.kill()
        shop.wait()


def test_one_cart_in_a_hundred_fails_and_the_rest_are_taken() -> None:
    shop, address = demo.open_shop()
    try:
        statuses = []
        for _ in range(250):
            request = urllib.request.Request(address + "/cart", data=b"{}", method="POST")
            try:
                statuses.append(urllib.request.urlopen(request, timeout=10).status)
            except urllib.error.HTTPError as error:
                statuses.append(error.code)
        assert [place for place, status in enumerate(statuses, start=1) if status != 200] == [100, 200]
        assert set(statuses) == {200, 503}
    finally:
        shop.kill()
        shop.wait()


def test_the_checkout_gets_slow_so_long_after_the_first_request() -> None:
    shop, address = demo.open_shop(slow_after_s=1)

    def checkout_s() -> float:
        request = urllib.request.Request(address + "/checkout", data=b"{}", method="POST")
        began = time.monotonic()
        assert urllib.request.urlopen(request, timeout=10).status == 200
        return time.monotonic() - began

    try:
        # Before anybody comes, no time passes.
        time.sleep(1.1)
        before = min(checkout_s() for _ in range(3))
        time.sleep(1)
        # Four times the fastest is more than this, and the slowest usual one is not.
        assert before < 0.19 < min(checkout_s() for _ in range(3))
    finally:
        shop.kill()
        shop.wait()


def test_an_answer_does_not_wait_for_an_acknowledgement() -> None:
    shop, address = demo.open_shop()
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    try:
        times = []
        for _ in range(20):
            began = time.monotonic()
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"GET /\n"
            times.append(time.monotonic() - began)
        # An acknowledgement may take 40 ms.
        assert sorted(times)[10] < 0.03, times
    finally:
        connection.close()
        shop.kill()
        shop.wait()


def test_the_run_is_headless_named_and_of_the_given_length() -> None:
    arguments = demo.locust_arguments("http://127.0.0.1:1", seconds=7, users=3)
    given = dict(zip(arguments, arguments[1:], strict=False))
    assert (given["-t"], given["-u"], given["-H"], given["--testplan"]) == (
        "7s",
        "3",
        "http://127.0.0.1:1",
        "demo-shop",
    )
    assert Path(given["-f"]).is_file()


def test_the_command_runs_it_and_keeps_the_run(own_runs: Path) -> None:
    program = Path(sys.executable).with_name("locust-telemetry")
    done = subprocess.run(
        [program, "demo", "--seconds", "2", "--users", "2"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "A shop at http://127.0.0.1:" in done.stdout
    shown = subprocess.run([program, "show", demo.TESTPLAN], capture_output=True, text=True, timeout=60)
    assert "/item/[id]" in shown.stdout
    assert own_runs.exists()
