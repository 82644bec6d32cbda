"""The demo: starts the shop, and gives the arguments with which Locust visits it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: What the runs of the demo are called.
TESTPLAN = "demo-shop"

#: When the checkout gets slow, as a share of the run: enough before it to tell what is usual, enough after it to see it
#: while the run is on.
SLOW_FROM_SHARE = 0.4


def open_shop(slow_after_s: float | None = None) -> tuple[subprocess.Popen[str], str]:
    """Start the shop in a process of its own, which ends with this one; return it and its address.

    So many seconds after the first request its checkout gets slow; None is never. Raises OSError where the shop does
    not start.
    """
    command = [sys.executable, "-m", "locust_telemetry.demo.shop"]
    if slow_after_s is not None:
        command += ["--slow-after", str(slow_after_s)]
    # In a session of its own: Ctrl-C ends the test first, and with it the shop.
    shop = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True
    )
    assert shop.stdout is not None
    address = shop.stdout.readline().strip()
    if not address:
        raise OSError(f"the demo's shop did not start: status {shop.wait()}")
    return shop, address


def locust_arguments(address: str, seconds: int, users: int) -> list[str]:
    """Return the arguments of a headless run against the shop."""
    # All at once: so few users come at no cost, but Locust's workers read their options anew with each message to
    # spawn, of which there is one a second, and that holds their loop up.
    run = ["-f", locustfile(), "--headless", "-u", str(users), "-r", str(users), "-t", f"{seconds}s"]
    # Failures are part of the show, and records on the console would hide it.
    return [*run, "-H", address, "--testplan", TESTPLAN, "--exit-code-on-error", "0", "--lt-log-level", "warning"]


def locustfile() -> str:
    """Return the path of the visitors' locustfile."""
    return str(Path(__file__).with_name("visitors.py"))
