"""Fixtures that give a test an export of its own: a provider, no exporter yet, and doubles of what is native."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from locust.env import Environment
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.options import Options
from locust_telemetry.recorders.otel import exporter as exporter_module
from locust_telemetry.recorders.otel.process import ProcessExport
from locust_telemetry.session import Session

from tests.isolation import own_export, own_manager
from tests.locust_doubles import RUNNERS, environment
from tests.otel_doubles import FakeEngine, FakeExporter


@pytest.fixture(autouse=True)
def export(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProcessExport]:
    """The process's export as it is at first, with a double of the native exporter."""
    monkeypatch.setattr(exporter_module, "OtelExporter", FakeExporter)
    monkeypatch.setattr(FakeExporter, "made", [])
    with own_export() as process:
        yield process


@pytest.fixture(autouse=True)
def manager() -> Iterator[RecorderPluginManager]:
    with own_manager() as manager:
        yield manager


@pytest.fixture
def recorded(manager: RecorderPluginManager) -> Callable[..., Environment]:
    """Make environments of a role, with a session whose engine is a double."""

    def make(role: str = "local", **options: Any) -> Environment:
        runner: Any = RUNNERS[role]()
        runner.environment = env = environment(runner, testplan="checkout")
        session = Session(env.events, manager)
        session.engine = FakeEngine()  # type: ignore[assignment]
        session.options = Options(**options)
        session._environment = env
        session.claim(env)
        return env

    return make
