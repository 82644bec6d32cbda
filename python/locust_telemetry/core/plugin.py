"""What a recorder plugin is: options, metadata, and recorders for each kind of process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from locust_telemetry.core.exceptions import RecorderPluginError
from locust_telemetry.core.role import MASTER, WORKER, role_of

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry._native import Window


class BaseRecorderPlugin(ABC):
    """Base class of recorder plugins, enabled by id with `--enable-telemetry-recorder`."""

    #: Under which name the plugin is enabled.
    RECORDER_PLUGIN_ID: str | None = None

    @abstractmethod
    def add_test_metadata(self) -> dict[str, Any]:
        """Return what `environment.telemetry_meta` shall hold on master and workers; values may be callables."""

    @abstractmethod
    def add_cli_arguments(self, group: Any) -> None:
        """Add the plugin's options to the argparse group."""

    @abstractmethod
    def load_master_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Make the recorders of the master."""

    @abstractmethod
    def load_worker_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Make the recorders of a worker."""

    def load_local_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Make the recorders of a run in one process: by default the master's and the worker's, once each."""
        self.load_master_recorders(environment, **kwargs)
        self.load_worker_recorders(environment, **kwargs)

    def on_window(self, window: Window) -> None:  # noqa: B027 - optional: not overriding it is a choice
        """Take a finished second of this process. Override it to be called, about once a second.

        The window has columns with one entry for each series; this costs the test the same however many
        requests it makes. Runs on the gevent hub: do not block.
        """

    def load(self, environment: Environment, **kwargs: Any) -> None:
        """Make the recorders for what this process is. Called during Locust's `init`."""
        if self.RECORDER_PLUGIN_ID is None:
            raise RecorderPluginError(f"{type(self).__name__} needs a RECORDER_PLUGIN_ID.")
        role = role_of(environment.runner)
        if role == MASTER:
            self.load_master_recorders(environment, **kwargs)
        elif role == WORKER:
            self.load_worker_recorders(environment, **kwargs)
        else:
            self.load_local_recorders(environment, **kwargs)
        if type(self).on_window is not BaseRecorderPlugin.on_window:
            from locust_telemetry.session import Session

            Session.of(environment).subscribe(self.RECORDER_PLUGIN_ID, self.on_window)


class TelemetryRecorderPluginBase(BaseRecorderPlugin):
    """The earlier spelling of the same: nothing is abstract, and the loading methods have other names."""

    def add_test_metadata(self) -> dict[str, Any]:
        """Return metadata for the run; none by default."""
        return {}

    def add_cli_arguments(self, group: Any) -> None:
        """Add options; none by default."""

    def load_master_telemetry_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Make the recorders of the master; none by default."""

    def load_worker_telemetry_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Make the recorders of a worker; none by default."""

    def load_master_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Call the method under its earlier name."""
        self.load_master_telemetry_recorders(environment, **kwargs)

    def load_worker_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Call the method under its earlier name."""
        self.load_worker_telemetry_recorders(environment, **kwargs)


PluginClass = TypeVar("PluginClass", bound=type[BaseRecorderPlugin])


def telemetry_recorder_plugin(plugin_cls: PluginClass) -> PluginClass:
    """Class decorator: register the plugin, so that its id can be enabled.

    Decorating the same class twice does nothing; another class with the same id raises
    RecorderPluginAlreadyRegistered.
    """
    from locust_telemetry.core.manager import RecorderPluginManager

    manager = RecorderPluginManager()
    if not manager.is_registered(plugin_cls):
        manager.register_recorder_plugin(plugin_cls())
    return plugin_cls
