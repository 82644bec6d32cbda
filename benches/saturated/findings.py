"""The tables of the experiment. Pure: seconds in, tables out."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable

from table import Table

from saturated.confusion import SWEEP, Confusion, Thresholds, best, share
from saturated.scenario import BY_NAME, CLIENTS, SCENARIOS
from saturated.second import Second, Wrong

MATRIX = ("wrong+flagged", "wrong+spared", "right+flagged", "right+spared", "caught", "false alarms")

#: From where on a second belongs to no scenario: a hypervisor disturbed it more than the scenario did.
STOLEN_PERCENT = 3.0


def tables(seconds: list[Second], thresholds: Thresholds, wrong: Wrong) -> list[Table]:
    """Return all tables."""
    return [
        _scenarios(seconds, thresholds, wrong),
        _figures(seconds),
        _saturation(seconds, thresholds, wrong),
        _errors(seconds, thresholds, wrong),
        _alone(seconds, wrong),
        _varied(seconds, thresholds, wrong),
        _endpoints(seconds, thresholds, wrong),
        _combinations(seconds, thresholds, wrong),
        _definitions(seconds, thresholds),
    ]


def _by_scenario(seconds: list[Second]) -> Iterable[tuple[str, list[Second]]]:
    for scenario in SCENARIOS:
        for client in CLIENTS:
            chosen = [s for s in seconds if (s.scenario, s.client) == (scenario.name, client) and not _is_stolen(s)]
            if chosen:
                yield f"{scenario.label}, {client}", chosen
    if stolen := [s for s in seconds if _is_stolen(s)]:
        yield f"any, {STOLEN_PERCENT:g} % or more stolen by a hypervisor", stolen


def _is_stolen(second: Second) -> bool:
    return second.steal_percent >= STOLEN_PERCENT


def _scenarios(seconds: list[Second], thresholds: Thresholds, wrong: Wrong) -> Table:
    columns = ("scenario", "seconds", "wrong", "flagged", *MATRIX[:4], "reasons")
    table = Table(
        f"Seconds by scenario, thresholds {thresholds.text()} (hub lag ms / CPU % / run queue % / throttled %)", columns
    )
    for label, chosen in [*_by_scenario(seconds), ("all", seconds)]:
        found = Confusion.of(chosen, thresholds, wrong)
        reasons = []
        for name in SWEEP:
            only = Thresholds.only(name, getattr(thresholds, name))
            if count := sum(map(only.flags, chosen)):
                reasons.append(f"{name.rpartition('_')[0]} {count}")
        counts = (len(chosen), found.wrong, found.flagged)
        table.add(label, *map(str, counts), *found.cells()[:4], ", ".join(reasons))
    table.notes.append(f"Wrong: p50 or p95 of an endpoint off by more than {wrong.percent:g} % and {wrong.ms:g} ms.")
    return table


def _figures(seconds: list[Second]) -> Table:
    delays = sorted({delay for second in seconds for delay in second.generator}, key=float)
    ratios = [(delay, percentile) for delay in delays for percentile in (50, 95)]
    columns = ("scenario", "req/s", "CPU %", "hub lag ms", "run queue %", "throttled %")
    columns += tuple(f"{delay} ms p{percentile}" for delay, percentile in ratios)
    table = Table("Medians by scenario; percentiles as multiples of what they should be", columns)
    for label, chosen in _by_scenario(seconds):
        cells = [
            f"{_median(chosen, lambda s: s.requests):.0f}",
            f"{_median(chosen, lambda s: s.cpu_percent):.0f}",
            f"{_median(chosen, lambda s: s.hub_lag_ms):.1f}",
            f"{_median(chosen, lambda s: s.run_queue_percent):.0f}",
            f"{_median(chosen, lambda s: s.throttled_percent):.0f}",
        ]
        for delay, percentile in ratios:
            known = [ratio for s in chosen if (ratio := s.ratio(delay, percentile)) is not None]
            cells.append(f"{statistics.median(known):.2f}" if known else "-")
        table.add(label, *cells)
    return table


def _saturation(seconds: list[Second], thresholds: Thresholds, wrong: Wrong) -> Table:
    table = Table("Flagged share before and after saturation", ("", "seconds", "wrong", "flagged", "flagged share"))
    own = [s for s in seconds if not _is_stolen(s)]
    groups = (
        ("before: idle and moderate load, nothing else", [s for s in own if BY_NAME[s.scenario].is_healthy]),
        ("after: too many users", [s for s in own if s.scenario == "over"]),
        ("all scenarios but idle and moderate load", [s for s in own if not BY_NAME[s.scenario].is_healthy]),
        (f"{STOLEN_PERCENT:g} % or more stolen by a hypervisor", [s for s in seconds if _is_stolen(s)]),
        ("seconds with right figures, anywhere", [s for s in seconds if not s.is_wrong(wrong)]),
        ("seconds with wrong figures, anywhere", [s for s in seconds if s.is_wrong(wrong)]),
    )
    for label, chosen in groups:
        found = Confusion.of(chosen, thresholds, wrong)
        part = found.flagged / len(chosen) if chosen else float("nan")
        table.add(label, str(len(chosen)), str(found.wrong), str(found.flagged), share(part))
    return table


def _errors(seconds: list[Second], thresholds: Thresholds, wrong: Wrong) -> Table:
    table = Table(
        "Wrong seconds by how far the worst percentile is off", ("off by", "wrong", "flagged", "flagged share")
    )
    edges = (1.0, 1.5, 2.0, 4.0, float("inf"))
    for low, high in zip(edges, edges[1:], strict=False):
        chosen = [s for s in seconds if s.is_wrong(wrong) and low <= s.worst_ratio() < high]
        flagged = sum(map(thresholds.flags, chosen))
        label = f"{low:g} x and more" if high == edges[-1] else f"{low:g} x to {high:g} x"
        part = flagged / len(chosen) if chosen else float("nan")
        table.add(label, str(len(chosen)), str(flagged), share(part))
    return table


def _alone(seconds: list[Second], wrong: Wrong) -> Table:
    table = Table("Each threshold alone", ("threshold", *MATRIX))
    for name, values in SWEEP.items():
        for value in values:
            found = Confusion.of(seconds, Thresholds.only(name, value), wrong)
            table.add(f"{name} {value:g}", *found.cells())
    return table


def _varied(seconds: list[Second], thresholds: Thresholds, wrong: Wrong) -> Table:
    table = Table("One threshold changed, the others as they are", ("threshold", *MATRIX, "balance"))
    table.add("as they are", *_cells(seconds, thresholds, wrong))
    for name, values in SWEEP.items():
        for value in (*values, float("inf")):
            label = f"{name} {value:g}".replace("inf", "off")
            table.add(label, *_cells(seconds, thresholds.with_one(name, value), wrong))
    return table


def _endpoints(seconds: list[Second], thresholds: Thresholds, wrong: Wrong) -> Table:
    table = Table(
        "Hub lag, the others as they are, by the endpoint that is to be right", ("hub_lag_ms", *MATRIX, "balance")
    )
    for delay in sorted({delay for second in seconds for delay in second.generator}, key=float):
        known = [second for second in seconds if delay in second.generator]
        for value in SWEEP["hub_lag_ms"]:
            found = Confusion.of(known, thresholds.with_one("hub_lag_ms", value), wrong, [delay])
            table.add(f"{value:g}, {delay} ms endpoint", *found.cells(), f"{found.balance:.2f}")
    return table


def _combinations(seconds: list[Second], thresholds: Thresholds, wrong: Wrong) -> Table:
    table = Table("The combinations that tell best", ("hub lag / CPU / run queue / throttled", *MATRIX, "balance"))
    for found, confusion in best(seconds, wrong, 10):
        table.add(found.text(), *confusion.cells(), f"{confusion.balance:.2f}")
    table.add(f"as they are: {thresholds.text()}", *_cells(seconds, thresholds, wrong))
    table.notes.append("Balance: share of wrong seconds caught less share of right seconds flagged.")
    return table


def _definitions(seconds: list[Second], thresholds: Thresholds) -> Table:
    table = Table("The same thresholds by what counts as wrong", ("wrong is", *MATRIX, "balance"))
    for percent, ms in ((10, 1), (20, 2), (50, 5), (100, 10)):
        label = f"off by more than {percent} % and {ms} ms"
        table.add(label, *_cells(seconds, thresholds, Wrong(percent, ms)))
    return table


def _cells(seconds: list[Second], thresholds: Thresholds, wrong: Wrong) -> tuple[str, ...]:
    found = Confusion.of(seconds, thresholds, wrong)
    return (*found.cells(), f"{found.balance:.2f}")


def _median(seconds: list[Second], of: Callable[[Second], float]) -> float:
    return statistics.median(map(of, seconds))
