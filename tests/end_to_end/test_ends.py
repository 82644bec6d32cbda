"""However a process ends, it ends as it would without telemetry, and what it recorded is complete."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from .counts import COUNT_AT_ONCE, counted, counted_at_once
from .launcher import Cluster, Launcher, LocustProcess, free_port, headless, wait_until
from .records import endpoint_figures, file_records, json_table, log_records, of_type, recorded, run_ids, source_id_of
from .runs import check_local, check_requests, check_totals, files_of
from .target import Target
from .twins import Twins, start_twins, wait_for_intervals
from .versions import VERSION_IDS, Version

#: Longer than any test takes: these runs are ended.
_LONG_S = 120.0

#: After this long without its master, a worker of Locust's ends.
_MASTER_IS_MISSED_AFTER_S = 60.0

#: An interval, a window that is not closed yet, and the queue: what a killed process may lose.
_UNWRITTEN_S = 3.0


@dataclass
class Orphans:
    """Workers of a version whose master was killed."""

    workers: Twins
    folder: Launcher


@pytest.fixture(scope="module")
def orphans(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Orphans]]:
    """Workers that lose their masters at the first test of this module, and take a minute to find out."""
    launchers = [
        Launcher(Version.of(name), tmp_path_factory.mktemp(f"orphans-{name}"), target.url) for name in VERSION_IDS
    ]

    def start(launcher: Launcher, recorder: str) -> list[LocustProcess]:
        cluster = Cluster.headless(
            launcher, "shop.py", workers=1, seconds=_LONG_S, recorder=recorder, variables={"SHOP_WAIT_S": "0.5"}
        )
        return cluster.processes

    try:
        started = {launcher.version.name: (launcher, start_twins(launcher, start)) for launcher in launchers}
        for launcher, (masters, workers) in started.values():
            wait_for_intervals(Launcher(launcher.version, launcher.folder / "recorded", target.url), processes=1)
            workers.plain.wait_for("All users spawned") if False else None
            masters.send(signal.SIGKILL)
        yield {
            name: Orphans(workers, Launcher(launcher.version, launcher.folder / "recorded", target.url))
            for name, (launcher, (_, workers)) in started.items()
        }
    finally:
        for launcher in launchers:
            launcher.close()
