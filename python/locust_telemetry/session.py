"""The recording of one process: the native engine, connected with the events of one Locust environment.

A `locust` process has one session, on Locust's global events; a library user makes one for each
`Environment` with `setup`. Order matters here, and every step can happen in more than one order:

- `connect` registers at import time, before a fork: the request listener (so that no request of a worker whose
  test starts before Locust's `init` event is missed) and the listeners that follow the test's life.
- `init` tells which process this is: options are taken, threads started, files opened, plugins loaded.
- `test_start` begins a run. On a late worker it comes *before* `init`, with no runner yet; the engine then
  holds its windows back, and the plugins' own `test_start` listeners are called as soon as they exist.
- `test_stop` ends the run, `quit` the process; both may come twice, and an exit hook stands in for `quit`.

No listener here lets other greenlets run: at the end of a test that would change how Locust itself ends (its main
greenlet would shut down a second time beside the one that handles a signal).
"""

from __future__ import annotations

import atexit
import logging
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent

from locust_telemetry import live, metadata, options
from locust_telemetry._native import Engine
from locust_telemetry.core.channel import Channel, announcement, open_channel
from locust_telemetry.core.companions import Companion, Companions
from locust_telemetry.core.events import TelemetryEventsEnum
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.core.final_reports import FinalReports
from locust_telemetry.core.guard import never_raises
from locust_telemetry.core.hub import HubTicker
from locust_telemetry.core.records import emit
from locust_telemetry.core.role import WORKER, role_of, source_id_of, source_of
from locust_telemetry.core.subscribers import Subscribers
from locust_telemetry.core.waiting import Patience
from locust_telemetry.options import ENABLE, TESTPLAN, Options

if TYPE_CHECKING:
    from locust.env import Environment
    from locust.event import EventHook, Events
    from locust.runners import Runner

    from locust_telemetry._native import Window
    from locust_telemetry.core.manager import RecorderPluginManager

logger = logging.getLogger(__name__)

#: The attribute of an environment that holds its session.
_ATTRIBUTE = "telemetry_session"

#: Seconds between looks for finished windows and for what recorders want to tell.
_WATCH_S = 0.25

#: Seconds that the start of a run may wait until the last one is written.
_START_PATIENCE_S = 0.2

#: How much of the flush timeout may go by waiting for the workers' last windows; the rest is for writing them.
_SHARE_FOR_WORKERS = 0.8

#: How much of what is left may go by in plugins' `on_window`; the rest is for the closing record, whatever they do.
_SHARE_FOR_PLUGINS = 0.8

#: Seconds for what the closing records of a run need to be written, before it is told what was.
_SETTLE_S = 0.25

#: The sessions of this process, for the hook that runs in forked children.
_sessions: weakref.WeakSet[Session] = weakref.WeakSet()


