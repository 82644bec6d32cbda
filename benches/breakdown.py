"""What recording takes from one process at full speed, part by part.

`end_to_end` compares whole processes, which differ by 1 % from one to the next though nothing is recorded. Here each
part is measured by itself, within one process that makes requests as fast as it can, where nothing else changes: the
listener by taking it off and putting it back, thousands of times; what the hub does now and then by stopping it and by
doing it many times as often; native threads by the system's own books. The sum tells what a process with a core to
itself keeps of its rate.
"""

from __future__ import annotations

import json
import math
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from processes import Child
from settings import BenchmarkFailed, Settings
from stage import ALLOWANCE_S, TARGET_RATIO, USERS, Stage, set_up
from table import Outcome, Table, median, spread, verdict

LOCUSTFILE = Path(__file__).resolve().with_name("breakdown_locustfile.py")

SETTLE_S = 2.0
#: Seconds beyond the spans that a test takes.
MARGIN_S = 2.0

#: What records, and the options for it; `{folder}` and `{otlp}` are filled in.
VARIANTS = {
    "as it comes: json, run store, live page": ("--lt-store", "{folder}/runs.db"),
    "otel": ("--enable-telemetry-recorder", "otel", "--lt-otel-exporter-otlp-endpoint", "{otlp}"),
}


class Spans(NamedTuple):
    """For how many seconds of a round each part is measured."""

    listener_s: float
    hub_s: float

    @property
    def all_s(self) -> float:
        """All of them: other listeners have half of the listener's time."""
        return self.listener_s * 1.5 + self.hub_s


def run(settings: Settings) -> Outcome:
    """Measure every variant, in interleaved rounds."""
    rounds, spans = (2, Spans(10.0, 5.0)) if settings.quick else (5, Spans(40.0, 10.0))
    rounds = settings.rounds or rounds
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    with tempfile.TemporaryDirectory() as name, set_up(settings, Path(name)) as stage:
        for _ in range(rounds):
            for variant, options in VARIANTS.items():
                filled = [option.format(folder=name, otlp=stage.otlp) for option in options]
                measured[variant].append(_round(settings, stage, Path(name), filled, spans))
    return Outcome([_table(measured, rounds, spans)], measured)


def _round(settings: Settings, stage: Stage, folder: Path, options: list[str], spans: Spans) -> dict[str, Any]:
    result = folder / "result.json"
    result.unlink(missing_ok=True)
    variables = {
        "BENCH_SETTLE_S": str(SETTLE_S),
        "BENCH_LISTENER_S": str(spans.listener_s),
        "BENCH_HUB_S": str(spans.hub_s),
        "BENCH_RESULT": str(result),
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }
    test_s = math.ceil(SETTLE_S + spans.all_s + MARGIN_S)
    locust = settings.own_python.parent / "locust"
    command = [locust, "-f", LOCUSTFILE, "-H", stage.url, "--headless", "--only-summary", "--stop-timeout", "0"]
    command += ["-u", str(USERS), "-r", str(USERS), "-t", f"{test_s}s", *options]
    with Child("locust", [str(part) for part in command], folder, stage.worker_core, variables) as child:
        child.wait(test_s + ALLOWANCE_S)
        if not result.exists():
            raise BenchmarkFailed(f"nothing was measured: {child.tail()}")
    found: dict[str, Any] = json.loads(result.read_text())
    if found["requests_per_s"] == 0:
        raise BenchmarkFailed("no request was answered")
    return found


class Part(NamedTuple):
    """A median of many turns, with its standard error."""

    value: float
    error: float

    @classmethod
    def of(cls, turns: Sequence[float]) -> Part:
        """Return that of some turns."""
        # The middle half of a normal distribution is 1.349 standard deviations wide; outliers do not widen it.
        # The error of a median is 1.2533 times that of a mean.
        low, _, high = statistics.quantiles(turns, n=4)
        return cls(median(turns), 1.2533 * (high - low) / 1.349 / math.sqrt(len(turns)))

    def text(self) -> str:
        """Return it for people."""
        return f"{self.value:.2f} ± {self.error:.2f}"


class Parts:
    """What recording takes in some rounds, and the share of the rate that is kept."""

    def __init__(self, rounds: Sequence[dict[str, Any]]) -> None:
        """Take the medians of all turns of all rounds."""
        #: Of a request, in microseconds.
        self.without_us = median(turn["off"][0] for round_ in rounds for turn in round_["listener"])
        #: What is added to it: by the listener, by one that does nothing, and by nothing.
        self.listener_us, self.empty_us, self.control_us = (
            Part.of([turn["on"][0] - turn["off"][0] for turns in of_rounds for turn in turns])
            for of_rounds in zip(*([round_["listener"], *round_["others"]] for round_ in rounds), strict=True)
        )
        self.hub_ms = Part.of([ms for round_ in rounds for ms in _hub_ms_per_s(round_)])
        self.native_ms = median(round_["native_ms_per_s"] for round_ in rounds)

    @property
    def kept(self) -> Part:
        """The share of the rate that is kept."""
        busy = 1 - (self.hub_ms.value + self.native_ms) / 1e3
        error = math.hypot(self.listener_us.error / self.without_us, self.hub_ms.error / 1e3)
        return Part(busy * self.without_us / (self.without_us + self.listener_us.value), error)


def _hub_ms_per_s(round_: dict[str, Any]) -> list[float]:
    """Return what the hub does in a second, turn by turn: what a request costs more, for as many as there were."""
    turns = ((turn["hurried"], turn["stopped"]) for turn in round_["hub"])
    return [(us - us_stopped) * per_s / 1e3 / round_["hurry"] for (us, per_s), (us_stopped, _) in turns]


def _table(measured: dict[str, list[dict[str, Any]]], rounds: int, spans: Spans) -> Table:
    columns = (
        *("one process with a core to itself", "µs/request without", "listener adds, µs", "one that does nothing"),
        *("control", "hub, ms/s", "threads, ms/s", "keeps of its rate", "rounds", f"≥ {TARGET_RATIO}"),
    )
    table = Table(f"What recording takes, part by part: {rounds} rounds of {spans.all_s:g} s", columns)
    for name, figures in measured.items():
        parts = Parts(figures)
        table.add(
            name,
            f"{parts.without_us:.1f}",
            parts.listener_us.text(),
            parts.empty_us.text(),
            parts.control_us.text(),
            parts.hub_ms.text(),
            f"{parts.native_ms:.2f}",
            f"{parts.kept.value:.4f} ± {parts.kept.error:.4f}",
            spread([Parts([round_]).kept.value for round_ in figures]),
            _verdict(parts.kept),
        )
    table.notes += [
        "Medians of many short turns in an order of chance, within one process; ± is the standard error.",
        "Listener: with and without; a Python function in its place that takes the same keywords and does nothing;",
        "and without twice, which shows what is chance.",
        "Hub: what the package's greenlets do now and then, stopped and 200 times as often, for once as often.",
        "Threads: those of the package, by the system's books.",
    ]
    return table


def _verdict(kept: Part) -> str:
    """Return how what is kept stands to the target, where the error lets it be told."""
    is_clear = abs(kept.value - TARGET_RATIO) >= kept.error
    return verdict(kept.value >= TARGET_RATIO) if is_clear else "cannot tell"
