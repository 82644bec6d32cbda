"""The otel plugin makes the recorder for each kind of process, and its errors are those of options."""

from collections.abc import Callable
from typing import Any

import pytest
from locust.env import Environment
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.recorders.otel import handlers
from locust_telemetry.recorders.otel import recorder as recorders
from locust_telemetry.recorders.otel.otel import InstrumentRegistry
from locust_telemetry.recorders.otel.plugin import LocustOtelRecorderPlugin

from tests.otel_doubles import FakeExporter

Recorded = Callable[..., Environment]


@pytest.mark.parametrize(
    ("role", "recorder_cls"),
    [
        ("master", recorders.LocustOtelMasterNodeRecorder),
        ("worker", recorders.LocustOtelWorkerNodeRecorder),
        ("local", recorders.LocustOtelLocalNodeRecorder),
    ],
)
def test_a_process_gets_its_recorder_and_one_exporter(role: str, recorder_cls: Any, recorded: Recorded) -> None:
    env = recorded(role)
    LocustOtelRecorderPlugin().load(env)
    owners = [type(listener.__self__) for listener in env.events.test_start._handlers]
    assert [owner for owner in owners if issubclass(owner, recorders.BaseRecorder)] == [recorder_cls]
    assert len(FakeExporter.made) == 1


def test_what_is_wrong_with_the_options_is_an_option_error_of_the_manager(
    recorded: Recorded, manager: RecorderPluginManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeExporter, "error", "OTEL_EXPORTER_OTLP_TIMEOUT: 'x' is no number")
    manager.register_recorder_plugin(LocustOtelRecorderPlugin())
    env = recorded()
    env.parsed_options.enable_telemetry_recorder = ["otel"]  # type: ignore[union-attr]
    with pytest.raises(OptionError, match="OTEL_EXPORTER_OTLP_TIMEOUT"):
        manager.load_recorder_plugins(env)


def test_a_subclass_has_the_registry_when_it_makes_its_recorders(recorded: Recorded) -> None:
    seen: list[Any] = []

    class SingleRequests(handlers.OtelRequestHandler):
        def on_request(self, *args: Any, **kwargs: Any) -> None:
            pass

    class Mine(LocustOtelRecorderPlugin):
        RECORDER_PLUGIN_ID = "mine"

        def load_local_recorders(self, environment: Environment, **kwargs: Any) -> None:
            seen.append(environment.otel_registry)  # type: ignore[attr-defined]
            recorders.LocustOtelLocalNodeRecorder(
                env=environment,
                output_handler_cls=handlers.OtelOutputHandler,
                lifecycle_handler_cls=handlers.OtelLifecycleHandler,
                system_handler_cls=handlers.OtelSystemMetricsHandler,
                requests_handler_cls=SingleRequests,
            )

    Mine().load(recorded())
    assert isinstance(seen[0], InstrumentRegistry)
    (exporter,) = FakeExporter.made
    assert exporter.settings["export_requests"] is False


def test_it_adds_no_metadata() -> None:
    assert LocustOtelRecorderPlugin().add_test_metadata() == {}
