"""The export of this process: one exporter, one provider, however many environments and runs there are."""

from __future__ import annotations

import atexit
import logging
import math
import os
from typing import TYPE_CHECKING

import gevent
from opentelemetry import metrics

from locust_telemetry.core.waiting import Patience
from locust_telemetry.options import NO_LOGS
from locust_telemetry.recorders.otel.exporter import make_exporter
from locust_telemetry.recorders.otel.logs import OtelLogHandler
from locust_telemetry.recorders.otel.meter_provider import NativeMeterProvider

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry._native import Flush, OtelExporter
    from locust_telemetry.options import Options
    from locust_telemetry.recorders.otel.lease import Lease

logger = logging.getLogger(__name__)

#: Seconds between looks whether an export is due, where no session looks.
_WATCH_S = 0.25


class ProcessExport:
    """Opens the exporter for the first environment that asks, and ends it with the last."""

    def __init__(self) -> None:
        """Make the provider, whose instruments do nothing yet."""
        self.provider = NativeMeterProvider()
        #: Whether requests are exported from windows: what records them one by one would count them twice.
        self.exports_requests = False
        self._leases: list[Lease] = []
        self._pid: int | None = None
        #: The exporter whose threads were started.
        self._started: OtelExporter | None = None
        self._is_observing = False
        self._log_handler: OtelLogHandler | None = None
        self._watcher: gevent.Greenlet[..., None] | None = None

    @property
    def exporter(self) -> OtelExporter | None:
        """The exporter, if there is one."""
        return self.provider.exporter

    def open(self, environment: Environment, options: Options, lease: Lease) -> bool:
        """Let there be an exporter, for this environment too; return False where OTEL_SDK_DISABLED says no.

        Raises OptionError for options that cannot be used.
        """
        if self._pid not in (None, os.getpid()):
            self.abandon()
        single = lease.registry.takes_single_requests
        if self.exporter is not None:
            if single and self.exports_requests:
                logger.warning(
                    "This process exports requests already: what on_request records under their names is added to them."
                )
        else:
            exporter = make_exporter(environment, options, single)
            if exporter.disabled:
                logger.info("The otel recorder exports nothing: OTEL_SDK_DISABLED is true.")
                return False
            self._pid = os.getpid()
            self.exports_requests = not single
            self.provider.bind(exporter)
            self._be_global()
        if lease not in self._leases:
            self._leases.append(lease)
        return True

    def _be_global(self) -> None:
        """Let everybody's instruments be native ones, unless somebody else provides them."""
        try:
            present: object = metrics.get_meter_provider()
            # The API's own are placeholders.
            if type(present).__module__.startswith("opentelemetry.metrics"):
                metrics.set_meter_provider(self.provider)
                present = metrics.get_meter_provider()
        except Exception as error:
            # A provider that OTEL_PYTHON_METER_PROVIDER names, and that is not there.
            present = error
        if present is not self.provider:
            logger.warning(
                "OpenTelemetry has a meter provider already (%s): only the recorder's own instruments are exported.",
                type(present).__name__,
            )

    def start(self, options: Options, lease: Lease) -> None:
        """Start the exporter's threads, once, and take log records where that is wished."""
        exporter = self.exporter
        if exporter is None or exporter is self._started:
            return
        self._started = exporter
        try:
            exporter.start()
        except OSError as error:
            logger.warning("The otel recorder's thread could not be started (%s); nothing is exported.", error)
        self._uninstall_logs()
        if options.otel_log_level != NO_LOGS:
            self._log_handler = OtelLogHandler(exporter, options.otel_log_level, lease.identity)
            self._log_handler.install()

    def look_without_session(self) -> None:
        """Look after observables, and end with the process, where there is no session that does so."""
        if self._watcher is None:
            self._watcher = gevent.spawn(self._watch)
            atexit.unregister(self._at_exit)
            atexit.register(self._at_exit)

    def look(self) -> None:
        """Run the callbacks of observables if an export waits for them."""
        if self.exporter is not None and self.exporter.wants_observations:
            self.observe()

    def observe(self, within_s: float = math.inf) -> None:
        """Run the callbacks of observables, those whose turn comes in time."""
        exporter = self.exporter
        # A callback may let the next look come before it has ended.
        if exporter is None or self._is_observing:
            return
        self._is_observing = True
        try:
            self.provider.observe(within_s)
            exporter.observed()
        finally:
            self._is_observing = False

    def release(self, lease: Lease) -> Flush | None:
        """Export what there is; with the last environment, end. Return what is to be waited for."""
        if lease not in self._leases:
            return None
        self._leases.remove(lease)
        exporter = self.exporter
        if self._leases:
            if self._log_handler is not None:
                self._log_handler.identity = self._leases[-1].identity
            return exporter.flush() if exporter is not None else None
        was_started = exporter is self._started
        self._forget()
        self._uninstall_logs()
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.kill(block=False)
        return exporter.shutdown() if exporter is not None and was_started else None

    def abandon(self) -> None:
        """In a forked child: let go of the parent's exporter. Takes no lock, logs nothing, leaves greenlets alone."""
        exporter = self.exporter
        if exporter is not None:
            exporter.abandon()
        if self._log_handler is not None:
            self._log_handler.mute()
        self._leases, self._watcher = [], None
        self._forget()

    def _forget(self) -> None:
        self.provider.unbind()
        self._pid, self._started, self._is_observing, self.exports_requests = None, None, False, False

    def _uninstall_logs(self) -> None:
        log_handler, self._log_handler = self._log_handler, None
        if log_handler is not None:
            log_handler.uninstall()

    def _watch(self) -> None:
        while True:
            gevent.sleep(_WATCH_S)
            self.look()

    def _at_exit(self) -> None:
        if self._pid != os.getpid():
            return
        for lease in self._leases[:1]:
            lease.prepare_end()
        for lease in list(self._leases):
            flush = lease.end()
            if flush is not None:
                Patience(lease.flush_timeout_s, on_hub=False).wait(flush)


#: This process's.
process = ProcessExport()

if hasattr(os, "register_at_fork"):
    # Also where no session does it: locks of the export may be held at the fork.
    os.register_at_fork(after_in_child=process.abandon)
