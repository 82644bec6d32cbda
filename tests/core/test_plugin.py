"""Plugins in both spellings: dispatch by the kind of process, and the decorator."""

from typing import Any

import pytest
from locust_telemetry import telemetry_recorder_plugin
from locust_telemetry.core.exceptions import RecorderPluginAlreadyRegistered, RecorderPluginError
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.core.plugin import BaseRecorderPlugin, TelemetryRecorderPluginBase

from tests.locust_doubles import RUNNERS, environment


class Current(BaseRecorderPlugin):
    RECORDER_PLUGIN_ID = "mine"

    def __init__(self) -> None:
        self.loaded: list[tuple[str, dict[str, Any]]] = []

    def add_test_metadata(self) -> dict[str, Any]:
        return {}

    def add_cli_arguments(self, group: Any) -> None:
        pass

    def load_master_recorders(self, environment: Any, **kwargs: Any) -> None:
        self.loaded.append(("master", kwargs))

    def load_worker_recorders(self, environment: Any, **kwargs: Any) -> None:
        self.loaded.append(("worker", kwargs))


class Earlier(TelemetryRecorderPluginBase):
    RECORDER_PLUGIN_ID = "mine"

    def __init__(self) -> None:
        self.loaded: list[tuple[str, dict[str, Any]]] = []

    def load_master_telemetry_recorders(self, environment: Any, **kwargs: Any) -> None:
        self.loaded.append(("master", kwargs))

    def load_worker_telemetry_recorders(self, environment: Any, **kwargs: Any) -> None:
        self.loaded.append(("worker", kwargs))


@pytest.mark.parametrize("plugin_cls", [Current, Earlier])
@pytest.mark.parametrize(
    ("role", "loaded"), [("master", ["master"]), ("worker", ["worker"]), ("local", ["master", "worker"])]
)
def test_each_kind_of_process_loads_its_recorders_once(plugin_cls: Any, role: str, loaded: list[str]) -> None:
    plugin = plugin_cls()
    plugin.load(environment(RUNNERS[role]()), extra=1)
    assert plugin.loaded == [(kind, {"extra": 1}) for kind in loaded]


@pytest.mark.parametrize("plugin_cls", [Current, Earlier])
def test_an_environment_without_a_runner_is_a_local_one(plugin_cls: Any) -> None:
    plugin = plugin_cls()
    plugin.load(environment())
    assert [kind for kind, _ in plugin.loaded] == ["master", "worker"]


def test_local_recorders_can_be_a_plugins_own() -> None:
    class Own(Current):
        def load_local_recorders(self, environment: Any, **kwargs: Any) -> None:
            self.loaded.append(("local", kwargs))

    plugin = Own()
    plugin.load(environment(RUNNERS["local"]()))
    assert plugin.loaded == [("local", {})]


def test_a_plugin_without_an_id_does_not_load() -> None:
    class Nameless(Current):
        RECORDER_PLUGIN_ID = None

    with pytest.raises(RecorderPluginError, match="Nameless needs a RECORDER_PLUGIN_ID"):
        Nameless().load(environment())


def test_the_current_spelling_wants_all_methods_and_the_earlier_none() -> None:
    class Partial(BaseRecorderPlugin):
        RECORDER_PLUGIN_ID = "partial"

    class Empty(TelemetryRecorderPluginBase):
        RECORDER_PLUGIN_ID = "empty"

    with pytest.raises(TypeError, match="abstract"):
        Partial()  # type: ignore[abstract]
    plugin = Empty()
    plugin.load(environment())
    plugin.add_cli_arguments(None)
    assert plugin.add_test_metadata() == {}


def test_the_decorator_registers_a_class_once_and_returns_it(manager: RecorderPluginManager) -> None:
    assert telemetry_recorder_plugin(Current) is Current
    assert telemetry_recorder_plugin(Current) is Current
    assert [type(plugin) for plugin in manager.recorder_plugins] == [Current]


def test_the_decorator_refuses_another_class_with_the_same_id(manager: RecorderPluginManager) -> None:
    telemetry_recorder_plugin(Current)
    with pytest.raises(RecorderPluginAlreadyRegistered):
        telemetry_recorder_plugin(Earlier)


def test_a_plugin_that_overrides_on_window_is_subscribed(manager: RecorderPluginManager) -> None:
    from locust_telemetry.session import Session

    class Watching(Current):
        def on_window(self, window: Any) -> None:
            self.loaded.append(("window", {}))

    env = environment(RUNNERS["local"]())
    session = Session(env.events, manager)
    env.telemetry_session = session  # type: ignore[attr-defined]
    for plugin_cls, subscribed in ((Current, 0), (Watching, 1)):
        plugin_cls().load(env)
        assert len(session.subscribers._subscriptions) == subscribed
