"""The demo: a small shop under load from Locust's master and workers, twice, recorded, then summed up and compared.

Run from the project's own environment: ``.venv/bin/python demo/run.py``. It starts the package's own shop, one master
and some workers on 127.0.0.1, shows live figures and the address of the live page while they run, and prints the
summary. Then the same again, but one endpoint gets slow on the way: something to find with the two runs. The load is
small, so that a busy machine carries it, too. It ends all that it started, whatever happens. Everything written goes
to ``demo/out``.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from children import Child, stop
from locust_telemetry.demo import demo
from progress import Progress, TotalsTail

DEMO = Path(__file__).resolve().parent
PROJECT = DEMO.parent
OUTPUT = DEMO / "out"
# Beside the interpreter that runs this script: an environment's programs are found without activating it.
PROGRAM = Path(sys.executable).with_name("locust-telemetry")

STORE = "demo/out/runs.db"

# Beyond the test itself: how long starting, the workers' last reports and ending may take.
ALLOWANCE_S = 30
LOG_LINES_SHOWN = 15


class DemoFailed(Exception):
    """The demo cannot go on; the message says why, ``child`` whose log tells more."""

    def __init__(self, message: str, child: Child | None = None) -> None:
        super().__init__(message)
        self.child = child


def parse_arguments() -> argparse.Namespace:
    """The command line; counts and times are whole and positive."""

    def positive(text: str) -> int:
        if (number := int(text)) < 1:
            raise argparse.ArgumentTypeError("must be 1 or more")
        return number

    parser = argparse.ArgumentParser(description="Runs the demo: a shop, a master and workers, and what they show.")
    parser.add_argument("--seconds", type=positive, default=20, help="length of the test (default %(default)s)")
    parser.add_argument("--workers", type=positive, default=2, help="worker processes (default %(default)s)")
    parser.add_argument("--users", type=positive, default=30, help="simulated users (default %(default)s)")
    return parser.parse_args()


def prepare_output() -> None:
    """Makes the output folder, without the results of an earlier run; anything else in it stays."""
    OUTPUT.mkdir(exist_ok=True)
    for pattern in ("*.jsonl", "*.log", "*.html", "runs.db*"):
        for path in OUTPUT.glob(pattern):
            path.unlink()


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on at the moment, and that no connection is given by chance."""
    while True:
        # The system takes the near ends of connections from above: one could hold the port before its server does.
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def start_child(children: list[Child], name: str, command: list[str]) -> Child:
    """Starts one child and notes it in ``children``, so that it is stopped whatever comes next."""
    try:
        child = Child(name, command, OUTPUT, PROJECT)
    except OSError as error:
        raise DemoFailed(f"cannot start {name}: {error}") from error
    children.append(child)
    return child


@contextlib.contextmanager
def open_shop(slow_after_s: float | None) -> Iterator[str]:
    """A shop while it is needed: its address."""
    try:
        shop, address = demo.open_shop(slow_after_s)
    except OSError as error:
        raise DemoFailed(str(error)) from error
    try:
        yield address
    finally:
        shop.kill()
        shop.wait()


class Run:
    """One of the demo's tests: its number, and the files that it writes, relative to the project."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.json = f"demo/out/run-{number}.jsonl"
        self.report = f"demo/out/report-{number}.html"

    @property
    def worker_jsons(self) -> list[str]:
        """The workers' files, as far as they exist."""
        return [str(path.relative_to(PROJECT)) for path in sorted(OUTPUT.glob(f"run-{self.number}.worker-*.jsonl"))]


def start_locust(children: list[Child], options: argparse.Namespace, address: str, run: Run) -> list[Child]:
    """Starts the master and then its workers; returns them in that order."""
    port = str(free_port())
    # The same file name for all: each worker adds its own index to it.
    command = [str(PROGRAM), "run", "--lt-json-file", run.json]
    master = [*command, *demo.locust_arguments(address, options.seconds, options.users)]
    master += ["--master", "--expect-workers", str(options.workers)]
    master += ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]
    master += ["--lt-store", STORE, "--lt-report", run.report]
    worker = [*command, "-f", demo.locustfile(), "--worker", "--master-host", "127.0.0.1", "--master-port", port]

    started = [start_child(children, f"master-{run.number}", master)]
    for number in range(1, options.workers + 1):
        started.append(start_child(children, f"worker-process-{run.number}-{number}", worker))
    return started


def live_page(master: Child) -> str | None:
    """The address of the live page, once the master has said it."""
    found = re.search(r"Live page of Locust Telemetry: (\S+)", master.log.read_text(errors="replace"))
    return found[1] if found else None


