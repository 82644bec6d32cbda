"""Child processes of a benchmark: run for their figures, or started with a log and ended whatever happens."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from settings import BenchmarkFailed

ROOT = Path(__file__).resolve().parent.parent

_GRACE_S = 10.0


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at the moment, and that no connection is given by chance."""
    while True:
        # The system takes the near ends of connections from above: one could hold the port before its server does.
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def figures_of(what: str, command: Sequence[str | Path], timeout_s: float | None = None) -> dict[str, Any]:
    """Run a program, called `what`, to its end in the repository's root; return the JSON of its last line."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=timeout_s, cwd=ROOT)
        figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except subprocess.CalledProcessError as error:
        raise BenchmarkFailed(f"{what} ended: {error.stderr[-1000:]}") from error
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise BenchmarkFailed(f"{what} could not run: {error}") from error
    return figures


class Child:
    """One child, with the file that takes what it prints; a context manager that ends it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        core: int | None,
        variables: Mapping[str, str] | None = None,
        says_first: bool = False,
    ) -> None:
        """Start it on `core` (None: anywhere), in `folder`, with these environment variables besides our own.

        With `says_first` its standard output is not logged but kept for `first_line`.
        """
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as output:
            try:
                self.process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**os.environ, **(variables or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE if says_first else output,
                    stderr=output,
                    text=True,
                )
            except OSError as error:
                raise BenchmarkFailed(f"cannot start {name}: {error}") from error
        if core is not None:
            os.sched_setaffinity(self.process.pid, {core})

    def first_line(self) -> str:
        """Return the first line that it prints, of a child that `says_first`."""
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        if not line:
            raise BenchmarkFailed(f"{self.name} did not start: {self.tail()}")
        return line

    def wait(self, timeout_s: float) -> int:
        """Return its exit status."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise BenchmarkFailed(f"{self.name} did not end within {timeout_s:g} s: {self.tail()}") from None

    def tail(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-1500:]

    def __enter__(self) -> Child:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it, gently first."""
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_GRACE_S)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
