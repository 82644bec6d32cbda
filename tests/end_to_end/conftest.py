"""The fixtures of the end-to-end tests: Locust's versions, the target, and a launcher for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .launcher import Launcher
from .target import Target
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


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    running = Target(tmp_path_factory.mktemp("target"))
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
