"""A master's engine on a gevent hub that is given the frames of many workers; runs as a child.

The argument is a JSON order `{"workers", "seconds", "frames"}`, the last a command that makes the frames; the answer is
one line of figures. Seconds with frames and seconds without take turns, so that what disturbs the machine meets both.
"""

from __future__ import annotations

import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import gevent
from locust_telemetry._native import Engine

RUN_ID = "20260102-030405-4f2a"
TICK_S = 0.001

#: Frames of one second: worker and bytes of each.
Second = list[tuple[int, bytes]]


def read_seconds(data: bytes) -> list[Second]:
    """Return the frames by second; `crates/fleet/benches/scale/flow.rs` says how they are written."""
    seconds, at = [], 0

    def number() -> int:
        nonlocal at
        at += 4
        (value,) = struct.unpack_from("<I", data, at - 4)
        return int(value)

    while at < len(data):
        second = []
        for _ in range(number()):
            worker, size = number(), number()
            second.append((worker, data[at : at + size]))
            at += size
        seconds.append(second)
    return seconds


def client_of(worker: int) -> str:
    return f"load-generator-{worker}_7f3a"


def start_engine(workers: int, folder: Path) -> Engine:
    """Return a master's engine with a run, its workers and a JSON file."""
    engine = Engine()
    # Frames come as fast as they would, but only in every other second.
    engine.configure_merge(300, 3600)
    engine.open_json_file(folder / "run.jsonl", 256 << 20, 1, 3.0, True)
    engine.start(3.0)
    engine.start_run(RUN_ID, "scale", "master", "MasterRunner", "master", {}, {})
    for worker in range(workers):
        engine.worker(client_of(worker), f"worker-{worker}", "running")
    return engine


def thread_cpu_s(name: str) -> float:
    """Return how long a thread of this process has been on a processor."""
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return int((task / "schedstat").read_text().split()[0]) / 1e9
    raise RuntimeError(f"there is no thread {name}")


class Hub:
    """The hub's greenlets, and what they saw."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine."""
        self._engine = engine
        self._is_fed = False
        #: How late each tick was, in seconds, by whether frames came.
        self.late_s: dict[bool, list[float]] = {True: [], False: []}
        #: How long each merge took by the clock, and by the thread's CPU time; and the same bytes' copies.
        self.merge_call_s: list[float] = []
        self.merge_call_cpu_s: list[float] = []
        self.copy_s: list[float] = []
        #: In how many merges the hub slept, which is to say that it waited for a lock.
        self.slept = 0
        #: CPU time of the merging thread, and the time that passed, by whether frames came.
        self.merge_s = {True: 0.0, False: 0.0}
        self.passed_s = {True: 0.0, False: 0.0}

    def tick(self) -> None:
        """Tick each millisecond and note how late it is."""
        while True:
            asleep_since = time.perf_counter()
            gevent.sleep(TICK_S)
            late_s = max(0.0, time.perf_counter() - asleep_since - TICK_S)
            self.late_s[self._is_fed].append(late_s)
            self._engine.tick(late_s, 25_000)

    def feed(self, seconds: list[Second]) -> None:
        """Hand the frames of each second over, evenly spread; after each comes a second without."""
        for second in seconds:
            self._pass_second(second, is_fed=True)
            self._pass_second(second, is_fed=False)

    def _pass_second(self, second: Second, *, is_fed: bool) -> None:
        self._is_fed = is_fed
        begin, cpu_s = time.perf_counter(), thread_cpu_s("lt-merge")
        for place, (worker, frame) in enumerate(second):
            gevent.sleep(max(0.0, begin + place / len(second) - time.perf_counter()))
            if is_fed:
                self._merge(client_of(worker), frame)
            else:
                self._copy(frame)
        gevent.sleep(max(0.0, begin + 1 - time.perf_counter()))
        self.merge_s[is_fed] += thread_cpu_s("lt-merge") - cpu_s
        self.passed_s[is_fed] += time.perf_counter() - begin

    def _merge(self, client: str, frame: bytes) -> None:
        merge = self._engine.merge
        sleeps, cpu_s, begin_s = _sleeps(), time.thread_time(), time.perf_counter()
        merge(client, frame)
        self.merge_call_s.append(time.perf_counter() - begin_s)
        self.merge_call_cpu_s.append(time.thread_time() - cpu_s)
        self.slept += _sleeps() > sleeps
        # As the channel does.
        gevent.spawn_later(0.005, self._engine.worker_messages)

    def _copy(self, frame: bytes) -> None:
        """Do what cannot hold anybody up, to see how long the machine makes that take."""
        begin_s = time.perf_counter()
        bytearray(frame)
        self.copy_s.append(time.perf_counter() - begin_s)


def _sleeps() -> int:
    """Return how often this thread gave up its processor of its own accord."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def distribution_ms(values_s: list[float]) -> dict[str, float]:
    ordered = sorted(values_s)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3

    return {"n": len(ordered), "p50": at(0.5), "p99": at(0.99), "p99.9": at(0.999), "max": at(1)}


def check_merged(engine: Engine, workers: int) -> None:
    """See that everything was merged: else the figures mean nothing."""
    engine.stop_run()
    deadline = time.monotonic() + 30
    while not engine.is_merged and time.monotonic() < deadline:
        gevent.sleep(0.05)
    losses = engine.worker_losses()
    odd = [loss for loss in losses if loss["refused"] or loss["lost"] or not loss["requests"]]
    if not engine.is_merged or odd or len(losses) != workers:
        raise RuntimeError(f"not everything was merged: {odd[:3]}")


def watch(workers: int, frames: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        engine = start_engine(workers, Path(folder))
        start_s = int(time.time()) + 1
        data = subprocess.run([*frames, "--start-s", str(start_s)], stdout=subprocess.PIPE, check=True).stdout
        # The first report is due.
        time.sleep(max(0.0, start_s + 1 - time.time()))
        # All workers report in the last second: that is no load to measure.
        *seconds, last = read_seconds(data)
        hub = Hub(engine)
        ticking = gevent.spawn(hub.tick)
        gevent.spawn(hub.feed, seconds).get()
        ticking.kill()
        for worker, frame in last:
            engine.merge(client_of(worker), frame)
        check_merged(engine, workers)
        engine.flush().wait(10)
        engine.shutdown()
    return {
        "merge_call_ms": distribution_ms(hub.merge_call_s),
        "merge_call_cpu_ms": distribution_ms(hub.merge_call_cpu_s),
        "copy_ms": distribution_ms(hub.copy_s),
        "slept": hub.slept,
        "late_with_ms": distribution_ms(hub.late_s[True]),
        "late_without_ms": distribution_ms(hub.late_s[False]),
        "frames_per_s": len(hub.merge_call_s) / hub.passed_s[True],
        "merge_percent_with": hub.merge_s[True] / hub.passed_s[True] * 100,
        "merge_percent_without": hub.merge_s[False] / hub.passed_s[False] * 100,
    }


def main() -> None:
    order = json.loads(sys.argv[1])
    print(json.dumps(watch(order["workers"], order["frames"])), flush=True)


if __name__ == "__main__":
    main()
