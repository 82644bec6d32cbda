"""The registry: who may register, who is loaded, and what a failure says."""

from typing import Any

import pytest
from locust_telemetry.core.exceptions import (
    OptionError,
    RecorderPluginAlreadyRegistered,
    RecorderPluginError,
    RecorderPluginLoadError,
)
from locust_telemetry.core.manager import RecorderPluginManager, TelemetryRecorderPluginManager
from locust_telemetry.core.plugin import TelemetryRecorderPluginBase

from tests.locust_doubles import environment, local_runner


class Plugin(TelemetryRecorderPluginBase):
    RECORDER_PLUGIN_ID = "one"

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def add_test_metadata(self) -> dict[str, Any]:
        return {"team": "shop", "build": lambda: 7}

    def add_cli_arguments(self, group: Any) -> None:
        self.calls.append(group)

    def load(self, environment: Any, **kwargs: Any) -> None:
        self.calls.append(kwargs)


class Other(Plugin):
    RECORDER_PLUGIN_ID = "two"


class Clashing(Plugin):
    RECORDER_PLUGIN_ID = "one"


class Nameless(Plugin):
    RECORDER_PLUGIN_ID = None


def test_there_is_one_manager_under_both_names(manager: RecorderPluginManager) -> None:
    assert TelemetryRecorderPluginManager is RecorderPluginManager
    assert RecorderPluginManager() is manager
    assert manager.recorder_plugins == []


def test_plugins_keep_the_order_of_registration(manager: RecorderPluginManager) -> None:
    two, one = Other(), Plugin()
    manager.register_recorder_plugin(two)
    manager.register_recorder_plugin(one)
    assert RecorderPluginManager().recorder_plugins == [two, one]
    assert manager.recorder_ids() == ["two", "one"]


def test_a_class_registers_once(manager: RecorderPluginManager) -> None:
    manager.register_recorder_plugin(Plugin())
    with pytest.raises(RecorderPluginAlreadyRegistered, match="Plugin"):
        manager.register_recorder_plugin(Plugin())
    assert len(manager.recorder_plugins) == 1


def test_an_id_belongs_to_one_class(manager: RecorderPluginManager) -> None:
    manager.register_recorder_plugin(Plugin())
    with pytest.raises(RecorderPluginAlreadyRegistered, match="'one' of Clashing belongs to Plugin"):
        manager.register_recorder_plugin(Clashing())
    assert issubclass(RecorderPluginAlreadyRegistered, RecorderPluginError)


def test_plugins_without_an_id_do_not_clash_and_cannot_be_enabled(manager: RecorderPluginManager) -> None:
    class AlsoNameless(Nameless):
        pass

    manager.register_recorder_plugin(Nameless())
    manager.register_recorder_plugin(AlsoNameless())
    assert manager.recorder_ids() == []
    with pytest.raises(RecorderPluginAlreadyRegistered, match="AlsoNameless"):
        manager.register_recorder_plugin(AlsoNameless())


def test_every_plugin_adds_its_options_whether_enabled_or_not(manager: RecorderPluginManager) -> None:
    plugins = [Plugin(), Other()]
    for plugin in plugins:
        manager.register_recorder_plugin(plugin)
    manager.register_plugin_clis("group")
    assert [plugin.calls for plugin in plugins] == [["group"], ["group"]]


def test_metadata_is_the_defaults_and_what_plugins_add(manager: RecorderPluginManager) -> None:
    class Overriding(Other):
        def add_test_metadata(self) -> Any:
            return {"team": "pay"}

    class NothingToAdd(Plugin):
        RECORDER_PLUGIN_ID = "three"

        def add_test_metadata(self) -> Any:
            return None

    for plugin in (Plugin(), Overriding(), NothingToAdd()):
        manager.register_recorder_plugin(plugin)
    env = environment()
    found = manager.register_plugin_metadata(env)
    assert found == {"run_id": found["run_id"], "team": "pay", "build": 7}
    assert (env.telemetry_meta.team, env.telemetry_meta.build) == ("pay", 7)
    assert manager.register_plugin_metadata(env)["run_id"] != found["run_id"]


@pytest.mark.parametrize(
    ("enabled", "loaded"),
    [([], []), (None, []), (["one"], ["one"]), (["two", "one"], ["one", "two"]), (["none"], []), (["unknown"], [])],
)
def test_only_enabled_plugins_are_loaded(manager: RecorderPluginManager, enabled: Any, loaded: list[str]) -> None:
    plugins = [Plugin(), Other()]
    for plugin in plugins:
        manager.register_recorder_plugin(plugin)
    manager.load_recorder_plugins(environment(local_runner(), enable_telemetry_recorder=enabled), runner="r")
    assert [plugin.RECORDER_PLUGIN_ID for plugin in plugins if plugin.calls == [{"runner": "r"}]] == loaded


def test_a_plugin_that_raises_is_named_with_its_cause(manager: RecorderPluginManager) -> None:
    cause = KeyError("endpoint")

    class Failing(Plugin):
        def load(self, environment: Any, **kwargs: Any) -> None:
            raise cause

    manager.register_recorder_plugin(Failing())
    with pytest.raises(RecorderPluginLoadError, match="Failing.*one.*KeyError") as caught:
        manager.load_recorder_plugins(environment(enable_telemetry_recorder=["one"]))
    assert caught.value.__cause__ is cause
    assert isinstance(caught.value, RecorderPluginError)


def test_a_wrong_option_stays_what_it_is(manager: RecorderPluginManager) -> None:
    class Choosy(Plugin):
        def load(self, environment: Any, **kwargs: Any) -> None:
            raise OptionError("--one: not that")

    manager.register_recorder_plugin(Choosy())
    with pytest.raises(OptionError, match="--one"):
        manager.load_recorder_plugins(environment(enable_telemetry_recorder=["one"]))
