"""What recording takes from one process at full speed, part by part.

`end_to_end` compares whole processes, which differ by 1 % from one to the next though nothing is recorded. Here each
part is measured by itself, where nothing else changes: the listener by taking it off and putting it back within one
process, thousands of times; what the hub does whatever the load, by an idle process with and without it; native threads
by the system's own books. The sum tells what a process with a core to itself keeps of its rate.
"""

from __future__ import annotations

import json
import math
import statistics
import tempfile
from pathlib import Path
from typing import Any

from processes import Child
from settings import BenchmarkFailed, Settings
from stage import ALLOWANCE_S, TARGET_RATIO, USERS, Stage, set_up
from table import Outcome, Table, median, spread, verdict

LOCUSTFILE = Path(__file__).resolve().with_name("breakdown_locustfile.py")

SETTLE_S = 2.0
#: Seconds beyond the span that a test takes.
MARGIN_S = 1.5

#: What records, and the options for it; `{folder}` and `{otlp}` are filled in.
VARIANTS = {
    "as it comes: json, run store, live page": ("--lt-store", "{folder}/runs.db"),
    "otel": ("--enable-telemetry-recorder", "otel", "--lt-otel-exporter-otlp-endpoint", "{otlp}"),
}
OFF = ("--enable-telemetry-recorder", "none")


def run(settings: Settings) -> Outcome:
    """Measure every variant, in interleaved rounds."""
    rounds, span_s, idle_s = (2, 10.0, 5.0) if settings.quick else (5, 40.0, 10.0)
    rounds = settings.rounds or rounds
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    with tempfile.TemporaryDirectory() as name, set_up(settings, Path(name)) as stage:

        def watch(options: tuple[str, ...], seconds: float, is_idle: bool) -> dict[str, Any]:
            filled = [option.format(folder=name, otlp=stage.otlp) for option in options]
            return _watch(settings, stage, Path(name), filled, seconds, is_idle)

        for _ in range(rounds):
            off = watch(OFF, idle_s, is_idle=True)
            for variant, options in VARIANTS.items():
                idle, busy = watch(options, idle_s, is_idle=True), watch(options, span_s, is_idle=False)
                measured[variant].append({"off": off, "idle": idle, "busy": busy})
    return Outcome([_table(measured, rounds, span_s)], measured)


def _watch(
    settings: Settings, stage: Stage, folder: Path, options: list[str], span_s: float, is_idle: bool
) -> dict[str, Any]:
    result = folder / "result.json"
    result.unlink(missing_ok=True)
    variables = {
        "BENCH_SETTLE_S": str(SETTLE_S),
        "BENCH_SPAN_S": str(span_s),
        "BENCH_IDLE": "1" if is_idle else "0",
        "BENCH_RESULT": str(result),
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }
    test_s = math.ceil(SETTLE_S + span_s + MARGIN_S)
    locust = settings.own_python.parent / "locust"
    command = [locust, "-f", LOCUSTFILE, "-H", stage.url, "--headless", "--only-summary", "--stop-timeout", "0"]
    command += ["-u", str(USERS), "-r", str(USERS), "-t", f"{test_s}s", *options]
    with Child("locust", [str(part) for part in command], folder, stage.worker_core, variables) as child:
        child.wait(test_s + ALLOWANCE_S)
        if not result.exists():
            raise BenchmarkFailed(f"nothing was measured: {child.tail()}")
    found: dict[str, Any] = json.loads(result.read_text())
    if not is_idle and found["requests_per_s"] == 0:
        raise BenchmarkFailed("no request was answered")
    return found


def _parts(figures: dict[str, Any]) -> dict[str, float]:
    """Return what one round says: costs, and the share of the rate that is kept."""
    pairs = figures["busy"]["pairs"]
    without_us = median(off for _, off in pairs)
    listener_us = median(on - off for on, off in pairs)
    hub_ms = figures["idle"]["hub_ms_per_s"] - figures["off"]["hub_ms_per_s"]
    native_ms = figures["busy"]["native_ms_per_s"]
    kept = (1 - (hub_ms + native_ms) / 1e3) * without_us / (without_us + listener_us)
    return {"without": without_us, "listener": listener_us, "hub": hub_ms, "native": native_ms, "kept": kept}


def _table(measured: dict[str, list[dict[str, Any]]], rounds: int, span_s: float) -> Table:
    columns = (
        *("one process with a core to itself", "µs/request without", "listener adds, µs", "hub, ms/s"),
        *("threads, ms/s", "keeps of its rate", "rounds", f"≥ {TARGET_RATIO}"),
    )
    table = Table(f"What recording takes, part by part: medians of {rounds} rounds of {span_s:g} s", columns)
    for name, figures in measured.items():
        parts = [_parts(one) for one in figures]
        of = {key: median(part[key] for part in parts) for key in parts[0]}
        kept = [part["kept"] for part in parts]
        table.add(
            name,
            f"{of['without']:.1f}",
            f"{of['listener']:.2f} ± {_error_us(figures):.2f}",
            f"{of['hub']:.2f}",
            f"{of['native']:.2f}",
            f"{of['kept']:.4f}",
            spread(kept),
            verdict(of["kept"] >= TARGET_RATIO),
        )
    table.notes += [
        "Listener: on and off in turns of 50 ms within one process, in an order of chance; ± is the standard error.",
        "Hub: what the first thread works more than without recording, where users do nothing: an upper bound,",
        "since an idle process has to wake up for each tick.",
        "Threads: those of the package, by the system's books, at full speed.",
    ]
    return table


def _error_us(figures: list[dict[str, Any]]) -> float:
    """Return the standard error of the median difference of all pairs (of a median: 1.2533 times that of a mean)."""
    differences = [on - off for one in figures for on, off in one["busy"]["pairs"]]
    low, _, high = statistics.quantiles(differences, n=4)
    # The middle half of a normal distribution is 1.349 standard deviations wide; outliers do not widen it.
    return 1.2533 * (high - low) / 1.349 / math.sqrt(len(differences))
