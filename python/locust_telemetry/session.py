"""The recording of one process: the native engine, connected with the events of one Locust environment.

A `locust` process has one session, on Locust's global events; a library user makes one for each
`Environment` with `setup`. Order matters here, and every step can happen in more than one order:

- `connect` registers at import time, before a fork: the request listener (so that no request of a worker whose
  test starts before Locust's `init` event is missed) and the listeners that follow the test's life.
- `init` tells which process this is: options are taken, threads started, files opened, plugins loaded.
- `test_start` begins a run. On a late worker it comes *before* `init`, with no runner yet; the engine then
  holds its windows back, and the plugins' own `test_start` listeners are called as soon as they exist.
- `test_stop` ends the run, `quit` the process; both may come twice, and an exit hook stands in for `quit`.
"""

from __future__ import annotations

import atexit
import functools
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent

from locust_telemetry import metadata, options
from locust_telemetry._native import Engine
from locust_telemetry.core.events import TelemetryEventsEnum
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.core.final_reports import FinalReports
from locust_telemetry.core.hub import HubTicker
from locust_telemetry.core.role import WORKER, role_of, source_id_of, source_of
from locust_telemetry.options import ENABLE, TESTPLAN, Options

if TYPE_CHECKING:
    from locust.env import Environment
    from locust.event import Events
    from locust.runners import Runner

    from locust_telemetry._native import Flush, Subscription, Window
    from locust_telemetry.core.manager import RecorderPluginManager

logger = logging.getLogger(__name__)

#: The attribute of an environment that holds its session.
_ATTRIBUTE = "telemetry_session"

#: Seconds between looks for finished windows and for what recorders want to tell.
_WATCH_S = 0.25

#: Seconds between looks whether a flush is done.
_FLUSH_POLL_S = 0.002


def _never_raises(listener: Callable[..., None]) -> Callable[..., None]:
    """Keep an error of ours out of Locust, whose exit status it would change; it is logged instead."""

    @functools.wraps(listener)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            listener(*args, **kwargs)
        except Exception:
            logger.exception("Telemetry failed in %s; the test goes on.", listener.__name__)

    return guarded


def _wait_on_hub(flush: Flush, timeout_s: float) -> bool:
    """Wait while other greenlets run."""
    deadline = time.monotonic() + timeout_s
    while not flush.done and time.monotonic() < deadline:
        gevent.sleep(_FLUSH_POLL_S)
    return flush.done


def _wait_in_thread(flush: Flush, timeout_s: float) -> bool:
    """Wait and let nothing else run: the process ends."""
    return flush.wait(timeout_s)


def _fire_reaches_new_listeners() -> bool:
    """Whether an event being fired also reaches listeners that are added meanwhile (Locust up to 2.46)."""
    from locust.event import EventHook

    hook, reached = EventHook(), []
    hook.add_listener(lambda: hook.add_listener(lambda: reached.append(True)))
    hook.fire()
    return bool(reached)


