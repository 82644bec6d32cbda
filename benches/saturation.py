"""Saturates a load generator on purpose, and finds which thresholds flag its wrong seconds and spare the right ones.

A real Locust worker is loaded, blocked, crowded and throttled, step by step, while a small reference on another core
times the same target. Second by second the worker's exact percentiles are compared with the reference's; what the
master recorded of that second (CPU, hub lag, run-queue delay, throttling) says whether thresholds flag it.
docs/confidence.md says what came of it. Nothing here asserts: the exit status is 1 only if it could not run.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import machine
from locust_telemetry.core.hub import TICK_S
from locust_telemetry.options import Options
from saturated import client_cost
from saturated.confusion import Thresholds
from saturated.findings import tables
from saturated.rig import Rig
from saturated.scenario import CLIENTS
from saturated.second import Second, Wrong
from settings import BenchmarkFailed

OUTPUT = Path(__file__).resolve().parent / "out" / "saturation.json"


def parse_arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--target-binary", type=Path, help="the built demo-target program; needed to measure")
    parser.add_argument("--rounds", type=int, default=1, help="how often all scenarios are run with each client (1)")
    parser.add_argument("--seconds", type=int, default=8, help="judged seconds of each scenario and round (8)")
    parser.add_argument("--client", choices=CLIENTS, action="append", help="put this one to the test; may be repeated")
    parser.add_argument(
        "--tick-ms", type=float, action="append",
        help=f"how often the hub's lag is measured; may be repeated to compare ({TICK_S * 1000:g})",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, default=OUTPUT, help="where the seconds are written, as JSON")
    parser.add_argument(
        "--from", dest="files", type=Path, action="append", metavar="FILE",
        help="do not measure, but judge the seconds of this file; several are put together",
    )  # fmt: skip
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what all processes wrote, for a closer look")
    parser.add_argument("--wrong-percent", type=float, default=20, help="a percentile off by more than this (20)")
    parser.add_argument("--wrong-ms", type=float, default=2, help="... and by more than this in ms (2) is wrong")
    for name, value in _defaults().__dict__.items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=float, default=value, help=f"threshold to be judged ({value:g})")
    return parser.parse_args()


def main() -> int:
    """Measure or read, then print; return the exit status."""
    arguments = parse_arguments()
    # As with Ctrl-C, nothing that was started is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        parts = [json.loads(path.read_text()) for path in arguments.files] if arguments.files else [_measure(arguments)]
    except (BenchmarkFailed, OSError, ValueError) as error:
        print(f"saturation: {error}", file=sys.stderr)
        return 1
    seconds = [Second.from_json(fields) for part in parts for fields in part["seconds"]]
    thresholds = Thresholds(**{name: getattr(arguments, name) for name in _defaults().__dict__})
    for part in parts:
        _print_header(part)
    added = client_cost.costs(seconds)
    seconds = client_cost.with_costs(seconds, added)
    print(f"\n{client_cost.table(added).text()}")
    for tick_ms in sorted({second.tick_ms for second in seconds}):
        print(f"\n== hub lag measured every {tick_ms:g} ms")
        chosen = [second for second in seconds if second.tick_ms == tick_ms]
        for table in tables(chosen, thresholds, Wrong(arguments.wrong_percent, arguments.wrong_ms)):
            print(f"\n{table.text()}")
    recorded = sum(thresholds.flags(second) == bool(second.reasons) for second in seconds)
    print(f"\nThe recorded verdicts agree with these thresholds in {recorded} of {len(seconds)} seconds.")
    return 0


def _measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run everything, and write the seconds down."""
    if arguments.target_binary is None:
        raise BenchmarkFailed("--target-binary is needed to measure")
    keep = arguments.keep.absolute() if arguments.keep else None
    rig = Rig(Path(sys.executable), arguments.target_binary.absolute(), arguments.seconds, keep)
    found: dict[str, Any] = {"machine": machine.describe(), "versions": machine.versions(rig.python), "runs": []}
    seconds = []
    variants = list(itertools.product(arguments.client or CLIENTS, arguments.tick_ms or [TICK_S * 1000]))
    for number in range(arguments.rounds):
        for client, tick_ms in variants[:: 1 if number % 2 == 0 else -1]:
            began_s = time.monotonic()
            run = rig.run(client, tick_ms, random.Random(f"{client} {time.time()}"))
            seconds += [second.to_json() for second in run.pairing.seconds]
            facts = {
                "client": client,
                "tick_ms": tick_ms,
                "full_users": run.full_users,
                "seconds": len(run.pairing.seconds),
                "left_out": run.pairing.left_out,
                "missing": run.missing,
                "load_average": os.getloadavg()[0],
                "took_s": round(time.monotonic() - began_s),
            }
            found["runs"].append(facts)
            print(f"  {facts}", file=sys.stderr, flush=True)
            # After each run: an experiment that is broken off has not been in vain.
            arguments.out.parent.mkdir(exist_ok=True)
            arguments.out.write_text(json.dumps({**found, "seconds": seconds}, indent=1) + "\n")
    print(f"All seconds: {arguments.out}", file=sys.stderr)
    return {**found, "seconds": seconds}


def _print_header(part: dict[str, Any]) -> None:
    described = part["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in part["versions"].items())
    print(f"{described['processor']}, {described['cores']} cores, {described['memory_gib']} GiB; {packages}")
    for run in part["runs"]:
        left_out = ", ".join(f"{count} {why}" for why, count in run["left_out"].items()) or "none"
        print(
            f"  {run['client']}, tick {run['tick_ms']:g} ms: {run['full_users']} users fill the core; "
            f"{run['seconds']} seconds, left out: {left_out}; "
            f"load average at the end {run['load_average']:.1f}; {run['took_s']} s"
        )
        for missing in run["missing"]:
            print(f"  COULD NOT RUN the quota scenarios: {missing}")


def _defaults() -> Thresholds:
    """Return the thresholds that the options have by default."""
    options = Options()
    return Thresholds(
        options.suspect_hub_lag_ms,
        options.suspect_cpu_percent,
        options.suspect_run_queue_percent,
        options.suspect_throttled_percent,
    )


if __name__ == "__main__":
    sys.exit(main())
