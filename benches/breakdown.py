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


def run(settings: Settings) -> Outcome:
    """Measure every variant, in interleaved rounds."""
    rounds, spans = (2, Spans(10.0, 5.0)) if settings.quick else (5, Spans(45.0, 15.0))
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
    test_s = math.ceil(SETTLE_S + sum(spans) + MARGIN_S)
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


class Listening(NamedTuple):
    """What one turn says of listeners, in microseconds per request."""

    without: float
    own: float
    empty: float


def _listening(round_: dict[str, Any]) -> list[Listening]:
    """Return what listeners add, turn by turn."""
    costs = ({state: us for state, (us, _) in turn.items()} for turn in round_["listener"])
    return [Listening(us["off"], us["on"] - us["off"], us["empty"] - us["off"]) for us in costs]


def _hub_ms_per_s(round_: dict[str, Any]) -> list[float]:
    """Return what the hub does in a second, turn by turn: what a request costs more, for as many as there were."""
    turns = ((turn["hurried"], turn["stopped"]) for turn in round_["hub"])
    return [(us - us_stopped) * per_s / 1e3 / round_["hurry"] for (us, per_s), (us_stopped, _) in turns]


class Parts(NamedTuple):
    """What recording takes, and the share of the rate that is kept."""

    without_us: float
    listener_us: float
    empty_us: float
    hub_ms: float
    native_ms: float

    @classmethod
    def of(cls, rounds: Sequence[dict[str, Any]]) -> Parts:
        """Return the medians of all turns of some rounds."""
        listening = [turn for round_ in rounds for turn in _listening(round_)]
        hub_ms = [turn for round_ in rounds for turn in _hub_ms_per_s(round_)]
        native_ms = median(round_["native_ms_per_s"] for round_ in rounds)
        return cls(*(median(column) for column in zip(*listening, strict=True)), median(hub_ms), native_ms)

    @property
    def kept(self) -> float:
        """The share of the rate that is kept."""
        return (1 - (self.hub_ms + self.native_ms) / 1e3) * self.without_us / (self.without_us + self.listener_us)


def _table(measured: dict[str, list[dict[str, Any]]], rounds: int, spans: Spans) -> Table:
    columns = (
        *("one process with a core to itself", "µs/request without", "listener adds, µs", "one that does nothing"),
        *("hub, ms/s", "threads, ms/s", "keeps of its rate", "rounds", f"≥ {TARGET_RATIO}"),
    )
    table = Table(f"What recording takes, part by part: {rounds} rounds of {sum(spans):g} s", columns)
    for name, figures in measured.items():
        parts = Parts.of(figures)
        listening = [turn for round_ in figures for turn in _listening(round_)]
        hub_error = _error([turn for round_ in figures for turn in _hub_ms_per_s(round_)])
        error_us = _error([turn.own for turn in listening])
        kept_error = math.hypot(error_us / parts.without_us, hub_error / 1e3)
        table.add(
            name,
            f"{parts.without_us:.1f}",
            f"{parts.listener_us:.2f} ± {error_us:.2f}",
            f"{parts.empty_us:.2f} ± {_error([turn.empty for turn in listening]):.2f}",
            f"{parts.hub_ms:.2f} ± {hub_error:.2f}",
            f"{parts.native_ms:.2f}",
            f"{parts.kept:.4f} ± {kept_error:.4f}",
            spread([Parts.of([round_]).kept for round_ in figures]),
            _verdict(parts.kept, kept_error),
        )
    table.notes += [
        "Medians of all turns of 50 ms, in an order of chance, within one process; ± is the standard error.",
        "Listener: on and off; then a Python function in its place that takes the same keywords and does nothing.",
        "Hub: what the package's greenlets do now and then, stopped and 50 times as often, for once as often.",
        "Threads: those of the package, by the system's books.",
    ]
    return table


def _verdict(kept: float, error: float) -> str:
    """Return how what is kept stands to the target, where the error lets it be told."""
    return "cannot tell" if abs(kept - TARGET_RATIO) < error else verdict(kept >= TARGET_RATIO)


def _error(differences: Sequence[float]) -> float:
    """Return the standard error of a median (1.2533 times that of a mean)."""
    # The middle half of a normal distribution is 1.349 standard deviations wide; outliers do not widen it.
    low, _, high = statistics.quantiles(differences, n=4)
    return 1.2533 * (high - low) / 1.349 / math.sqrt(len(differences))
