"""Requests per second of one worker at full speed, with telemetry off and on, beside the alternatives.

A master and one worker as separate processes, since the existing plugin records nothing elsewhere. The worker has
one core to itself; target, master and the OTLP sink share another. Each round runs every variant once. Two figures:
requests by the clock, and requests for each second of the worker's CPU time (its threads included), which the
neighbours on a shared machine disturb far less.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from processes import Child, free_port
from settings import BenchmarkFailed, Settings
from table import Outcome, Table, median, spread, verdict

BENCHES = Path(__file__).resolve().parent
LOCUSTFILE = BENCHES / "locustfile.py"

USERS = 30
#: Seconds from the start of the test to the measured span: users spawn and connect.
SETTLE_S = 1.5
#: Seconds from the end of the span to the end of the test.
MARGIN_S = 1.0
#: Seconds beyond the test that starting and ending may take.
ALLOWANCE_S = 60
TARGET_RATIO = 0.99

#: What OpenTelemetry's exporters log when the sink did not take what they sent.
EXPORT_FAILURES = ("Failed to export", "StatusCode.UNAVAILABLE", "Transient error")


@dataclass(frozen=True)
class Variant:
    """One way to run Locust."""

    name: str
    label: str
    in_peer: bool
    telemetry: bool
    #: The variant without telemetry that it is compared with.
    base: str
    #: `{folder}` and `{otlp}` are filled in.
    arguments: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    #: A text that must be in the worker's log or in a file that it wrote: proof that it recorded.
    proof: str | None = None


VARIANTS = (
    Variant("off", "this package, off", False, True, "off", ("--enable-telemetry-recorder", "none")),
    Variant(
        "on",
        "this package, json to a file",
        False,
        True,
        "off",
        ("--lt-json-file", "{folder}/run.jsonl"),
        proof="locust.tl.request.metric.stats",
    ),
    Variant("peer_off", "without any plugin", True, False, "peer_off"),
    Variant(
        "peer_json",
        "the existing plugin, json",
        True,
        True,
        "peer_off",
        ("--testplan", "bench", "--enable-telemetry-recorder", "json"),
        proof="locust.tl.system.metric.cpu",
    ),
    Variant(
        "peer_otel",
        "the existing plugin, otel",
        True,
        True,
        "peer_off",
        (
            *("--testplan", "bench", "--enable-telemetry-recorder", "otel"),
            *("--lt-otel-exporter-otlp-endpoint", "{otlp}", "--lt-otel-exporter-otlp-insecure", "true"),
        ),
        proof="OTel recorder initialized",
    ),
    Variant(
        "locust_otel",
        "locust --otel",
        True,
        False,
        "peer_off",
        ("--otel",),
        (("OTEL_EXPORTER_OTLP_ENDPOINT", "{otlp}"), ("OTEL_METRIC_EXPORT_INTERVAL", "3000")),
        proof="OpenTelemetry enabled",
    ),
)


@dataclass(frozen=True)
class Bench:
    """What all runs share."""

    settings: Settings
    span_s: float
    url: str
    otlp: str
    worker_core: int | None
    other_core: int | None

    def run(self, variant: Variant) -> dict[str, float]:
        """Run master and worker once; return what the worker measured."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            values = {"folder": name, "otlp": self.otlp}
            python = self.settings.peer_python if variant.in_peer else self.settings.own_python
            result = folder / "result.json"
            variables = {
                "BENCH_TELEMETRY": str(int(variant.telemetry)),
                "BENCH_SETTLE_S": str(SETTLE_S),
                "BENCH_SPAN_S": str(self.span_s),
                **{key: value.format(**values) for key, value in variant.variables},
            }
            port = free_port()
            test_s = SETTLE_S + self.span_s + MARGIN_S
            locust = (python, "-m", "locust", "-f", LOCUSTFILE, *(a.format(**values) for a in variant.arguments))
            lead = (
                *("--master", "--headless", "--expect-workers", "1", "--master-bind-host", "127.0.0.1"),
                *("--master-bind-port", str(port), "-u", str(USERS), "-r", str(USERS), "-t", f"{test_s:.0f}s"),
                *("--host", self.url, "--only-summary", "--stop-timeout", "2"),
            )
            follow = ("--worker", "--master-host", "127.0.0.1", "--master-port", str(port))
            with (
                Child("master", (*locust, *lead), folder, self.other_core, **variables) as master,
                Child(
                    "worker", (*locust, *follow), folder, self.worker_core, BENCH_RESULT=str(result), **variables
                ) as worker,
            ):
                status = master.wait(test_s + ALLOWANCE_S)
                worker.wait(ALLOWANCE_S)
                if status != 0 or not result.exists():
                    said = f"{master.tail()}\n{worker.tail()}"
                    raise BenchmarkFailed(f"{variant.name}: master's exit status {status}\n{said}")
            _check_proof(variant, folder)
            measured: dict[str, float] = json.loads(result.read_text())
        if measured["requests"] == 0:
            raise BenchmarkFailed(f"{variant.name}: no request was answered")
        return {
            **measured,
            "per_second": measured["requests"] / measured["wall_s"],
            "per_cpu_second": measured["requests"] / measured["cpu_s"],
        }


