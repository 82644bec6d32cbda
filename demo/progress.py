"""What the demo shows while it runs: the newest totals from the master's JSON file, as one line.

The file is only read, and only its new part each time, as any log shipper would.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any, TextIO

# Seconds between two lines: rewritten in place on a terminal, one below the other elsewhere.
TERMINAL_PERIOD_S = 1.0
PLAIN_PERIOD_S = 5.0
BAR_CELLS = 12


class TotalsTail:
    """Follows a JSON lines file and keeps its newest record of running totals."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.newest: dict[str, Any] | None = None
        self._offset = 0
        self._unfinished = b""

    def read(self) -> None:
        """Reads what was appended since the last call; a file not there yet is an empty one."""
        try:
            with self.path.open("rb") as source:
                source.seek(self._offset)
                appended = source.read()
        except FileNotFoundError:
            return
        self._offset += len(appended)
        *lines, self._unfinished = (self._unfinished + appended).split(b"\n")
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            record = json.loads(line)
        except ValueError:
            return
        telemetry = record.get("telemetry") if isinstance(record, dict) else None
        if isinstance(telemetry, dict) and telemetry.get("stats_type") == "current":
            self.newest = telemetry


class Progress:
    """Writes the line to ``output`` when its time has come; call :meth:`update` as often as you like."""

    def __init__(self, tail: TotalsTail, total_s: int, output: TextIO = sys.stdout) -> None:
        self._tail = tail
        self._total_s = total_s
        self._output = output
        self._in_place = output.isatty()
        self._period_s = TERMINAL_PERIOD_S if self._in_place else PLAIN_PERIOD_S
        self._next_at = 0.0
        self._started_at: float | None = None

    def update(self) -> None:
        """Reads the file, and writes the line unless the last one is younger than the period."""
        now = time.monotonic()
        self._tail.read()
        if self._started_at is None and self._tail.newest is not None:
            self._started_at = now
        if now < self._next_at:
            return
        self._next_at = now + self._period_s
        elapsed_s = 0.0 if self._started_at is None else now - self._started_at
        self._write(progress_line(elapsed_s, self._total_s, self._tail.newest))

    def close(self) -> None:
        """Ends the line that was rewritten in place, so that what follows starts on its own."""
        if self._in_place:
            self._output.write("\n")
            self._output.flush()

    def _write(self, line: str) -> None:
        if self._in_place:
            columns = shutil.get_terminal_size().columns
            self._output.write(f"\r{line[: columns - 1]}\x1b[K")
        else:
            self._output.write(f"{line}\n")
        self._output.flush()


def progress_line(elapsed_s: float, total_s: int, totals: dict[str, Any] | None) -> str:
    """One line that fits 80 columns: a bar, elapsed and total time, and the figures of ``totals`` if there are any."""
    shown_s = min(int(elapsed_s), total_s)
    filled = BAR_CELLS * shown_s // total_s
    bar = f"[{'#' * filled}{'.' * (BAR_CELLS - filled)}] {shown_s}/{total_s} s"
    if totals is None:
        return f"{bar}  waiting for the first figures"

    def figure(key: str) -> str:
        value = totals.get(key)
        return f"{value:,.0f}" if isinstance(value, (int, float)) else "-"

    return (
        f"{bar}  {figure('user_count')} users  {figure('num_requests')} req  {figure('total_rps')}/s"
        f"  p95 {figure('percentile_95')} ms  {figure('num_failures')} failed"
    )
