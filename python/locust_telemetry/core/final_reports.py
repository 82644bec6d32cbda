"""When the master's totals are final: once every worker's last report is in.

Locust's master learns of a test's end before the workers' last statistics have arrived. So a worker marks the
first report that it sends after its own end, and sends it at once; the master waits for all marks. Where the
process ends with the test, its `quit` event is the moment: Locust prints its table just before.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent

from locust_telemetry.core.role import MASTER, WORKER, role_of

if TYPE_CHECKING:
    from locust.env import Environment

logger = logging.getLogger(__name__)

#: The key in a worker's report that carries the id of the run that ended there.
FINAL_KEY = "locust_telemetry_final_run"

#: Seconds that the master waits for workers which say nothing: more than Locust's interval of reports.
PATIENCE_S = 5.0

#: Seconds of silence after which a worker takes its master for gone: it sends a heartbeat each second.
MASTER_GONE_S = 10.0


def is_master_gone(runner: Any) -> bool:
    """Return whether the master of this worker has been silent for so long that it must be gone."""
    heard = getattr(runner, "last_heartbeat_timestamp", None)
    return heard is not None and time.time() - heard > MASTER_GONE_S


class FinalReports:
    """Knows when the statistics of the run that has just ended are complete."""

    def __init__(self, environment: Environment) -> None:
        """Register on the events that carry reports."""
        self._environment = environment
        self._role = role_of(environment.runner)
        self._current: str | None = None
        self._run_id: str | None = None
        self._reported: set[str] = set()
        self._waiting: list[Callable[[bool], None]] = []
        self._on_report: list[Callable[[], None]] = []
        self._deadline: gevent.Greenlet[..., None] | None = None
        if self._role == MASTER:
            environment.events.worker_report.add_listener(self._on_worker_report)
        elif self._role == WORKER:
            environment.events.report_to_master.add_listener(self._on_report_to_master)

    def run_started(self, run_id: str) -> None:
        """Forget the last run. Whoever still waits for its totals is told that they are gone."""
        self.settle(complete=False)
        self._run_id = None
        self._reported = set()
        self._current = run_id

    def run_stopped(self) -> None:
        """Mark this worker's next report as its last of the run, and send it."""
        self._run_id = self._current
        # A report would clear the errors that decide the exit status of a worker whose master is gone.
        if self._role == WORKER and not is_master_gone(self._environment.runner):
            send = getattr(self._environment.runner, "_send_stats", None)
            if send is not None:
                try:
                    send()
                except Exception as error:  # The master may be gone; Locust's own reports go on as they would.
                    logger.debug("The last report could not be sent at once: %r", error)

    def when_reported(self, on_report: Callable[[], None]) -> None:
        """Call `on_report` after each worker's report, until the totals are final."""
        if self._role == MASTER:
            self._on_report.append(on_report)

    def when_final(self, action: Callable[[bool], None]) -> None:
        """Call `action(True)` once the totals of the run that ended are complete.

        `action(False)` says that Locust has cleared them for the next run before that.
        """
        if self._role != MASTER:
            action(True)
            return
        self._waiting.append(action)
        options = self._environment.parsed_options
        if getattr(options, "headless", False):
            return  # The process ends now: `quit` settles it.
        if self._deadline is None:
            self._deadline = gevent.spawn_later(PATIENCE_S, self.settle)
        self._settle_if_complete()

    def settle(self, complete: bool = True) -> None:
        """Take the totals as final: all reports are in, time is up, or the process ends."""
        waiting, self._waiting = self._waiting, []
        self._on_report = []
        deadline, self._deadline = self._deadline, None
        for action in waiting:
            try:
                action(complete)
            except Exception:
                logger.exception("The final statistics could not be recorded.")
        if deadline is not None and deadline is not gevent.getcurrent():
            deadline.kill(block=False)

    def _settle_if_complete(self) -> None:
        clients = getattr(self._environment.runner, "clients", {})
        if getattr(self._environment.parsed_options, "headless", False):
            return
        expected = {client_id for client_id, node in clients.items() if node.state != "missing"}
        if self._waiting and expected <= self._reported:
            self.settle()

    def _on_worker_report(self, client_id: str, data: dict[str, Any], **kwargs: Any) -> None:
        # Registered at `init`, so Locust's own listener has merged the report by now.
        for refresh in self._on_report:
            refresh()
        final_run = data.get(FINAL_KEY)
        if final_run is not None and final_run == self._current:
            self._reported.add(client_id)
            self._settle_if_complete()

    def _on_report_to_master(self, client_id: str, data: dict[str, Any], **kwargs: Any) -> None:
        if self._run_id is not None:
            data[FINAL_KEY] = self._run_id