class Session:
    """Records what happens in one environment."""

    def __init__(self, events: Events, manager: RecorderPluginManager) -> None:
        """Make an engine that does nothing yet: no thread, no file."""
        self.events = events
        self.manager = manager
        self.engine = Engine()
        self.options = Options()
        self._environment: Environment | None = None
        self._pid: int | None = None
        self._is_recording = True
        self._run_open = False
        self._summarised_requests: int | None = None
        self._late_starters: list[Callable[..., None]] = []
        self._subscriptions: list[tuple[Subscription, Callable[[Window], None]]] = []

    @staticmethod
    def find(environment: Environment) -> Session | None:
        """Return the environment's session, or None."""
        session = getattr(environment, _ATTRIBUTE, None)
        return session if isinstance(session, Session) else None

    @classmethod
    def of(cls, environment: Environment) -> Session:
        """Return the environment's session; raises OptionError where telemetry is not set up for it."""
        session = cls.find(environment)
        if session is None:
            raise OptionError("Telemetry is not set up for this environment; call locust_telemetry.setup(environment).")
        return session

    # --- before init

    def connect(self) -> None:
        """Register on the events that may come before `init`, and on `init`."""
        self.events.request.add_listener(self.engine.listener)
        self.events.init.add_listener(self._on_init)
        self.events.test_start.add_listener(self._on_test_start)
        atexit.register(self._at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork_in_child)

    def _on_init(self, environment: Environment, **kwargs: Any) -> None:
        """Take `init`. A plugin's failure goes on to Locust, which then does not start the test."""
        try:
            self.attach(environment)
        except OptionError as error:
            options.fail(str(error))

    def attach(self, environment: Environment) -> None:
        """Start to record this environment. Raises OptionError, or RecorderPluginLoadError."""
        if self._environment is not None:
            return
        self._environment = environment
        setattr(environment, _ATTRIBUTE, self)
        runner = environment.runner
        self.options = Options.of(self._own_options(environment))
        if not self.options.recorders:
            self._is_recording = False
            self.events.request.remove_listener(self.engine.listener)
            return
        from locust_telemetry.logger import configure_logging

        configure_logging(self.options.log_level)
        self._name_testplan(environment)
        self.hub = HubTicker(self.engine, lambda: environment.runner.user_count if environment.runner else 0)
        self.final_reports = FinalReports(environment)
        self.engine.set_max_series(self.options.max_series)
        self._start_threads()
        self.hub.start()
        self._watcher = gevent.spawn(self._watch)
        starters = len(self.events.test_start._handlers)
        self.manager.load_recorder_plugins(self._with_own_recorders(environment), runner=runner)
        self._follow()
        if self._run_open:
            # The test started before this process knew itself: name it, and let the plugins know.
            self.engine.release(**self._identity(environment))
            self.final_reports.run_started(self._run_id(environment))
            for starter in list(self.events.test_start._handlers[starters:]):
                starter(environment=environment)

    def _attach_late(self, environment: Environment) -> None:
        """Attach while `test_start` is being fired: the plugins' listeners for it must hear of this one too."""
        starters = len(self.events.test_start._handlers)
        self.attach(environment)
        self._late_starters = [] if _fire_reaches_new_listeners() else self.events.test_start._handlers[starters:]

    def _own_options(self, environment: Environment) -> Any:
        """Return this process's own options, though the master's may have overwritten them already."""
        if not self._run_open or environment.parsed_options is None:
            return environment.parsed_options
        from locust.argument_parser import get_parser

        return get_parser().parse_args()

    def _with_own_recorders(self, environment: Environment) -> Environment:
        """Let the environment say which recorders this process itself enabled."""
        if environment.parsed_options is not None:
            setattr(environment.parsed_options, ENABLE.dest, list(self.options.recorders))
        return environment

    def _start_threads(self) -> None:
        """Start the native threads of this process, after any fork and only once."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self.engine.start(self.options.system_interval_s)

    def _follow(self) -> None:
        """Register on the rest of the test's life, behind the plugins."""
        self.events.spawning_complete.add_listener(self._on_spawning_complete)
        self.events.cpu_warning.add_listener(self._on_cpu_warning)
        self.events.test_stop.add_listener(self._on_test_stop)
        self.events.quit.add_listener(self._on_quit)

    # --- a run

    @_never_raises
    def _on_test_start(self, environment: Environment, **kwargs: Any) -> None:
        if not self._is_recording:
            return
        if self._environment is None and environment.runner is not None:
            # A library user's environment, whose runner is there only now.
            self._attach_late(environment)
        if self._environment is None:
            # A late worker, which does not know its index yet.
            self.engine.hold()
            metadata.receive(environment)
        else:
            # Those who still wait for the last run's totals record them under its identity.
            self.final_reports.settle(complete=False)
            # Without waiting: the record stands behind the run's windows in every queue.
            self._run_open = False
            self._summarise()
            if role_of(environment.runner) == WORKER:
                metadata.receive(environment)
            else:
                self.manager.register_plugin_metadata(environment)
                metadata.publish(environment)
            self.final_reports.run_started(self._run_id(environment))
        self.engine.start_run(**self._identity(environment))
        self._summarised_requests = None
        self._run_open = True
        self._mark(TelemetryEventsEnum.TEST_START)
        late_starters, self._late_starters = self._late_starters, []
        for starter in late_starters:
            starter(environment=environment)

    @_never_raises
    def _on_spawning_complete(self, user_count: int = 0, **kwargs: Any) -> None:
        self._mark(TelemetryEventsEnum.SPAWNING_COMPLETE, user_count=user_count)

    @_never_raises
    def _on_cpu_warning(self, cpu_usage: float = 0, **kwargs: Any) -> None:
        self._mark(TelemetryEventsEnum.CPU_WARNING, value=cpu_usage, unit="percent")

    @_never_raises
    def _on_test_stop(self, environment: Environment, **kwargs: Any) -> None:
        if not self._run_open:
            return
        self._mark(TelemetryEventsEnum.TEST_STOP)
        self.engine.stop_run()
        self.final_reports.run_stopped()
        # Behind the final statistics, which a plugin asked for in its own listener before.
        # Not in this greenlet: a listener that lets others run changes how Locust ends (its main greenlet would
        # shut down a second time beside the one that handles a signal).
        self.final_reports.when_final(lambda complete: self._spawn_finish())

    def _spawn_finish(self) -> None:
        gevent.spawn(self._finish_run, _wait_on_hub)

    def when_totals_are_final(
        self, action: Callable[[bool], None], on_report: Callable[[], None] | None = None
    ) -> None:
        """Call `action(True)` once Locust's statistics of the ended run hold all workers' last reports.

        `action(False)` comes instead where the next run starts, and Locust clears them, before that. Until then
        `on_report` is called after each worker's report.
        """
        self.final_reports.when_final(action, on_report)

    def _finish_run(self, wait: Callable[[Flush, float], bool]) -> None:
        """Write the closing record of the run, once all its windows are written."""
        if not self._run_open or self._environment is None:
            return
        self._run_open = False
        self._await(self.engine.flush(), wait)
        self._deliver_windows()
        self._summarise()
        self._await(self.engine.flush(), wait)
        self._show_notices()

    def _summarise(self) -> None:
        """Record what the run counted and what became of it; again only where more was counted since."""
        summary = self.engine.summary()
        if summary is None or summary["num_requests"] == self._summarised_requests:
            return
        self._summarised_requests = summary["num_requests"]
        message = f"Recording telemetry event: {TelemetryEventsEnum.RUN_SUMMARY.value}"
        self.engine.submit("INFO", __name__, message, summary)
        logger.info(message, extra={"telemetry": summary})

    def _mark(self, event: TelemetryEventsEnum, **attributes: Any) -> None:
        """Mark a moment in the windows."""
        if self._run_open:
            self.engine.event(event.value, attributes)

    def _run_id(self, environment: Environment) -> str:
        return str(metadata.get_test_metadata(environment).get("run_id", ""))

    def _identity(self, environment: Environment) -> dict[str, Any]:
        """Return who records what, as the engine takes it."""
        runner: Runner | None = environment.runner
        known = metadata.get_test_metadata(environment)
        known.pop("run_id", None)
        return {
            "run_id": self._run_id(environment),
            "testplan": str(getattr(environment.parsed_options, TESTPLAN.dest, None) or ""),
            "role": role_of(runner),
            "source": source_of(runner),
            "source_id": source_id_of(runner),
            "metadata": known,
            "labels": dict(self.options.labels),
        }

    @staticmethod
    def _name_testplan(environment: Environment) -> None:
        """Where no name was given, the test has its locustfile's."""
        parsed = environment.parsed_options
        if parsed is not None and not getattr(parsed, TESTPLAN.dest, None):
            first = str(getattr(parsed, "locustfile", None) or "locustfile").split(",")[0]
            setattr(parsed, TESTPLAN.dest, Path(first.strip()).stem or "locustfile")

    # --- windows for plugins

    def subscribe(self, recorder_id: str, on_window: Callable[[Window], None]) -> None:
        """Call `on_window` on the gevent hub with each finished window of this process."""
        self._subscriptions.append((self.engine.subscribe(recorder_id), on_window))

    def _watch(self) -> None:
        while True:
            gevent.sleep(_WATCH_S)
            self._deliver_windows()
            self._show_notices()

    def _deliver_windows(self) -> None:
        for subscription, on_window in self._subscriptions:
            while (window := subscription.next()) is not None:
                try:
                    on_window(window)
                except Exception:
                    logger.exception("A plugin's on_window failed; it gets the next window all the same.")

    # --- the end

    @_never_raises
    def _on_quit(self, *args: Any, **kwargs: Any) -> None:
        self.close()

    @_never_raises
    def _at_exit(self) -> None:
        self.close()

    def _after_fork_in_child(self) -> None:
        """Leave a run to the parent, in a process that the test's own code forked. Runs before gevent is ready."""
        if self._pid is not None:
            self.engine.renew_after_fork()
            self._pid = None
            self._is_recording = False
            self._run_open = False

    def close(self) -> None:
        """End the recording: write what is there, within the flush timeout. Safe to call again."""
        if self._pid != os.getpid():
            return  # Closed, never started, or a process that the test's own code forked.
        self._pid = None
        if self._run_open:
            self.engine.stop_run()
        self.final_reports.settle()
        self._finish_run(_wait_in_thread)
        # What the run's end in another greenlet had not come to, and requests that ended later still.
        self._await(self.engine.flush(), _wait_in_thread)
        self._deliver_windows()
        self._summarise()
        self._await(self.engine.flush(), _wait_in_thread)
        self._show_notices()
        self.hub.stop()
        self._watcher.kill(block=False)
        self.engine.shutdown()

    #: Whether a recorder let the flush timeout pass: nothing waits for it again.
    _gave_up = False

    def _await(self, flush: Flush, wait: Callable[[Flush, float], bool]) -> None:
        """Wait for a flush, within the flush timeout."""
        timeout_s = 0.0 if self._gave_up else self.options.flush_timeout_s
        if not wait(flush, timeout_s) and not self._gave_up:
            self._gave_up = True
            logger.warning("A recorder did not finish within %g s; what it still had is counted as queued.", timeout_s)

    def _show_notices(self) -> None:
        for notice in self.engine.take_notices():
            logger.warning(notice)


