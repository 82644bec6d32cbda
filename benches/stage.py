"""What Locust plays on at full speed: an HTTP target, an OTLP sink, and a core that is the worker's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import Child
from settings import Settings

SINK = Path(__file__).with_name("otlp_sink.py")

USERS = 30
#: Seconds beyond the test that starting and ending may take.
ALLOWANCE_S = 60
#: What recording should leave of a worker's rate.
TARGET_RATIO = 0.99


@dataclass(frozen=True)
class Stage:
    """Where the target and the sink are, and on which cores what runs; None is any."""

    url: str
    otlp: str
    worker_core: int | None
    other_core: int | None


@contextmanager
def set_up(settings: Settings, folder: Path) -> Iterator[Stage]:
    """Start target and sink, which log to `folder`; end them afterwards."""
    cores = sorted(os.sched_getaffinity(0))
    # On one core everything shares it; the CPU time still tells.
    worker_core, other_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    with ExitStack() as stack:
        serve = (settings.target_binary, "--port", "0", "--exit-after", "7200")
        target = stack.enter_context(Child("target", serve, folder, other_core, says_first=True))
        sink = stack.enter_context(Child("sink", (settings.peer_python, SINK), folder, other_core, says_first=True))
        url, otlp = target.first_line().rpartition(" ")[2], f"http://127.0.0.1:{sink.first_line()}"
        yield Stage(url, otlp, worker_core, other_core)
