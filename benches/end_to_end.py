"""Requests of one worker at full speed, with telemetry off and on, beside the alternatives.

A master and one worker as separate processes, since the existing plugin records nothing elsewhere. A pair, one worker
without telemetry and one with, runs at the same time on the same core: a machine whose speed changes from second to
second changes it for both. Targets, masters and the OTLP sink share the other core. Pairs of runs in one process each
show what the run store and the live page cost where they share the worker's core. Two figures: requests by the clock,
where the two share the core fairly, and requests for each second of a worker's own CPU time (its threads included).
What is done once a second counts twice here: a worker that has its core to itself makes twice the requests in it.
The control is a pair of two workers without telemetry: its distance from 1 is the noise.
"""

from __future__ import annotations

import json
import math
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from processes import Child, free_port
from settings import BenchmarkFailed, Settings
from stage import ALLOWANCE_S, TARGET_RATIO, USERS, Stage, set_up
from table import Outcome, Table, median, spread, verdict

BENCHES = Path(__file__).resolve().parent
LOCUSTFILE = BENCHES / "locustfile.py"

#: Seconds from the start of the test to the measured span: users spawn and connect.
SETTLE_S = 1.5
#: Seconds from the end of the span to the end of the test.
MARGIN_S = 2.5

#: What OpenTelemetry's exporters log when the sink did not take what they sent.
EXPORT_FAILURES = ("Failed to export", "StatusCode.UNAVAILABLE", "Transient error", "cannot be exported")


@dataclass(frozen=True)
class Variant:
    """One way to run Locust."""

    name: str
    label: str
    in_peer: bool
    telemetry: bool
    #: The variant without telemetry that runs beside it.
    base: str
    #: `{folder}` and `{otlp}` are filled in.
    arguments: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    #: A text that must be in the worker's log or in a file that it wrote: proof that it recorded.
    proof: str | None = None
    #: Whether master and worker are one process.
    is_alone: bool = False


