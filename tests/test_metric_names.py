"""Holds the table of metrics in docs/opentelemetry.md to the names that are exported."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "opentelemetry.md"

#: Where names of metrics stand; those of events and of log records are no metrics.
SOURCES = (
    *(ROOT / "crates/otlp/src").rglob("*.rs"),
    ROOT / "python/locust_telemetry/recorders/otel/handlers.py",
)
NAME = re.compile(r'"(locust\.tl(?:\.\w+)*\.metric(?:\.\w+)+|http\.client\.request\.duration)"')


def documented() -> set[str]:
    """Return the names of the table's first column; `….name` repeats the last name but for its last word."""
    names: set[str] = set()
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if not line.startswith("| `"):
            continue
        last = ""
        for name in re.findall(r"`([^`]+)`", line.split("|")[1]):
            last = last.rpartition(".")[0] + name.removeprefix("…") if name.startswith("…") else name
            names.add(last)
    return names


def test_every_exported_metric_is_documented():
    exported = {name for path in SOURCES for name in NAME.findall(path.read_text(encoding="utf-8"))}
    assert len(exported) > 10, "the pattern no longer finds the names"
    assert exported - documented() == set()
