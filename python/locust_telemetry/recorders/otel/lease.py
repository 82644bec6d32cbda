"""One environment's part in the export of its process, from the first instrument to the end of the recording."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from locust_telemetry._native import __version__
from locust_telemetry.core.guard import never_raises
from locust_telemetry.core.role import WORKER, role_of, source_id_of, source_of
from locust_telemetry.metadata import get_test_metadata
from locust_telemetry.options import EXPORT_FROM_MASTER, TESTPLAN, Options
from locust_telemetry.recorders.otel import export_side
from locust_telemetry.recorders.otel.exporter import SCOPE_NAME, server_of
from locust_telemetry.recorders.otel.otel import InstrumentRegistry
from locust_telemetry.recorders.otel.process import process
from locust_telemetry.session import Session

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry._native import Flush, OtelExporter

logger = logging.getLogger(__name__)

#: How much of the flush timeout the callbacks of observables have at the end: the export needs the rest.
_SHARE_FOR_CALLBACKS = 0.1

#: The attribute of an environment that holds its lease.
_ATTRIBUTE = "otel_lease"


class Lease:
    """Gives the environment its meter and registry, and holds the exporter open for it."""

    def __init__(self, environment: Environment) -> None:
        """Attach `otel_meter` and `otel_registry` to the environment; nothing is exported yet."""
        self.environment = environment
        self.session = Session.find(environment)
        self.meter = process.provider.get_meter(SCOPE_NAME, __version__)
        self.registry = InstrumentRegistry(self.meter)
        #: The exporter that this environment's windows go to.
        self._begun: OtelExporter | None = None
        self._is_told = self._is_disabled = False
        attached: Any = environment
        attached.otel_lease, attached.otel_meter, attached.otel_registry = self, self.meter, self.registry
        if self.session is not None:
            self.session.accompany(self)

    @classmethod
    def of(cls, environment: Environment) -> Lease:
        """Return the environment's lease; a new one if it has none."""
        lease = getattr(environment, _ATTRIBUTE, None)
        return lease if isinstance(lease, Lease) else cls(environment)

    @property
    def options(self) -> Options:
        """The options of this process; a worker's own, though its master's may stand in their place by now."""
        if self.session is not None and self.session.is_attached:
            return self.session.options
        return Options.of(self.environment.parsed_options)

    @property
    def flush_timeout_s(self) -> float:
        """Seconds that the end may wait for the last export."""
        return self.options.flush_timeout_s

    def identity(self) -> dict[str, Any]:
        """Return what tells the records of this process and run from others'."""
        return {
            "run_id": get_test_metadata(self.environment).get("run_id"),
            "testplan": getattr(self.environment.parsed_options, TESTPLAN.dest, None),
            "source": source_of(self.environment.runner),
            "source_id": source_id_of(self.environment.runner),
        }

    def open(self) -> None:
        """Make the process's exporter, unless there is one. Raises OptionError for options that cannot be used."""
        if not self._is_disabled:
            self._is_disabled = not process.open(self.environment, self.options, self)

    def begin_when_due(self) -> None:
        """Begin to export: now, or on a worker with its first test, when its master has said who exports."""
        if role_of(self.environment.runner) != WORKER or export_side.master_has_spoken(self.environment):
            self._begin()
        if self._on_test_start not in self.environment.events.test_start._handlers:
            self.environment.events.test_start.add_listener(self._on_test_start)

    @never_raises
    def _on_test_start(self, **kwargs: Any) -> None:
        if export_side.leaves_export_to_master(self.environment, self.options):
            # Not begun: there is nothing to wait for.
            process.release(self)
        self._begin()
        if self._begun is not None:
            # A worker learns what is tested from its master, and the web UI asks for it at each start.
            self._begun.set_server(server_of(self.environment))

    def _begin(self) -> None:
        """Export from now on, this environment's windows too. Does nothing where that is so, or without an exporter."""
        self._tell_who_exports()
        exporter = process.exporter
        if exporter is None or exporter is self._begun:
            return
        self._begun = exporter
        if self.session is not None:
            self.session.engine.open_otel(exporter)
        else:
            process.look_without_session()
        process.start(self.options, self)

    def _tell_who_exports(self) -> None:
        """Say once on a worker if it does not export itself."""
        if self._is_told or role_of(self.environment.runner) != WORKER:
            return
        self._is_told = True
        if export_side.leaves_export_to_master(self.environment, self.options):
            logger.info("The master exports what this worker does (--lt-otel-export-from).")
            if self.registry.takes_single_requests:
                logger.warning("What on_request records on this worker is not exported: its master exports for it.")
        elif self.options.otel_export_from == EXPORT_FROM_MASTER:
            logger.warning(
                "Nothing of this worker is exported: it leaves that to a master that does not export for its workers. "
                "Give all processes the same --lt-otel-export-from."
            )

    # --- as a companion of the session

    def look(self) -> None:
        """Run the callbacks of observables if an export waits for them."""
        process.look()

    def prepare_end(self) -> None:
        """Run the callbacks of observables for the last export."""
        process.observe(self.flush_timeout_s * _SHARE_FOR_CALLBACKS)

    def end(self) -> Flush | None:
        """Let go of the exporter and of the environment; return what is to be waited for."""
        flush = process.release(self)
        self.registry.close()
        test_start = self.environment.events.test_start
        if self._on_test_start in test_start._handlers:
            test_start.remove_listener(self._on_test_start)
        for name in (_ATTRIBUTE, "otel_meter", "otel_registry"):
            if hasattr(self.environment, name):
                delattr(self.environment, name)
        return flush

    def abandon(self) -> None:
        """In a forked child: let go of what is the parent's."""
        process.abandon()