def setup(environment: Environment, **settings: Any) -> Session:
    """Record an `Environment` that a program made itself, without Locust's command line.

    Settings are options without their dashes, by their names in `parsed_options`: `testplan="checkout"`,
    `enable_telemetry_recorder="json"`, `lt_json_file="run.jsonl"`. Call it before the test starts, after the
    runner was made or before. Safe to call again: the environment keeps its first session.

    Returns the session; `session.close()` writes the rest, which otherwise happens at the end of the process.
    Raises OptionError for a bad setting.
    """
    existing = Session.find(environment)
    if existing is not None:
        return existing
    from locust_telemetry.entrypoint import register_plugins

    session = Session(environment.events, register_plugins())
    if environment.parsed_options is None:
        environment.parsed_options = _default_options(environment)
    _apply(environment.parsed_options, settings)
    session.connect()
    if environment.runner is not None:
        session.attach(environment)
    else:
        setattr(environment, _ATTRIBUTE, session)
    return session


def _default_options(environment: Environment) -> Any:
    """Return what Locust's parser gives without arguments, variables for telemetry included."""
    from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments

    from locust_telemetry.core.cli import register_telemetry_cli_args

    parser = get_empty_argument_parser(default_config_files=[])
    setup_parser_arguments(parser)
    from locust_telemetry.core.manager import RecorderPluginManager

    RecorderPluginManager().register_plugin_clis(register_telemetry_cli_args(parser))
    parsed = parser.parse_args([])
    parsed.locustfile = Path(sys.argv[0]).name or "locustfile"
    return parsed


def _apply(parsed: Any, settings: dict[str, Any]) -> None:
    """Set options by name; those of the package are checked as on the command line."""
    known = {option.dest: option for option in (*options.CORE_OPTIONS, *options.JSON_OPTIONS)}
    for name, value in settings.items():
        option = known.get(name)
        if option is None and not hasattr(parsed, name):
            raise OptionError(f"There is no option {name!r}; there are: {', '.join(sorted(known))}.")
        if option is not None and value is not None:
            given = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            value = option.value(given)
        setattr(parsed, name, value)