VARIANTS = (
    Variant("off", "control: this package off, twice", False, True, "off", ("--enable-telemetry-recorder", "none")),
    Variant(
        "on",
        "this package, json to a file",
        False,
        True,
        "off",
        ("--enable-telemetry-recorder", "json", "--lt-json-file", "{folder}/run.jsonl"),
        proof="locust.tl.request.metric.stats",
    ),
    Variant(
        "default",
        "this package as it comes: json, run store, live page",
        False,
        True,
        "off",
        ("--lt-store", "{folder}/runs.db"),
        proof="locust.tl.system.metric.cpu",
    ),
    Variant(
        "alone_off",
        "control: one process, this package off, twice",
        False,
        True,
        "alone_off",
        ("--enable-telemetry-recorder", "none"),
        is_alone=True,
    ),
    Variant(
        "alone",
        "one process, this package as it comes: json, run store, live page",
        False,
        True,
        "alone_off",
        ("--lt-store", "{folder}/runs.db"),
        proof="locust.tl.system.metric.cpu",
        is_alone=True,
    ),
    Variant(
        "otel",
        "this package, otel",
        False,
        True,
        "off",
        ("--enable-telemetry-recorder", "otel", "--lt-otel-exporter-otlp-endpoint", "{otlp}"),
        (("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),),
    ),
    Variant("peer_off", "control: no plugin, twice", True, False, "peer_off"),
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


class Pair(NamedTuple):
    """What two workers measured side by side."""

    off: dict[str, float]
    on: dict[str, float]

    def ratio(self, what: str) -> float:
        """Return how much of a figure is left with telemetry."""
        return self.on[what] / self.off[what]


@dataclass(frozen=True)
class Bench:
    """What all runs share."""

    settings: Settings
    span_s: float
    stage: Stage

    def run(self, variant: Variant) -> dict[str, float]:
        """Run master and worker once; return what the worker measured."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            values = {"folder": name, "otlp": self.stage.otlp}
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
            locust: tuple[str | Path, ...] = (
                python,
                "-m",
                "locust",
                "-f",
                LOCUSTFILE,
                *(a.format(**values) for a in variant.arguments),
            )
            test = (
                *("--headless", "-u", str(USERS), "-r", str(USERS), "-t", f"{math.ceil(test_s)}s"),
                *("--host", self.stage.url, "--only-summary", "--stop-timeout", "2"),
            )
            bind = ("--master", "--expect-workers", "1", "--master-bind-host", "127.0.0.1")
            lead = (*bind, "--master-bind-port", str(port), *test)
            follow = ("--worker", "--master-host", "127.0.0.1", "--master-port", str(port))
            measuring = {**variables, "BENCH_RESULT": str(result)}
            with ExitStack() as stack:
                start = lambda *given: stack.enter_context(Child(*given))  # noqa: E731
                children = []
                if not variant.is_alone:
                    children.append(start("master", (*locust, *lead), folder, self.stage.other_core, variables))
                measured_one = (*locust, *(test if variant.is_alone else follow))
                children.append(start("worker", measured_one, folder, self.stage.worker_core, measuring))
                statuses = [child.wait(test_s + ALLOWANCE_S) for child in children]
                if statuses[0] != 0 or not result.exists():
                    said = "\n".join(child.tail() for child in children)
                    raise BenchmarkFailed(f"{variant.name}: exit status {statuses[0]}\n{said}")
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
    """Run every variant beside its base, in interleaved rounds."""
    rounds, span_s = settings.rounds or (3 if settings.quick else 7), 4.0 if settings.quick else 8.0
    variants = [variant for variant in VARIANTS if not settings.variants or variant.name in settings.variants]
    by_name = {variant.name: variant for variant in VARIANTS}
    pairs: dict[str, list[Pair]] = {variant.name: [] for variant in variants}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        both = stack.enter_context(ThreadPoolExecutor(2))
        bench = Bench(settings, span_s, stack.enter_context(set_up(settings, folder)))
        for number in range(rounds):
            for variant in variants:
                # Every second round the other way round: who starts first changes.
                order = (by_name[variant.base], variant)[:: 1 if number % 2 == 0 else -1]
                first, second = both.map(bench.run, order)
                pairs[variant.name].append(Pair(first, second) if number % 2 == 0 else Pair(second, first))
    figures = {name: [pair._asdict() for pair in measured] for name, measured in pairs.items()}
    return Outcome([_table(variants, pairs, rounds, span_s)], {"rounds": rounds, "span_s": span_s, "pairs": figures})


def _table(variants: list[Variant], pairs: dict[str, list[Pair]], rounds: int, span_s: float) -> Table:
    columns = (
        *("one worker, beside one without", "req/s", "on/off", "req/CPU s", "on/off", "middle half"),
        *("CPU µs/request added", f"≥ {TARGET_RATIO}"),
    )
    table = Table(f"End to end: medians of {rounds} interleaved rounds of {span_s:g} s", columns)
    for variant in variants:
        measured = pairs[variant.name]
        by_cpu = [pair.ratio("per_cpu_second") for pair in measured]
        added_us = median(1e6 / pair.on["per_cpu_second"] - 1e6 / pair.off["per_cpu_second"] for pair in measured)
        table.add(
            variant.label,
            f"{median(pair.on['per_second'] for pair in measured):.0f}",
            f"{median(pair.ratio('per_second') for pair in measured):.3f}",
            f"{median(pair.on['per_cpu_second'] for pair in measured):.0f}",
            f"{median(by_cpu):.3f}",
            spread(by_cpu),
            f"{added_us:.1f}",
            "" if variant.name == variant.base else _verdict(by_cpu),
        )
    table.notes += [
        "Two workers at once share a core, so each has about half of its speed; on/off is of the pair.",
        "OpenTelemetry variants export every 3 s over gRPC to a sink on this machine that keeps nothing.",
    ]
    return table


def _verdict(ratios: list[float]) -> str:
    """Return how the ratios stand to the target; more than chance where the middle half is on one side of it."""
    low, _, high = statistics.quantiles(ratios, n=4)
    if low < TARGET_RATIO <= high:
        return "cannot tell"
    return verdict(low >= TARGET_RATIO)