def _check_proof(variant: Variant, folder: Path) -> None:
    """Raise BenchmarkFailed if the worker recorded nothing or could not export it: that would be cheap."""
    written = "".join(path.read_text(errors="replace") for path in folder.glob("*worker*"))
    if variant.proof and variant.proof not in written:
        raise BenchmarkFailed(f"{variant.name}: the worker recorded nothing ({variant.proof!r} is nowhere)")
    if failed := [text for text in EXPORT_FAILURES if text in written]:
        raise BenchmarkFailed(f"{variant.name}: the worker could not export: {failed}")


def run(settings: Settings) -> Outcome:
    """Run all variants in interleaved rounds."""
    rounds, span_s = (3, 4.0) if settings.quick else (7, 8.0)
    cores = sorted(os.sched_getaffinity(0))
    # On one core everything shares it; the CPU time still tells.
    worker_core, other_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    measured: dict[str, list[dict[str, float]]] = {variant.name: [] for variant in VARIANTS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        target = Child("target", (settings.target_binary, "--port", "0", "--exit-after", "3600"), folder, other_core)
        stack.enter_context(target)
        sink = stack.enter_context(Child("sink", (settings.peer_python, BENCHES / "otlp_sink.py"), folder, other_core))
        url = target.first_line().rpartition(" ")[2]
        bench = Bench(settings, span_s, url, f"http://127.0.0.1:{sink.first_line()}", worker_core, other_core)
        for number in range(rounds):
            # Every second round backwards: who comes after whom changes.
            for variant in VARIANTS if number % 2 == 0 else reversed(VARIANTS):
                measured[variant.name].append(bench.run(variant))
    return Outcome([_table(measured, rounds, span_s)], {"rounds": rounds, "span_s": span_s, "runs": measured})


def _table(measured: dict[str, list[dict[str, float]]], rounds: int, span_s: float) -> Table:
    columns = (
        *("one worker at full speed", "core %", "req/s", "on/off", "req/CPU s", "on/off", "middle half"),
        "CPU µs/request added",
    )
    table = Table(f"End to end: medians of {rounds} interleaved rounds of {span_s:g} s", columns)

    def of(name: str, what: str) -> list[float]:
        return [one[what] for one in measured[name]]

    def ratios(variant: Variant, what: str) -> list[float]:
        return [on / off for on, off in zip(of(variant.name, what), of(variant.base, what), strict=True)]

    for variant in VARIANTS:
        by_cpu = ratios(variant, "per_cpu_second")
        cpu_us = zip(of(variant.name, "per_cpu_second"), of(variant.base, "per_cpu_second"), strict=True)
        added_us = median(1e6 / on - 1e6 / off for on, off in cpu_us)
        is_base = variant.name == variant.base
        table.add(
            variant.label,
            f"{median(100 * one['cpu_s'] / one['wall_s'] for one in measured[variant.name]):.0f}",
            f"{median(of(variant.name, 'per_second')):.0f}",
            "" if is_base else f"{median(ratios(variant, 'per_second')):.3f}",
            f"{median(of(variant.name, 'per_cpu_second')):.0f}",
            "" if is_base else f"{median(by_cpu):.3f}",
            "" if is_base else spread(by_cpu),
            "" if is_base else f"{added_us:.1f}",
        )
    own = next(variant for variant in VARIANTS if variant.name == "on")
    by_clock, by_cpu_median = (median(ratios(own, what)) for what in ("per_second", "per_cpu_second"))
    table.notes += [
        f"Target: on/off of this package at least {TARGET_RATIO}: by the clock {verdict(by_clock >= TARGET_RATIO)}, "
        f"by CPU time {verdict(by_cpu_median >= TARGET_RATIO)}.",
        "core %: how much of its core the worker got; where that is not about 100, neighbours took the rest and req/s "
        "says little.",
        "OpenTelemetry variants export every 3 s over gRPC to a sink on this machine that keeps nothing.",
    ]
    return table