def watch(locust: list[Child], run: Run, seconds: int) -> None:
    """Shows the progress until master and workers have ended as they should; raises if one does not."""
    started_at = time.monotonic()
    progress = Progress(TotalsTail(PROJECT / run.json), seconds)
    page = None
    try:
        while any(child.status is None for child in locust):
            elapsed_s = time.monotonic() - started_at
            check_children(locust, may_end=elapsed_s >= seconds)
            if elapsed_s > seconds + ALLOWANCE_S:
                late = next((child for child in locust if child.status is None), None)
                raise DemoFailed(f"not finished after {elapsed_s:.0f} s", late)
            if page is None and (page := live_page(locust[0])):
                print(f"  live page, while it runs: {page}", flush=True)
            progress.update()
            time.sleep(0.1)
        check_children(locust, may_end=time.monotonic() - started_at >= seconds)
    finally:
        progress.close()
    if page is None:
        raise DemoFailed("the master served no live page", locust[0])


def check_children(locust: list[Child], may_end: bool) -> None:
    """Raises if a child has ended too early, or with a status that is not its due."""
    for child in locust:
        if child.status is None:
            continue
        if not may_end:
            raise DemoFailed(f"{child.describe_end()} before the test was over", child)
        if child.status != 0:
            raise DemoFailed(child.describe_end(), child)


def print_summary(run: Run) -> None:
    """Lets the program sum up the files of a run, then names what was written, with sizes."""
    names = [run.json, *run.worker_jsons]
    print(flush=True)
    try:
        status = subprocess.run([PROGRAM, "summary", *names], cwd=PROJECT, timeout=ALLOWANCE_S).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DemoFailed(f"the summary did not run: {error}") from error
    if status != 0:
        raise DemoFailed(f"the summary exited with status {status}")
    if not (PROJECT / run.report).exists():
        raise DemoFailed(f"there is no report {run.report}")
    print()
    for what, name in [("report", run.report), *(("records", name) for name in names)]:
        print(f"  {what:8} {name}  {(PROJECT / name).stat().st_size / 1024:,.1f} KiB")
    print(flush=True)


def run_id(run: Run) -> str:
    """The id under which a run is kept, as its master said."""
    found = re.search(r"Run (\S+) is kept", (OUTPUT / f"master-{run.number}.log").read_text(errors="replace"))
    if not found:
        raise DemoFailed(f"run {run.number} was not kept")
    return found[1]


def print_next_steps(first: Run, second: Run) -> None:
    """The question that the two runs answer, and where."""
    program = PROGRAM.relative_to(PROJECT) if PROGRAM.is_relative_to(PROJECT) else PROGRAM
    overlay = f"http://127.0.0.1:8090/#run={run_id(second)}&compare={run_id(first)}"
    print("In the second run one endpoint got slow: which one, when, and can you trust it? Look at any of these:")
    print(f"  {second.report}    the report: open it in a browser")
    print(f"  {program} serve --store {STORE}    and then the second run laid over the first:")
    print(f"      {overlay}")
    print(f"  {program} show @1 --store {STORE}    the second run in this terminal")


def run_demo(options: argparse.Namespace, children: list[Child]) -> None:
    """The demo from start to end; every process of Locust's is in ``children``."""
    if not PROGRAM.exists():
        raise DemoFailed(f"{PROGRAM} is missing: install the project into this environment first")
    prepare_output()
    load = f"{options.users} users, {options.workers} workers, {options.seconds} s"
    runs = (Run(1), Run(2))
    slow_after_s = options.seconds * demo.SLOW_FROM_SHARE
    for run, story, slow in zip(runs, ("all is well", "something gets slow"), (None, slow_after_s), strict=True):
        with open_shop(slow) as address:
            print(f"Run {run.number} of 2, {story}: a shop at {address}, {load}", flush=True)
            locust = start_locust(children, options, address, run)
            watch(locust, run, options.seconds)
        print_summary(run)
    print_next_steps(*runs)


def main() -> int:
    """Runs the demo and returns the exit status: 0, 1 if it failed, 130 if it was interrupted."""
    options = parse_arguments()
    # A termination ends the demo as Ctrl-C does, so that its children never outlive it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    children: list[Child] = []
    try:
        run_demo(options, children)
        return 0
    except KeyboardInterrupt:
        print("Interrupted: ending what was started.", file=sys.stderr)
        return 130
    except DemoFailed as failure:
        print(f"Demo failed: {failure}", file=sys.stderr)
        if failure.child is not None:
            print(f"The last lines of {failure.child.log.relative_to(PROJECT)}:", file=sys.stderr)
            for line in failure.child.last_lines(LOG_LINES_SHOWN):
                print(f"  {line}", file=sys.stderr)
        return 1
    finally:
        # A second Ctrl-C must not leave anything behind; the end is bounded in time anyway.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop(children)


if __name__ == "__main__":
    sys.exit(main())
