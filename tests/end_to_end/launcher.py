"""Starts real Locust processes, each with its own files, and ends those that a test leaves behind."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from .counts import COUNTS_FOLDER
from .versions import Version

LOCUSTFILES = Path(__file__).resolve().parent / "locustfiles"

#: Seconds that a process may take beyond its test: starting on a busy machine, last reports, ending.
PATIENCE_S = 40.0

#: Below those that the system gives to connections.
PORTS = (20_000, 32_000)

_POLL_S = 0.02

Found = TypeVar("Found")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on at the moment, and that no connection is given by chance."""
    while True:
        # The system takes the near ends of connections from above: one could hold the port before its server does.
        port = random.randrange(*PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(what: str, look: Callable[[], Found | None], timeout_s: float = PATIENCE_S) -> Found:
    """Look until there is something true; raises AssertionError with `what` after the timeout."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(_POLL_S)
    return found


class LocustProcess:
    """One process that a test started, in a process group of its own."""

    def __init__(self, name: str, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self._stdout = folder / f"{name}.out"
        self._stderr = folder / f"{name}.err"
        with self._stdout.open("wb") as stdout, self._stderr.open("ab") as stderr:
            self._process = subprocess.Popen(
                command, stdout=stdout, stderr=stderr, cwd=folder, env=dict(environment), start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def stdout(self) -> str:
        return self._stdout.read_text()

    @property
    def stderr(self) -> str:
        return self._stderr.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def group_runs(self) -> bool:
        """Whether any process of its group runs: itself or a child."""
        self._process.poll()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, 0)
            return True
        return False

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """Return the exit status (minus the signal, where one ended it)."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout_s:g} s:\n{self.stderr[-3000:]}") from None

    def wait_for_users(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait until Locust says that all users are there, or, on a busy machine, that it has not heard from all."""

        def look() -> bool:
            said = self.stderr
            found = "All users spawned" in said or "Spawning is complete" in said
            assert found or self.is_running, f"{self.name} ended without users:\n{said[-3000:]}"
            return found

        wait_until(f"the users of {self.name}", look, timeout_s)

    def largest_memory_mib(self) -> float:
        """Wait for the end; return the largest memory that was seen meanwhile."""
        largest = 0.0
        deadline = time.monotonic() + PATIENCE_S
        while self.is_running:
            assert time.monotonic() < deadline, f"{self.name} did not end within {PATIENCE_S:g} s"
            largest = max(largest, _resident_mib(self.pid))
            time.sleep(_POLL_S)
        return largest

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this one process."""
        self._process.send_signal(number)

    def end(self) -> None:
        """Kill what still runs of its group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


class Launcher:
    """Starts processes of one Locust version in one folder."""

    def __init__(self, version: Version, folder: Path, target_url: str) -> None:
        self.version = version
        self.folder = folder
        self.target_url = target_url
        self.json_file = folder / "run.jsonl"
        #: Variables of every process.
        self.variables: dict[str, str] = {}
        self._processes: list[LocustProcess] = []

    def beside(self, name: str) -> Launcher:
        """Return a launcher with a folder of its own, for another run of the same test."""
        folder = self.folder / name
        folder.mkdir()
        other = Launcher(self.version, folder, self.target_url)
        other._processes = self._processes
        return other

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the variables of a process: none of Locust's but those that the test gives."""
        variables = {key: value for key, value in os.environ.items() if not key.startswith(("LOCUST", "PYTEST"))}
        return {
            **variables,
            COUNTS_FOLDER: str(self.folder),
            "PYTHONPATH": str(LOCUSTFILES),
            # Where a run is kept that says nothing of it.
            "XDG_DATA_HOME": str(self.folder),
            **self.variables,
            **(extra or {}),
        }

    def run(self, name: str, command: list[str], variables: Mapping[str, str] | None = None) -> LocustProcess:
        """Start any command."""
        process = LocustProcess(name, command, self.folder, self.environment(variables))
        self._processes.append(process)
        return process

    def locust(
        self,
        name: str,
        locustfile: str,
        *options: str,
        recorder: str = "json",
        program: list[str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> LocustProcess:
        """Start Locust with a locustfile of the tests, recorded once a second to `json_file` (or with `none`)."""
        command = [*(program or [self.version.locust]), "-f", _paths(locustfile), "-H", self.target_url]
        command += ["--enable-telemetry-recorder", recorder]
        if recorder != "none":
            command += ["--lt-json-file", str(self.json_file), "--lt-stats-recorder-interval", "1"]
        return self.run(name, [*command, *options], variables)

    def local(self, locustfile: str, *options: str, seconds: float = 2, users: int = 6, **more: Any) -> LocustProcess:
        """Start a headless run in one process."""
        return self.locust("local", locustfile, *headless(seconds, users), *options, **more)

    def close(self) -> None:
        """End everything that was started here."""
        for process in self._processes:
            process.end()


class Cluster:
    """A master and its workers, each a process of its own."""

    def __init__(self, launcher: Launcher, locustfile: str, *options: str, **settings: Any) -> None:
        self._launcher = launcher
        self._locustfile = locustfile
        self._settings = settings
        self._port = str(free_port())
        bind = ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", self._port]
        self.workers: list[LocustProcess] = []
        self.master = launcher.locust("master", locustfile, *bind, *options, **settings)

    @classmethod
    def headless(
        cls,
        launcher: Launcher,
        locustfile: str,
        *options: str,
        workers: int = 2,
        seconds: float = 2,
        users: int = 6,
        **settings: Any,
    ) -> Cluster:
        """Start a headless run that begins once all workers are there."""
        begin = [*headless(seconds, users), "--expect-workers", str(workers)]
        cluster = cls(launcher, locustfile, *begin, *options, **settings)
        for _ in range(workers):
            cluster.add_worker()
        return cluster

    def add_worker(self, *options: str, variables: Mapping[str, str] | None = None) -> LocustProcess:
        """Start one more worker, with variables of its own instead of the cluster's if some are given."""
        join = ["--worker", "--master-host", "127.0.0.1", "--master-port", self._port]
        name = f"worker-process-{len(self.workers)}"
        settings = self._settings if variables is None else {**self._settings, "variables": variables}
        worker = self._launcher.locust(name, self._locustfile, *join, *options, **settings)
        self.workers.append(worker)
        return worker

    @property
    def processes(self) -> list[LocustProcess]:
        return [self.master, *self.workers]

    def wait(self, timeout_s: float = PATIENCE_S) -> list[int]:
        """Return all exit statuses, the master's first."""
        return [process.wait(timeout_s) for process in self.processes]


def headless(seconds: float, users: int) -> list[str]:
    """Return the options of a run without web page: all users at once, ended by its run time."""
    return ["--headless", "-u", str(users), "-r", str(users), "-t", f"{seconds:g}s"]


def _resident_mib(pid: int) -> float:
    """Return the memory of a process, 0 where it is gone."""
    with contextlib.suppress(OSError):
        found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def _paths(locustfile: str) -> str:
    """Return the paths of locustfiles that are given by name, separated by commas; a path stays as it is."""
    return ",".join(str(LOCUSTFILES / name) for name in locustfile.split(","))
