"""Keeps the runs of one environment: opens the store and the page, tells the store about each run, writes reports."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locust_telemetry import live
from locust_telemetry._native import default_store_path
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.core.guard import never_raises
from locust_telemetry.core.waiting import Patience
from locust_telemetry.metadata import get_test_metadata
from locust_telemetry.options import LIVE, REPORT, STORE, WEB_HOST
from locust_telemetry.recorders.local import link
from locust_telemetry.recorders.local.facts import collect, git_commit
from locust_telemetry.session import Session

if TYPE_CHECKING:
    from argparse import Action
    from collections.abc import Iterable

    from locust.env import Environment

    from locust_telemetry._native import Flush, LocalRecorder, ReportWriting

logger = logging.getLogger(__name__)

#: For people: it goes to Locust's own log, beside the address of Locust's page.
_console = logging.getLogger("locust.telemetry")


class RunKeeper:
    """One environment's runs in the store. A companion of the session, which ends it."""

    def __init__(self, environment: Environment, actions: Iterable[Action]) -> None:
        """Open nothing yet; `actions` are the arguments of Locust's parser."""
        self._environment = environment
        self._actions = actions
        self._session = Session.of(environment)
        self._options = self._session.options
        self._recorder: LocalRecorder | None = None
        #: The store.
        self._path = Path()
        #: The repository of the locustfile, as it was when the process began.
        self._git: dict[str, Any] | None = None
        #: Those under way.
        self._reports: list[ReportWriting] = []

    def open(self) -> None:
        """Open the store and the page.

        Raises OptionError where a chosen place cannot be used. Without a choice the test goes on without them: a
        container may have no place to write to.
        """
        options = self._options
        if options.live:
            # The command takes both out of what it passes on.
            if LIVE.flag in sys.argv:
                raise OptionError(
                    f"{LIVE.flag}: say it to the command that draws: locust-telemetry run {LIVE.flag} ..."
                )
            _console.info("%s is for 'locust-telemetry run': this terminal does not show the run.", LIVE.env_var)
        try:
            path = options.store or default_store_path()
            self._recorder = self._session.engine.open_local(
                path,
                (options.store_keep_runs, options.store_keep_days),
                options.store_compact_after_s,
                options.max_lateness_s,
                list(options.notes),
            )
        except OSError as error:
            if options.store is not None or options.report is not None:
                raise OptionError(f"{STORE.flag}: {error}") from error
            logger.warning("This run is not kept: %s. Choose a place with %s.", error, STORE.flag)
            return
        self._path = Path(path)
        self._open_page(self._recorder)
        self._git = git_commit(str(getattr(self._environment.parsed_options, "locustfile", None) or ""))
        self._session.accompany(self)
        self._session.when_a_run_is_recorded(self._on_run_recorded)
        self._environment.events.test_start.add_listener(self._on_test_start)

    def _open_page(self, recorder: LocalRecorder) -> None:
        options = self._options
        if not options.web:
            return
        try:
            url = recorder.serve(options.web_host, options.web_port, options.web_token)
        except ValueError as error:
            raise OptionError(f"{WEB_HOST.flag}: {error}") from error
        except OSError as error:
            logger.warning("There is no live page: %s", error)
            return
        # Without the token: Locust's own page shows its log to anybody.
        _console.info("Live page of Locust Telemetry: %s", url.partition("?")[0])
        if self._environment.web_ui is not None:
            link.add(self._environment.web_ui, url, options.web_host)

    @never_raises
    def _on_test_start(self, **kwargs: Any) -> None:
        if self._recorder is None:
            return
        facts = collect(self._environment, self._actions)
        if self._git is not None:
            facts["git"] = self._git
        run_id = str(get_test_metadata(self._environment).get("run_id", ""))
        self._recorder.set_facts(run_id, facts)
        live.announce(self._path, run_id)

    def _on_run_recorded(self, run_id: str) -> None:
        if self._recorder is None:
            return
        _console.info("Run %s is kept: locust-telemetry show %s", run_id, run_id)
        if self._options.report is not None:
            path = self._options.report.replace("{run_id}", run_id)
            self._reports.append(self._recorder.write_report(run_id, path))

    # --- as a companion

    def look(self) -> None:
        """Tell of reports that have been written meanwhile."""
        for report in [report for report in self._reports if report.done]:
            self._reports.remove(report)
            self._tell(report)

    def prepare_end(self) -> None:
        """Do nothing: the last windows are still to come."""

    def end(self) -> Flush | None:
        """Let reports be finished, within the flush timeout, and close the page."""
        patience = Patience(self._options.flush_timeout_s, on_hub=False)
        for report in self._reports:
            report.wait(patience.left_s)
            self._tell(report)
        self._reports = []
        if self._recorder is not None:
            self._recorder.close_page()
        return None

    def abandon(self) -> None:
        """In a forked child: let go of what is the parent's."""
        self._recorder, self._reports = None, []

    @staticmethod
    def _tell(report: ReportWriting) -> None:
        if not report.done:
            logger.warning(
                "%s: %s was not finished in time; 'locust-telemetry report' makes it.", REPORT.flag, report.path
            )
        elif report.error is not None:
            logger.warning("%s: %s could not be written: %s", REPORT.flag, report.path, report.error)
        else:
            _console.info("Report: %s", report.path)
