"""What an OTLP export holds up: a hub with 10,000 series, whose backend takes everything, hangs, or is not there.

Each run is a process of its own; runs without a recorder, and with each backend, take turns.
"""

from __future__ import annotations

import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from processes import Child, figures_of, free_port
from settings import Settings
from table import Outcome, Table, median, verdict

WORKER = Path(__file__).with_name("export_worker.py")
SINK = Path(__file__).with_name("otlp_sink.py")

SERIES = 10_000
TARGET_HOLD_MS = 1
TARGET_END_S = 5.5

#: The backends, and what they are called in the table.
BACKENDS = {
    "none": "no otel recorder",
    "takes": "a collector that takes everything",
    "hangs": "a collector that accepts and never answers",
    "absent": "no collector",
}


def run(settings: Settings) -> Outcome:
    """Watch a hub beside each backend, in turns."""
    rounds, seconds = (1, 5) if settings.quick else (5, 12)
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in BACKENDS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sink = stack.enter_context(Child("sink", (settings.peer_python, SINK), folder, None, says_first=True))
        endpoints = {
            "none": None,
            "takes": f"http://127.0.0.1:{sink.first_line()}",
            "hangs": f"http://127.0.0.1:{stack.enter_context(_hung_server())}",
            "absent": f"http://127.0.0.1:{free_port()}",
        }
        for _ in range(rounds):
            for name, endpoint in endpoints.items():
                measured[name].append(_watch(settings, endpoint, seconds))
    return Outcome([_table(measured)], measured)


@contextmanager
def _hung_server() -> Iterator[int]:
    """Listen, accept, and say nothing."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


def _watch(settings: Settings, endpoint: str | None, seconds: int) -> dict[str, Any]:
    order = {"endpoint": endpoint, "seconds": seconds, "series": SERIES}
    return figures_of("the watched hub", [settings.own_python, WORKER, json.dumps(order)], timeout_s=120)


def _table(measured: dict[str, list[dict[str, Any]]]) -> Table:
    columns = (
        *("backend", "tick late p99", "p99.9, ms", "call p99", "p99.9, ms", "max, ms"),
        *("MiB", "grown", "end, s", "delivered"),
    )
    table = Table(f"What an export holds up: {SERIES:,} series, exported each second", columns)

    def of(name: str, *path: str) -> float:
        return median(_at(figures, path) for figures in measured[name])

    for name, label in BACKENDS.items():
        requests = sum(figures["requests"] for figures in measured[name])
        delivered = sum(figures["delivered"] or 0 for figures in measured[name])
        table.add(
            label,
            f"{of(name, 'late_ms', 'p99'):.3f}",
            f"{of(name, 'late_ms', 'p99.9'):.3f}",
            *(f"{of(name, 'call_ms', column):.3f}" for column in ("p99", "p99.9", "max")),
            f"{of(name, 'resident_mib'):.0f}",
            f"{of(name, 'grown_mib'):+.0f}",
            f"{of(name, 'end_s'):.2f}",
            f"{delivered / requests:.1%}" if name != "none" else "",
        )
    hold_ms = max(of(name, "call_ms", "p99.9") for name in BACKENDS if name != "none")
    end_s = max(_at(figures, ("end_s",)) for name in BACKENDS for figures in measured[name])
    table.notes += [
        "Medians over the rounds. Tick: how late a greenlet that sleeps 1 ms wakes, also for other programs' sake: "
        "compare with the first line. Call: what a hub asks of the exporter, by the clock.",
        f"Targets: no call holds the hub for {TARGET_HOLD_MS} ms (p99.9): {verdict(hold_ms < TARGET_HOLD_MS)}; "
        f"the end takes the flush timeout of 5 s at most: {verdict(end_s < TARGET_END_S)}.",
    ]
    return table


def _at(figures: dict[str, Any], path: tuple[str, ...]) -> float:
    value: Any = figures
    for key in path:
        value = value[key]
    return float(value)
