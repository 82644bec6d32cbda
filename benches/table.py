"""Tables of figures: printed for people, kept as JSON for whoever compares runs."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Table:
    """One table: a row for each thing measured."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Add a row."""
        self.rows.append(cells)

    def text(self) -> str:
        """Return the table: first column to the left, the others to the right."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns))]

        def row(cells: Sequence[str]) -> str:
            padded = [cells[0].ljust(widths[0])]
            padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
            return "  " + "  ".join(padded).rstrip()

        rule = "  " + "  ".join("-" * width for width in widths)
        notes = [f"  {note}" for note in self.notes]
        return "\n".join([self.title, row(self.columns), rule, *map(row, self.rows), *notes])


@dataclass
class Outcome:
    """What a benchmark found: tables to print, and all figures behind them."""

    tables: list[Table]
    figures: dict[str, Any]


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """Return the middle half of the values as text: how far rounds lie apart."""
    if len(values) < 4:
        return f"{min(values):.3f} … {max(values):.3f}"
    low, _, high = statistics.quantiles(values, n=4)
    return f"{low:.3f} … {high:.3f}"


def verdict(met: bool) -> str:
    """Return how a figure stands to its target; shown, never asserted."""
    return "met" if met else "MISSED"
