"""What turning telemetry on adds to the start of a process: time and memory, in fresh interpreters."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from settings import BenchmarkFailed, Settings
from table import Outcome, Table, median, spread, verdict

#: What is imported before the clock starts, and how the table calls that.
BASES = {"locust": "after import locust", "locust.main": "after import locust.main (the locust program)"}

TARGET_MS = 15
TARGET_MIB = 5

_CHILD = """
import json, os, sys, time
import {base}
page = os.sysconf("SC_PAGE_SIZE")
def rss():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * page
rss(), time.perf_counter(), time.process_time()
memory, wall, cpu = rss(), time.perf_counter(), time.process_time()
import locust_telemetry
from locust_telemetry import entrypoint
entrypoint.initialize()
wall, cpu, memory = time.perf_counter() - wall, time.process_time() - cpu, rss() - memory
print(json.dumps({{"wall_ms": wall * 1e3, "cpu_ms": cpu * 1e3, "rss_mib": memory / 2**20}}), flush=True)
os._exit(0)
"""


def _once(python: Path, base: str) -> dict[str, float]:
    code = _CHILD.format(base=base)
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    except subprocess.CalledProcessError as error:
        raise BenchmarkFailed(f"{python} could not start: {error.stderr[-1000:]}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise BenchmarkFailed(f"{python} could not start: {error}") from error
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def run(settings: Settings) -> Outcome:
    """Start both packages in turn, many times."""
    rounds = 5 if settings.quick else 15
    pythons = {"this package": settings.own_python, "the existing plugin": settings.peer_python}
    figures: dict[str, Any] = {"rounds": rounds}
    tables = []
    for base, title in BASES.items():
        measured: dict[str, list[dict[str, float]]] = {name: [] for name in pythons}
        for number in range(rounds + 1):
            for name, python in pythons.items():
                once = _once(python, base)
                # The first run writes what Python compiles.
                if number > 0:
                    measured[name].append(once)
        figures[base] = measured
        tables.append(_table(title, measured))
    tables[-1].notes.append("import locust_telemetry, its entrypoint, and initialize(); medians of fresh interpreters.")
    return Outcome(tables, figures)


def _table(title: str, measured: dict[str, list[dict[str, float]]]) -> Table:
    columns = ("package", "ms", "middle half", "CPU ms", "MiB", "x ours (ms)", "x ours (MiB)")
    table = Table(f"Start-up, {title}", columns)

    def of(name: str, what: str) -> list[float]:
        return [once[what] for once in measured[name]]

    def ratio(name: str, what: str) -> str:
        return f"{median(a / b for a, b in zip(of(name, what), of('this package', what), strict=True)):.1f}"

    for name in measured:
        wall = of(name, "wall_ms")
        table.add(
            name,
            f"{median(wall):.1f}",
            spread(wall),
            f"{median(of(name, 'cpu_ms')):.1f}",
            f"{median(of(name, 'rss_mib')):.2f}",
            ratio(name, "wall_ms"),
            ratio(name, "rss_mib"),
        )
    own_ms, own_mib = median(of("this package", "wall_ms")), median(of("this package", "rss_mib"))
    table.notes.append(
        f"Targets: under {TARGET_MS} ms: {verdict(own_ms < TARGET_MS)}; "
        f"under {TARGET_MIB} MiB: {verdict(own_mib < TARGET_MIB)}."
    )
    return table
