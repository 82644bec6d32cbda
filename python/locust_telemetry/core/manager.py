"""The registry of recorder plugins."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from locust_telemetry import config
from locust_telemetry.core.exceptions import OptionError, RecorderPluginAlreadyRegistered, RecorderPluginLoadError
from locust_telemetry.metadata import get_test_metadata, set_test_metadata

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry.core.plugin import BaseRecorderPlugin

logger = logging.getLogger(__name__)


class RecorderPluginManager:
    """Registers plugins and loads those that are enabled. One for each process."""

    _instance: RecorderPluginManager | None = None
    _recorder_plugins: list[BaseRecorderPlugin]

    def __new__(cls, *args: Any, **kwargs: Any) -> RecorderPluginManager:
        """Return the process's one manager."""
        if RecorderPluginManager._instance is None:
            RecorderPluginManager._instance = super().__new__(cls)
            RecorderPluginManager._instance._recorder_plugins = []
        return RecorderPluginManager._instance

    def __init__(self) -> None:
        """Make the manager, or take the one that exists: the registry is shared."""

    @property
    def recorder_plugins(self) -> list[BaseRecorderPlugin]:
        """The registered plugins, in order of registration."""
        return self._recorder_plugins

    def is_registered(self, plugin_cls: type[BaseRecorderPlugin]) -> bool:
        """Return whether a plugin of exactly this class is registered."""
        return any(type(plugin) is plugin_cls for plugin in self._recorder_plugins)

    def register_recorder_plugin(self, plugin: BaseRecorderPlugin) -> None:
        """Register a plugin.

        Raises RecorderPluginAlreadyRegistered where one of its class, or another with its id, is registered.
        """
        if self.is_registered(type(plugin)):
            raise RecorderPluginAlreadyRegistered(f"Recorder plugin {type(plugin).__name__} is registered already.")
        plugin_id = plugin.RECORDER_PLUGIN_ID
        for other in self._recorder_plugins:
            if plugin_id is not None and plugin_id == other.RECORDER_PLUGIN_ID:
                raise RecorderPluginAlreadyRegistered(
                    f"Recorder plugin id {plugin_id!r} of {type(plugin).__name__} "
                    f"belongs to {type(other).__name__} already."
                )
        self._recorder_plugins.append(plugin)

    def recorder_ids(self) -> list[str]:
        """Return the ids that may be enabled."""
        return [plugin.RECORDER_PLUGIN_ID for plugin in self._recorder_plugins if plugin.RECORDER_PLUGIN_ID is not None]

    def register_plugin_clis(self, group: Any) -> None:
        """Let each plugin add its options to the argparse group."""
        for plugin in self._recorder_plugins:
            plugin.add_cli_arguments(group)

    def register_plugin_metadata(self, environment: Environment) -> dict[str, Any]:
        """Collect the metadata of a new run from the defaults and all plugins, and attach it.

        Returns what was attached; callables have been called. A plugin that fails contributes nothing.
        """
        metadata: dict[str, Any] = {key: value() for key, value in config.DEFAULT_ENVIRONMENT_METADATA.items()}
        for plugin in self._recorder_plugins:
            try:
                contributed = dict(plugin.add_test_metadata() or {})
                metadata.update({key: value() if callable(value) else value for key, value in contributed.items()})
            except Exception:
                # A run without it is worth more than no run.
                logger.exception("Recorder plugin %s failed to give its metadata.", type(plugin).__name__)
        set_test_metadata(environment, metadata)
        return get_test_metadata(environment)

    def load_recorder_plugins(self, environment: Environment, **kwargs: Any) -> None:
        """Load the plugins that are enabled in `environment.parsed_options`.

        Raises RecorderPluginLoadError, with the cause, where a plugin raises; OptionError as it is.
        """
        enabled = getattr(environment.parsed_options, "enable_telemetry_recorder", None) or []
        for plugin in list(self._recorder_plugins):
            if plugin.RECORDER_PLUGIN_ID not in enabled:
                continue
            try:
                plugin.load(environment=environment, **kwargs)
            except OptionError:
                raise
            except Exception as error:
                raise RecorderPluginLoadError(
                    f"Recorder plugin {type(plugin).__name__} ({plugin.RECORDER_PLUGIN_ID}) did not load: {error!r}"
                ) from error
            logger.debug("Recorder plugin loaded: %s", type(plugin).__name__)


#: The same class under its earlier name.
TelemetryRecorderPluginManager = RecorderPluginManager
