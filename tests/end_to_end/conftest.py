"""The fixtures of the end-to-end tests: Locust's versions, the target, and a launcher for each test."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .launcher import Cluster, Launcher, LocustProcess
from .target import Target
from .twins import LONG_S, TwinRun
from .versions import VERSION_IDS, Version

# Locust's own files, one of which is made of pytest functions.
collect_ignore = ["locustfiles"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than a minute, most of it waiting")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.end_to_end)
            # Real processes share the machine with whatever else runs there. The closing line tells of each rerun.
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    running = Target(tmp_path_factory.mktemp("target"))
    yield running
    running.close()


@pytest.fixture
def own_target(tmp_path: Path) -> Iterator[Target]:
    """A target of this test alone, whose answers are its own."""
    running = Target(tmp_path)
    yield running
    running.close()


@pytest.fixture(scope="session", params=VERSION_IDS)
def version(request: pytest.FixtureRequest) -> Version:
    return Version.of(request.param)


@pytest.fixture
def launcher(version: Version, target: Target, tmp_path: Path) -> Iterator[Launcher]:
    made = Launcher(version, tmp_path, target.url)
    yield made
    made.close()


@pytest.fixture(scope="session")
def orphans(version: Version, target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwinRun]:
    """A run whose master is killed, in the background of the tests until `test_orphans.py`.

    Its worker takes a minute to find out.
    """
    launcher = Launcher(version, tmp_path_factory.mktemp("orphans"), target.url)

    def start(launcher: Launcher, recorder: str) -> list[LocustProcess]:
        # Slow users, for the sake of the tests that run meanwhile.
        settings: dict[str, Any] = {"recorder": recorder, "variables": {"SHOP_WAIT_S": "0.5"}}
        return Cluster.headless(launcher, "shop.py", workers=1, seconds=LONG_S, **settings).processes

    try:
        run = TwinRun(launcher, start)
        run.wait_for_requests(recording_processes=1, each=1)
        run.twins[0].send(signal.SIGKILL)
        yield run
    finally:
        launcher.close()
