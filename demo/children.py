"""The demo's child processes: each with its own log file, each stopped by this script and by nothing broader.

A child runs in a session of its own, so that Ctrl-C reaches the script alone, which then ends its children in order.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

# How long the children may take to end by themselves once asked, in seconds, before they are killed.
GRACE_S = 8.0


class Child:
    """One started process, its name for messages, and the file with all that it printed."""

    def __init__(self, name: str, command: list[str], folder: Path, working_folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=working_folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def status(self) -> int | None:
        """The exit status (negative: the signal that ended it), or None while it runs."""
        return self.process.poll()

    def describe_end(self) -> str:
        """Its end in words."""
        status = self.status
        if status is None:
            return f"{self.name} is still running"
        if status < 0:
            return f"{self.name} was ended by signal {-status}"
        return f"{self.name} exited with status {status}"

    def last_lines(self, count: int) -> list[str]:
        """The last ``count`` lines of its log."""
        return self.log.read_text(errors="replace").splitlines()[-count:]


def stop(children: Iterable[Child]) -> None:
    """Asks every child that still runs to end, and kills those that have not after ``GRACE_S``."""
    running = [child for child in children if child.status is None]
    for child in running:
        child.process.terminate()
    deadline = time.monotonic() + GRACE_S
    for child in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.0, deadline - time.monotonic()))
        if child.status is None:
            child.process.kill()
            child.process.wait()