def _leave_runs_to_the_parent() -> None:
    """In a process that the test's own code forked. Runs before gevent is ready: no locks, no logging."""
    for session in list(_sessions):
        session._after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_runs_to_the_parent)


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
        self.subscribers = Subscribers()
        self.channel = Channel()
        self._companions = Companions()
        self._environment: Environment | None = None
        self._pid: int | None = None
        self._is_recording = True
        #: Counts the runs, so that the end of one never touches the next.
        self._run = 0
        self._is_run_open = False
        self._is_stopped = False
        #: What was told of the run last: its requests, and how many of them each recorder still held.
        self._summarised: tuple[int, list[int]] | None = None
        #: Whether Locust has set its statistics to zero during the run; what is recorded stays.
        self.statistics_were_reset = False
        self._late_starters: list[Callable[..., None]] = []
        self._worker_listeners: list[Callable[..., None]] = []
        #: Who waits for the totals of the run that has ended.
        self._final_actions: list[Callable[[bool], None]] = []
        #: Who wants to know that all of a run is recorded.
        self._recorded_listeners: list[Callable[[str], None]] = []
        #: The run that they were told of last.
        self._told_run = 0
        #: What is registered on the environment's events, the plugins' listeners included.
        self._listeners: list[tuple[EventHook, Any]] = []

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

    @property
    def is_attached(self) -> bool:
        """Whether the environment is recorded already, and the options are taken."""
        return self._environment is not None

    def claim(self, environment: Environment) -> None:
        """Be the environment's session."""
        setattr(environment, _ATTRIBUTE, self)

    # --- before init

    def connect(self) -> None:
        """Register on the events that may come before `init`, and on `init`."""
        self._listen(self.events.request, self.engine.listener)
        self._listen(self.events.init, self._on_init)
        self._listen(self.events.test_start, self._on_test_start)
        atexit.register(self._at_exit)
        _sessions.add(self)

    def _listen(self, hook: EventHook, listener: Callable[..., None]) -> None:
        hook.add_listener(listener)
        self._listeners.append((hook, listener))

    def _on_init(self, environment: Environment, **kwargs: Any) -> None:
        """Take `init`. A plugin's failure to load goes on to Locust, which then does not start the test."""
        try:
            self.attach(environment)
        except OptionError as error:
            options.fail(str(error))

    def attach(self, environment: Environment) -> None:
        """Start to record this environment. Raises OptionError, or RecorderPluginLoadError."""
        if self._environment is not None:
            return
        self._environment = environment
        self.claim(environment)
        self.options = Options.of(self._own_options(environment))
        live.require_kept_runs(self.options.recorders)
        if not self.options.recorders:
            self._is_recording = False
            self.events.request.remove_listener(self.engine.listener)
            return
        from locust_telemetry.logger import configure_logging
        from locust_telemetry.recorders.json.file import open_json_file

        configure_logging(self.options.log_level)
        self._name_testplan(environment)
        self.hub = HubTicker(self.engine, lambda: environment.runner.user_count if environment.runner else 0)
        self._configure_engine()
        # Before the final reports, so that a worker's last windows are taken before its last report is.
        self.channel = open_channel(
            environment, self.engine, self._listen, self._on_worker_change, self.options.flush_timeout_s
        )
        self.final_reports = FinalReports(environment)
        self._start_threads()
        self._watcher = gevent.spawn(self._watch)
        open_json_file(self.engine, self.options, environment.runner)
        starters = self._load_plugins(environment)
        self._follow()
        if self._is_run_open:
            # The test started before this process knew itself: name it, and let the plugins know.
            self.engine.release(**self._identity(environment))
            self.final_reports.run_started(self._run_id(environment))
            self.channel.prepare_run()
            self.channel.run_started()
            self._call_starters(starters, environment)

    def _configure_engine(self) -> None:
        taken = self.options
        self.engine.set_max_series(taken.max_series)
        self.engine.configure_merge(taken.frame_history_s, taken.max_lateness_s)
        self.engine.configure_confidence(
            taken.suspect_hub_lag_ms,
            taken.suspect_cpu_percent,
            taken.suspect_run_queue_percent,
            taken.suspect_throttled_percent,
        )

    def _attach_late(self, environment: Environment) -> None:
        """Attach while `test_start` is being fired: the plugins' listeners for it must hear of this one too."""
        present = len(self.events.test_start._handlers)
        self.attach(environment)
        self._late_starters = [] if _fire_reaches_new_listeners() else self.events.test_start._handlers[present:]

    def _load_plugins(self, environment: Environment) -> list[Callable[..., None]]:
        """Load what is enabled; return the plugins' listeners for `test_start`."""
        hooks = [hook for hook in vars(self.events).values() if hasattr(hook, "_handlers")]
        present = [len(hook._handlers) for hook in hooks]
        if environment.parsed_options is not None:
            # Which recorders this process itself enabled, though the master's options may have overwritten it.
            setattr(environment.parsed_options, ENABLE.dest, list(self.options.recorders))
        self.manager.load_recorder_plugins(environment, runner=environment.runner)
        for hook, count in zip(hooks, present, strict=True):
            self._listeners.extend((hook, listener) for listener in hook._handlers[count:])
        return [listener for hook, listener in self._listeners if hook is self.events.test_start][1:]

    def _own_options(self, environment: Environment) -> Any:
        """Return this process's own options, though the master's may have overwritten them already."""
        if not self._is_run_open or role_of(environment.runner) != WORKER:
            return environment.parsed_options
        from locust.argument_parser import get_parser

        return get_parser().parse_args()

    def _start_threads(self) -> None:
        """Start the native threads of this process, after any fork and only once, and the tick on the hub."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        try:
            self.engine.start(self.options.system_interval_s)
        except OSError as error:
            logger.warning("A native thread could not be started (%s); the test goes on with fewer figures.", error)
        self.hub.start()

    def _follow(self) -> None:
        """Register on the rest of the test's life, behind the plugins."""
        self._listen(self.events.spawning_complete, self._on_spawning_complete)
        self._listen(self.events.cpu_warning, self._on_cpu_warning)
        self._listen(self.events.reset_stats, self._on_reset_stats)
        self._listen(self.events.test_stop, self._on_test_stop)
        self._listen(self.events.quit, self._on_quit)

    # --- a run

    @never_raises
    def _on_test_start(self, environment: Environment, **kwargs: Any) -> None:
        if self._environment is None and environment.runner is not None:
            # A library user's environment, whose runner is there only now.
            self._attach_late(environment)
        if not self._is_recording:
            return
        if self._environment is None:
            # A late worker, which does not know its index yet.
            self.engine.hold()
            metadata.receive(environment)
            announcement.heed(environment, self.engine)
        else:
            self._end_last_run()
            if role_of(environment.runner) == WORKER:
                metadata.receive(environment)
            else:
                self.manager.register_plugin_metadata(environment)
                metadata.publish(environment)
            self.final_reports.run_started(self._run_id(environment))
            self.channel.prepare_run()
        self.engine.start_run(**self._identity(environment))
        self._run += 1
        self._is_run_open, self._is_stopped, self._summarised = True, False, None
        self.statistics_were_reset = False
        self._mark(TelemetryEventsEnum.TEST_START)
        self.channel.run_started()
        late_starters, self._late_starters = self._late_starters, []
        self._call_starters(late_starters, environment)

    def _end_last_run(self) -> None:
        """Where another run starts: record what is still to be told of the last one, under its identity."""
        self.final_reports.settle(complete=False)
        self._run_final_actions(complete=False)
        if self._run:
            self._is_run_open = False
            Patience(_START_PATIENCE_S, on_hub=False).wait(self.engine.flush())
            self._summarise()
            self._tell_recorded()

    @staticmethod
    def _call_starters(starters: list[Callable[..., None]], environment: Environment) -> None:
        """Call plugins' listeners for a `test_start` that came before them, as Locust would."""
        for starter in starters:
            try:
                starter(environment=environment)
            except Exception:
                logger.exception("A plugin's listener for test_start failed; the test goes on.")

    @never_raises
    def _on_spawning_complete(self, user_count: int = 0, **kwargs: Any) -> None:
        self._mark(TelemetryEventsEnum.SPAWNING_COMPLETE, user_count=user_count)
        environment = self._environment
        if environment is not None and environment.reset_stats and role_of(environment.runner) != WORKER:
            self._on_reset_stats()

    @never_raises
    def _on_reset_stats(self, **kwargs: Any) -> None:
        self.statistics_were_reset = True
        self._mark(TelemetryEventsEnum.STATS_RESET)

    def when_a_worker_changes(self, listener: Callable[..., None]) -> None:
        """Call `listener(event, worker=..., client_id=...)` when a worker comes or goes amid a test of this master."""
        self._worker_listeners.append(listener)

    def _on_worker_change(self, event: TelemetryEventsEnum, **attributes: Any) -> None:
        if not self._is_run_open or self._is_stopped:
            return
        self._mark(event, **attributes)
        for listener in self._worker_listeners:
            try:
                listener(event, **attributes)
            except Exception:
                logger.exception("A worker's %s could not be recorded.", event.value)

    @never_raises
    def _on_cpu_warning(self, cpu_usage: float = 0, **kwargs: Any) -> None:
        self._mark(TelemetryEventsEnum.CPU_WARNING, value=cpu_usage, unit="percent")

    @never_raises
    def _on_test_stop(self, environment: Environment, **kwargs: Any) -> None:
        if not self._is_run_open or self._is_stopped:
            return
        self._is_stopped = True
        self._mark(TelemetryEventsEnum.TEST_STOP)
        self.engine.stop_run()
        self.channel.run_stopped()
        self.final_reports.run_stopped()
        run = self._run
        self.final_reports.when_final(lambda complete: self._spawn_finish(run) if complete else None)

    def _spawn_finish(self, run: int) -> None:
        gevent.spawn(self._finish_run, run, Patience(self.options.flush_timeout_s, on_hub=True))

    def _run_final_actions(self, complete: bool) -> None:
        actions, self._final_actions = self._final_actions, []
        for action in actions:
            try:
                action(complete)
            except Exception:
                logger.exception("The final statistics could not be recorded.")

    def when_totals_are_final(
        self, action: Callable[[bool], None], on_report: Callable[[], None] | None = None
    ) -> None:
        """Call `action(True)` once Locust's statistics and the engine have all that the workers did in the ended run.

        `action(False)` comes instead where the next run starts, and Locust clears its statistics, before that. Until
        then `on_report` is called after each worker's report.
        """
        self._final_actions.append(action)
        if on_report is not None:
            self.final_reports.when_reported(on_report)

    def when_a_run_is_recorded(self, listener: Callable[[str], None]) -> None:
        """Call `listener(run_id)` each time that the books of a run were closed, on whatever thread that happens."""
        self._recorded_listeners.append(listener)

    def _finish_run(self, run: int, patience: Patience) -> None:
        """Write the closing record of a run once all its windows are written, unless another has begun."""
        if run != self._run or not self._is_run_open:
            return
        patience.wait_for(lambda: self.channel.is_complete, share=_SHARE_FOR_WORKERS)
        if run != self._run or not self._is_run_open:
            return
        patience.wait(self.engine.flush())
        if run != self._run or not self._is_run_open:
            return
        self._is_run_open = False
        self._run_final_actions(complete=True)
        # Else what the actions recorded would stand in the closing record as held. Off the hub: no other run may begin.
        self.engine.flush().wait(min(_SETTLE_S, patience.left_s))
        self.subscribers.deliver(patience.left_s * _SHARE_FOR_PLUGINS)
        self._summarise()
        patience.wait(self.engine.flush())
        self._tell_recorded()
        self._show_notices()

    def _tell_recorded(self) -> None:
        """Tell once of each run: its end may be cut short by that of the process, which then tells."""
        if self._environment is None or self._told_run == self._run:
            return
        self._told_run = self._run
        for listener in self._recorded_listeners:
            try:
                listener(self._run_id(self._environment))
            except Exception:
                logger.exception("What follows a recorded run failed; the test goes on.")

    def _summarise(self) -> None:
        """Record what the run counted and what became of it.

        Again only where more was counted since, or where what a recorder still held is settled.
        """
        summary = self.engine.summary()
        if summary is None:
            return
        told = summary["num_requests"], [book["queued_requests"] for book in summary["recorders"]]
        if told == self._summarised:
            return
        self._summarised = told
        emit(self.engine, logger, "event", TelemetryEventsEnum.RUN_SUMMARY.value, summary)
        self.engine.end_run()

    def _mark(self, event: TelemetryEventsEnum, **attributes: Any) -> None:
        """Mark a moment in the windows."""
        if self._is_run_open:
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

    # --- meanwhile

    def subscribe(self, recorder_id: str, on_window: Callable[[Window], None]) -> None:
        """Call `on_window` on the gevent hub with each finished window of this process."""
        self.subscribers.add(self.engine, recorder_id, on_window)

    def accompany(self, companion: Companion) -> None:
        """Look after something for as long as the recording lasts, and end it then."""
        self._companions.add(companion)

    def _watch(self) -> None:
        while True:
            gevent.sleep(_WATCH_S)
            self.subscribers.deliver()
            self._companions.look()
            self._show_notices()

    def _show_notices(self) -> None:
        for notice in self.engine.take_notices():
            logger.warning(notice)

    # --- the end

    @never_raises
    def _on_quit(self, *args: Any, **kwargs: Any) -> None:
        self._end()

    @never_raises
    def _at_exit(self) -> None:
        self._end()

    def close(self) -> None:
        """End the recording: write what is there, within the flush timeout, and let go of the environment.

        Safe to call again. `setup` may then record the environment anew.
        """
        self._end(is_process_over=False)
        for hook, listener in self._listeners:
            if listener in hook._handlers:
                hook.remove_listener(listener)
        self._listeners, self._worker_listeners = [], []
        atexit.unregister(self._at_exit)
        if self._environment is not None and self.find(self._environment) is self:
            delattr(self._environment, _ATTRIBUTE)

    def _end(self, is_process_over: bool = True) -> None:
        if self._pid != os.getpid():
            return  # Ended, never started, or a process that the test's own code forked.
        self._pid = None
        # Waits in the thread, not on the hub: everything else in this process is over.
        patience = Patience(self.options.flush_timeout_s, on_hub=False)
        if self._is_run_open:
            self.engine.stop_run()
        self._companions.prepare_end()
        # The windows of a run that has its closing record were waited for already.
        share = _SHARE_FOR_WORKERS if self._is_run_open else 0
        self.channel.gather(patience.left_s * share, is_process_over)
        self.final_reports.settle()
        self._finish_run(self._run, patience)
        # Requests that ended after their run was summarised.
        patience.wait(self.engine.flush())
        self.subscribers.deliver(patience.left_s * _SHARE_FOR_PLUGINS)
        self._summarise()
        patience.wait(self.engine.flush())
        self._tell_recorded()
        self.channel.hand_over(patience.left_s, is_process_over)
        for flush in self._companions.end():
            patience.wait(flush)
        # What was still held is delivered by now, or given up.
        self._summarise()
        patience.wait(self.engine.flush())
        self._show_notices()
        self.channel.close()
        self.hub.stop()
        self._watcher.kill(block=False)
        self.engine.shutdown()

    def _after_fork_in_child(self) -> None:
        """Leave the run to the parent."""
        if self._pid is not None:
            self.engine.renew_after_fork()
            self._companions.abandon()
            self.channel.abandon()
            self.subscribers.clear()
            self._pid = None
            self._is_recording = False
            self._is_run_open = False
