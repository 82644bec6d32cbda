"""The demo: starts the shop, and gives the arguments with which Locust visits it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: What the runs of the demo are called.
TESTPLAN = "demo"

#: Users that come each second until all are there.
_SPAWN_RATE = 5


def open_shop() -> tuple[subprocess.Popen[str], str]:
    """Start the shop in a process of its own, which ends with this one; return it and its address.

    Raises OSError where it does not start.
    """
    shop = subprocess.Popen(
        [sys.executable, "-m", "locust_telemetry.demo.shop"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert shop.stdout is not None
    address = shop.stdout.readline().strip()
    if not address:
        raise OSError(f"the demo's shop did not start: status {shop.wait()}")
    return shop, address


def locust_arguments(address: str, seconds: int, users: int) -> list[str]:
    """Return the arguments of a headless run against the shop."""
    visitors = Path(__file__).with_name("visitors.py")
    run = ["-f", str(visitors), "--headless", "-u", str(users), "-r", str(_SPAWN_RATE), "-t", f"{seconds}s"]
    # Failures are part of the show, and records on the console would hide it.
    return [*run, "-H", address, "--testplan", TESTPLAN, "--exit-code-on-error", "0", "--lt-log-level", "warning"]
