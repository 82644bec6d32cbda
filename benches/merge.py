"""What the merge of many workers' frames costs a master: CPU, memory, and how long the gevent hub is held.

The first part is a program of the Rust workspace that merges real frames in simulated time
(`crates/fleet/benches/scale`), the second a real engine on a real hub in real time (`hub_worker.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from processes import figures_of
from settings import Settings
from table import Outcome, Table, median, verdict

HUB_WORKER = Path(__file__).with_name("hub_worker.py")

#: The simulation; an option's value follows each name.
SCALE = ("cargo", "bench", "--quiet", "--locked", "-p", "locust-telemetry-fleet", "--bench", "scale", "--")

#: Seconds between a worker's frames.
FRAME_S = 1

#: Workers, seconds between their frames, and seconds of the run. Three seconds is where frames go out with Locust's
#: reports only, as from a worker whose hub is too busy for more.
LOADS = ((10, FRAME_S, 60), (100, FRAME_S, 60), (1000, FRAME_S, 18), (100, 3, 60))
SERIES = 1_000
HOUR_S = 3_600

#: The load that targets are about.
TARGET_WORKERS = 100
TARGET_CORE_PERCENT = 10
TARGET_MIB = 300
TARGET_FRAME_KIB = 64
TARGET_HOLD_MS = 2


def run(settings: Settings) -> Outcome:
    """Merge the frames of 10, 100 and 1,000 workers, then watch a hub that takes those of 100."""
    rounds = 1 if settings.quick else 3
    measured: dict[str, list[dict[str, Any]]] = {}
    for _ in range(rounds):
        for workers, report_s, seconds in LOADS:
            name = f"{workers:,} workers, a frame each {report_s} s"
            measured.setdefault(name, []).append(_simulate(workers, report_s, seconds))
    if settings.hour:
        measured[f"{TARGET_WORKERS:,} workers, an hour"] = [_simulate(TARGET_WORKERS, FRAME_S, HOUR_S)]
    hub = _watch_hub(settings, 5 if settings.quick else 40)
    return Outcome([_scale_table(measured), _hub_table(hub)], {"scale": measured, "hub": hub})


def _simulate(workers: int, report_s: int, seconds: int) -> dict[str, Any]:
    options = {"--workers": workers, "--series": SERIES, "--report-s": report_s, "--seconds": seconds}
    command = [*SCALE, *(str(part) for option in options.items() for part in option)]
    figures = figures_of("the simulated merge", command)
    figures.update(_summary(figures))
    return figures


def _summary(figures: dict[str, Any]) -> dict[str, float]:
    """Return what the table shows of one run."""
    every_s = figures["report_s"]
    # Whole rounds of reports, without the first ones, when nothing was there yet, and the last second, in which
    # everybody reports.
    rounds = range(2 * every_s, figures["seconds"] - every_s, every_s)

    def per_second_ns(what: str) -> float:
        sums_ns: list[int] = [sum(figures[what][begin : begin + every_s]) for begin in rounds]
        return median(sums_ns) / every_s

    receive_ns, close_ns = per_second_ns("receive_ns"), per_second_ns("close_ns")
    return {
        "core_percent": (receive_ns + close_ns) / 1e7,
        "close_percent": close_ns / 1e7,
        "frame_us": receive_ns / 1e3 * every_s / figures["workers"],
        "series_second_ns": (receive_ns + close_ns) / (figures["workers"] * figures["series"]),
        "frame_kib": figures["frame_bytes"] / figures["frames"] / 1024,
        "largest_frame_kib": figures["largest_frame_bytes"] / 1024,
        "growth_mib": (figures["peak_bytes"] - figures["before_bytes"]) / 2**20,
        "resident_mib": figures["peak_bytes"] / 2**20,
    }


def _scale_table(measured: dict[str, list[dict[str, Any]]]) -> Table:
    table = Table(
        f"What merging costs a master ({SERIES:,} series a worker, each with requests in every second)",
        ("load", "% of a core", "of it closing", "µs/frame", "ns/series", "per worker, x", "KiB/frame", "memory, MiB"),
    )

    def of(name: str, what: str) -> float:
        return median(figures[what] for figures in measured[name])

    def per_worker(name: str) -> float:
        return of(name, "core_percent") / measured[name][0]["workers"]

    first = next(iter(measured))
    for name in measured:
        table.add(
            name,
            f"{of(name, 'core_percent'):.2f}",
            f"{of(name, 'close_percent'):.2f}",
            f"{of(name, 'frame_us'):.0f}",
            f"{of(name, 'series_second_ns'):.0f}",
            f"{per_worker(name) / per_worker(first):.2f}",
            f"{of(name, 'frame_kib'):.1f}",
            f"{of(name, 'growth_mib'):.1f}",
        )
    at_target = [name for name in measured if measured[name][0]["workers"] == TARGET_WORKERS]
    core_percent, mib, kib = (
        max(of(name, what) for name in at_target) for what in ("core_percent", "resident_mib", "largest_frame_kib")
    )
    table.notes += [
        "CPU time of the merging thread, medians over the rounds of reports; the workers are another process.",
        "ns/series: for each series, second and worker. Memory: the most that was resident, over that before the run.",
        f"Targets at {TARGET_WORKERS} workers: under {TARGET_CORE_PERCENT} % of a core: "
        f"{verdict(core_percent < TARGET_CORE_PERCENT)}; under {TARGET_MIB} MiB resident: {verdict(mib < TARGET_MIB)}; "
        f"frames under {TARGET_FRAME_KIB} KiB: {verdict(kib < TARGET_FRAME_KIB)} ({kib:.1f}).",
    ]
    return table


def _watch_hub(settings: Settings, seconds: int) -> dict[str, Any]:
    options = {"--workers": TARGET_WORKERS, "--series": SERIES, "--report-s": FRAME_S, "--seconds": seconds}
    order = {
        "workers": TARGET_WORKERS,
        "seconds": seconds,
        "frames": [*SCALE, *(str(part) for option in options.items() for part in option), "--frames-only"],
    }
    return figures_of("the watched hub", [settings.own_python, HUB_WORKER, json.dumps(order)], timeout_s=600)


def _hub_table(hub: dict[str, Any]) -> Table:
    columns = ("on the master's hub", "n", "p50", "p99", "p99.9", "max")
    table = Table(f"What a merge holds up: {TARGET_WORKERS} workers x {SERIES:,} series, in ms", columns)
    rows = {
        "handing a frame over, by the clock": "merge_call_ms",
        "handing a frame over, CPU time": "merge_call_cpu_ms",
        "copying as many bytes, by the clock": "copy_ms",
        "how late a tick is, seconds with frames": "late_with_ms",
        "how late a tick is, seconds without": "late_without_ms",
    }
    for label, what in rows.items():
        figures = hub[what]
        table.add(label, f"{figures['n']:,}", *(f"{figures[column]:.3f}" for column in columns[2:]))
    cpu_ms, clock_ms = hub["merge_call_cpu_ms"]["p99.9"], hub["merge_call_ms"]["p99.9"]
    table.notes += [
        f"A tick each millisecond, and {hub['frames_per_s']:.0f} frames in every other second; "
        f"lt-merge took {hub['merge_percent_with']:.1f} % of a core with frames, "
        f"{hub['merge_percent_without']:.2f} % without.",
        f"Target: no frame holds the hub for {TARGET_HOLD_MS} ms (p99.9): by CPU time "
        f"{verdict(cpu_ms < TARGET_HOLD_MS)}, by the clock {verdict(clock_ms < TARGET_HOLD_MS)}; "
        f"the hub waited for a lock in {hub['slept']} of all calls.",
        "Where other programs want the cores, copies and ticks without frames are late too.",
    ]
    return table
