"""The cost of one `request` event: our listener beside the alternatives.

This package and the one it is compared with have the same import name, so each runs in an interpreter of its
own. Rounds are interleaved between the two children; costs are over an empty fire in the same child.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import Child
from settings import BenchmarkFailed, Settings
from table import Outcome, Table, median, spread, verdict

WORKER = Path(__file__).with_name("request_worker.py")
SINK = Path(__file__).with_name("otlp_sink.py")

#: The pools, and what they stand for.
POOLS = {
    "single": "one endpoint, one outcome",
    "requests": "HttpUser: 50 names, 1 % failures",
    "paths": "HttpUser without names: 50 paths, 1 % failures",
    "fast": "FastHttpUser: 50 names, 1 % failures",
    "calls": "a client without responses: 50 names, 1 % failures",
}

TARGET_OURS_US = 0.25
TARGET_PEER_RATIO = 40
TARGET_OTEL_RATIO = 20


@dataclass(frozen=True)
class Variant:
    """A listener to measure: where it runs and how often it is fired in a slice."""

    name: str
    label: str
    in_peer: bool
    fires: int


VARIANTS = (
    Variant("ours", "this package's listener", False, 20_000),
    Variant("ours_otel", "the same, exporting by OTLP", False, 20_000),
    Variant("native_floor", "a C function that does nothing", False, 20_000),
    Variant("python_listener", "a Python listener that does nothing", False, 20_000),
    Variant("locust_statistics", "Locust's own statistics", False, 5_000),
    Variant("locust_otel", "locust --otel", True, 2_000),
    Variant("peer_otel", "the existing plugin's otel recorder", True, 1_000),
)


class Worker:
    """A child that measures."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        """Keep the process and the file with what it said besides answers."""
        self._process = process
        self._log = log

    def ask(self, **order: Any) -> dict[str, float]:
        """Let the child do one measurement."""
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            # It ended before it could read: as below.
            line = ""
        if not line:
            raise BenchmarkFailed(f"the measuring child ended: {self._log.read_text()[-1000:]}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BenchmarkFailed(f"{order['variant']}: {answer['error']}")
        return answer


@contextmanager
def worker(python: Path, otlp: str) -> Iterator[Worker]:
    """Start a child in `python`, end it afterwards; what exports does so to `otlp`."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "worker.log"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [python, WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=folder,
                env={**os.environ, "BENCH_OTLP": otlp},
            )
        try:
            yield Worker(process, log)
        finally:
            process.kill()
            process.communicate()


def run(settings: Settings) -> Outcome:
    """Measure all variants with all pools."""
    rounds, slices = (5, 3) if settings.quick else (21, 5)
    figures: dict[str, Any] = {"rounds": rounds, "slices": slices, "pools": {}}
    tables = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sink = stack.enter_context(Child("sink", (settings.peer_python, SINK), folder, None, says_first=True))
        otlp = f"http://127.0.0.1:{sink.first_line()}"
        pythons = (settings.own_python, settings.peer_python)
        own, peer = (stack.enter_context(worker(python, otlp)) for python in pythons)
        for pool, title in POOLS.items():
            measured: dict[str, list[dict[str, float]]] = {variant.name: [] for variant in VARIANTS}
            for _ in range(rounds):
                for variant in VARIANTS:
                    child = peer if variant.in_peer else own
                    order = {"variant": variant.name, "pool": pool, "fires": variant.fires, "slices": slices}
                    measured[variant.name].append(child.ask(**order))
            figures["pools"][pool] = measured
            tables.append(_table(title, measured))
    tables[-1].notes += [
        "CPU time of the firing thread, over an empty fire in the same process; medians of interleaved rounds.",
        "The others' OpenTelemetry providers have a reader in memory: no export is in their figures.",
    ]
    return Outcome(tables, figures)


def _table(title: str, measured: dict[str, list[dict[str, float]]]) -> Table:
    costs = {name: [answer["cost_us"] for answer in answers] for name, answers in measured.items()}

    def ratio(name: str, base: str = "ours") -> float:
        return median(cost / of for cost, of in zip(costs[name], costs[base], strict=True))

    table = Table(
        f"Cost of one request event ({title})", ("listener", "µs", "least", "middle half", "x ours", "target")
    )
    targets = {
        "ours": f"≤ {TARGET_OURS_US} µs: {verdict(median(costs['ours']) <= TARGET_OURS_US)}",
        "ours_otel": f"≤ {TARGET_OURS_US} µs: {verdict(median(costs['ours_otel']) <= TARGET_OURS_US)}",
        "locust_otel": f"≥ {TARGET_OTEL_RATIO} x: {verdict(ratio('locust_otel') >= TARGET_OTEL_RATIO)}",
        "peer_otel": f"≥ {TARGET_PEER_RATIO} x: {verdict(ratio('peer_otel') >= TARGET_PEER_RATIO)}",
    }
    for variant in VARIANTS:
        own = costs[variant.name]
        table.add(
            variant.label,
            f"{median(own):.3f}",
            f"{min(own):.3f}",
            spread(own),
            f"{ratio(variant.name):.2f}",
            targets.get(variant.name, ""),
        )
    empty_us = median(answer["empty_us"] for answer in measured["ours"])
    table.notes += [
        f"An empty fire costs {empty_us:.3f} µs.",
        f"Ours costs {ratio('ours', 'python_listener'):.2f} x a Python listener that does nothing, and "
        f"{ratio('ours', 'native_floor'):.2f} x a C function that does nothing.",
    ]
    return table
