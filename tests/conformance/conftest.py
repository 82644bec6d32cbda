"""The fixtures of the conformance tests: the backends, and the fixtures of the end-to-end tests that start Locust."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..end_to_end.conftest import launcher, target  # noqa: F401
from ..end_to_end.versions import Version
from .collector import Collector
from .otlp_decoder import OtlpDecoder
from .prometheus import Prometheus

# Locust's own files.
collect_ignore = ["locustfiles"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "launcher" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.end_to_end)


@pytest.fixture(scope="session")
def version(request: pytest.FixtureRequest) -> Version:
    """The newest Locust, or the one that a test names: what is exported does not depend on it, when it is does."""
    return Version.of(getattr(request, "param", "newest"))


@pytest.fixture
def decoder(tmp_path: Path) -> Iterator[OtlpDecoder]:
    with OtlpDecoder.running(tmp_path) as running:
        yield running


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    with Collector.running(tmp_path) as running:
        yield running


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Prometheus]:
    """Prometheus 3, which receives OTLP."""
    with Prometheus.receiving(tmp_path / "prometheus") as running:
        yield running


@pytest.fixture
def scraper(tmp_path: Path, collector: Collector) -> Iterator[Prometheus]:
    """Prometheus 2.42, which scrapes the Collector's page."""
    with Prometheus.scraping(tmp_path / "scraper", collector.page_address) as running:
        yield running
