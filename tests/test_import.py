"""Importing the package costs nothing but its own modules."""

import json
import os
import subprocess
import sys
import textwrap
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs /proc")

SCRIPT = """
    import json, os, sys
    import locust

    def target(descriptor):
        try:
            return os.readlink(f"/proc/self/fd/{descriptor}")
        except FileNotFoundError:  # the listing's own
            return None

    def state():
        return {
            "threads": sorted(os.listdir("/proc/self/task")),
            "files": sorted(filter(None, map(target, os.listdir("/proc/self/fd")))),
            "modules": sorted(sys.modules),
        }

    before = state()
    from locust_telemetry import entrypoint
    if sys.argv[1] == "initialize":
        entrypoint.initialize()
    print(json.dumps([before, state()]))
"""


@pytest.fixture(params=["import", "initialize"], scope="module")
def states(request: pytest.FixtureRequest) -> Any:
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), request.param]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_no_thread_is_started(states: Any) -> None:
    before, after = states
    assert after["threads"] == before["threads"]


def test_no_file_stays_open(states: Any) -> None:
    before, after = states
    assert after["files"] == before["files"]


def test_nothing_heavy_is_imported(states: Any) -> None:
    before, after = states
    heavy = ("psutil", "pythonjsonlogger", "opentelemetry", "grpc", "google", "numpy", "requests", "asyncio")
    added = set(after["modules"]) - set(before["modules"])
    assert "locust_telemetry.entrypoint" in added
    assert [name for name in added if name.split(".")[0] in heavy] == []


def test_the_package_alone_imports_not_even_locust() -> None:
    script = "import sys, locust_telemetry; print([m for m in ('locust', 'gevent', 'psutil') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


def test_public_names_are_loaded_when_used_and_others_do_not_exist() -> None:
    import locust_telemetry

    for name in (*locust_telemetry.__all__, "__version__"):
        assert getattr(locust_telemetry, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        locust_telemetry.nothing  # noqa: B018
