"""The plugin of the local recorder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locust_telemetry import config
from locust_telemetry.core.plugin import BaseRecorderPlugin
from locust_telemetry.options import LOCAL_OPTIONS, add_options

if TYPE_CHECKING:
    from argparse import Action

    from locust.env import Environment


class LocustLocalRecorderPlugin(BaseRecorderPlugin):
    """Keeps runs in the run store, and serves the live page. On a master that is the work of all workers."""

    RECORDER_PLUGIN_ID: str | None = config.TELEMETRY_LOCAL_RECORDER_PLUGIN_ID

    def __init__(self) -> None:
        """Make the plugin, which knows no arguments yet."""
        self._actions: list[Action] = []

    def add_test_metadata(self) -> dict[str, Any]:
        """Return nothing: the defaults suffice."""
        return {}

    def add_cli_arguments(self, group: Any) -> None:
        """Add the options of the store, the page and the report."""
        add_options(group, LOCAL_OPTIONS)
        # Those of the whole parser, other people's that are still to come included.
        self._actions = group._actions

    def load_master_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Keep the runs of a master and its workers."""
        self._keep(environment)

    def load_worker_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Do nothing: the master has what a worker did."""

    def load_local_recorders(self, environment: Environment, **kwargs: Any) -> None:
        """Keep the runs of one process."""
        self._keep(environment)

    def _keep(self, environment: Environment) -> None:
        from locust_telemetry.recorders.local.keeper import RunKeeper

        RunKeeper(environment, self._actions).open()
