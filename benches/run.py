"""Runs the benchmarks, prints tables of medians and ratios, and writes all figures to `benches/out/results.json`.

Nothing here asserts a speed: targets are printed beside the figures. The exit status is 1 only if a benchmark
could not run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import breakdown
import end_to_end
import export
import machine
import merge
import per_request
import start_up
from settings import BenchmarkFailed, Settings
from table import Outcome

OUTPUT = Path(__file__).resolve().parent / "out"

BENCHMARKS: dict[str, Callable[[Settings], Outcome]] = {
    "per_request": per_request.run,
    "start_up": start_up.run,
    "breakdown": breakdown.run,
    "end_to_end": end_to_end.run,
    "merge": merge.run,
    "export": export.run,
}


def parse_arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description="Compares costs side by side; see benches/*.py for what each does.")
    parser.add_argument("--peer-python", type=Path, required=True, help="interpreter with the package compared with")
    parser.add_argument("--target-binary", type=Path, required=True, help="the built demo-target program")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: to see that it runs, not to quote")
    parser.add_argument("--rounds", type=_rounds, help="so many rounds of end_to_end (7) and breakdown (5), at least 2")
    parser.add_argument(
        "--variant", action="append", choices=[variant.name for variant in end_to_end.VARIANTS],
        help="measure this variant of end_to_end; may be repeated (all)",
    )  # fmt: skip
    parser.add_argument("--hour", action="store_true", help="also merge a simulated hour of 100 workers (minutes)")
    parser.add_argument("--only", choices=sorted(BENCHMARKS), action="append", help="run this one; may be repeated")
    return parser.parse_args()


def _rounds(text: str) -> int:
    if (rounds := int(text)) < 2:
        raise argparse.ArgumentTypeError("a middle half takes at least 2 rounds")
    return rounds


def main() -> int:
    """Run what was asked for; return the exit status."""
    arguments = parse_arguments()
    settings = Settings(
        own_python=Path(sys.executable),
        # Not resolved: the link's own place tells Python which environment it is in.
        peer_python=arguments.peer_python.absolute(),
        target_binary=arguments.target_binary.absolute(),
        quick=arguments.quick,
        rounds=arguments.rounds,
        variants=tuple(arguments.variant or ()),
        hour=arguments.hour,
    )
    results: dict[str, Any] = {"quick": settings.quick, "machine": machine.describe(), "benchmarks": {}}
    failed = []
    try:
        results["versions"] = {
            "own": machine.versions(settings.own_python),
            "peer": machine.versions(settings.peer_python),
        }
    except BenchmarkFailed as error:
        print(f"benches: {error}", file=sys.stderr)
        return 1
    _print_header(results)
    for name in arguments.only or BENCHMARKS:
        started = time.monotonic()
        try:
            outcome = BENCHMARKS[name](settings)
        except BenchmarkFailed as error:
            failed.append(name)
            results["benchmarks"][name] = {"error": str(error)}
            print(f"\n{name} COULD NOT RUN: {error}", flush=True)
            continue
        results["benchmarks"][name] = outcome.figures
        for table in outcome.tables:
            print(f"\n{table.text()}", flush=True)
        print(f"  [{name}: {time.monotonic() - started:.0f} s]", flush=True)
    OUTPUT.mkdir(exist_ok=True)
    path = OUTPUT / "results.json"
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    print(f"\nAll figures: {path}")
    if failed:
        print(f"Could not run: {', '.join(failed)}")
    return 1 if failed else 0


def _print_header(results: dict[str, Any]) -> None:
    described, found = results["machine"], results["versions"]
    print(
        f"{described['processor']}, {described['cores']} cores, {described['memory_gib']} GiB, "
        f"load {described['load_average'][0]:.1f}"
    )
    for who, packages in found.items():
        print(f"{who}: " + ", ".join(f"{name} {version}" for name, version in packages.items()))
    if results["quick"]:
        print("--quick: too few rounds to quote.")


if __name__ == "__main__":
    sys.exit(main())
