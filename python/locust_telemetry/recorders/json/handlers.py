"""The handlers of the JSON recorder."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import gevent

from locust_telemetry.common import helpers as h
from locust_telemetry.core.events import TelemetryEventsEnum, TelemetryMetricsEnum
from locust_telemetry.core.handlers import (
    BaseLifecycleHandler,
    BaseOutputHandler,
    BaseRequestHandler,
    BaseSystemMetricsHandler,
)
from locust_telemetry.core.records import emit
from locust_telemetry.core.role import WORKER, role_of
from locust_telemetry.session import Session

if TYPE_CHECKING:
    from locust.stats import StatsEntry

    from locust_telemetry._native import Histogram

logger = logging.getLogger(__name__)

#: Seconds that the recorded end of a test lies after its real end, so that a link to a graph shows the last points.
TEST_STOP_BUFFER_FOR_GRAPHS = 1

#: Seconds after which the native sampler has its first full sample.
_FIRST_SAMPLE_S = 0.3

STATS_TYPE_CURRENT = "current"
STATS_TYPE_FINAL = "final"
STATS_TYPE_ENDPOINT = "endpoint"
STATUS_SUCCESS = "success"
STATUS_ERROR = "error"

#: What records say of response times from the exact histograms; Locust's own are rounded to two digits.
_QUANTILES = {
    "percentile_50": 0.5,
    "percentile_90": 0.9,
    "percentile_95": 0.95,
    "percentile_99": 0.99,
    "percentile_99_9": 0.999,
}


class JsonTelemetryOutputHandler(BaseOutputHandler):
    """Logs records as JSON, and passes them to the recorders that write single records (the JSON file)."""

    def log_telemetry(self, event_type: str, event_name: str, **kwargs: Any) -> None:
        """Log one record: its type (`event` or `metrics`), its name, the run's context, then the attributes."""
        self.log_record(event_type, event_name, kwargs)

    def log_record(self, event_type: str, event_name: str, attributes: Mapping[str, Any]) -> None:
        """Do what `log_telemetry` does; the attributes may have any names."""
        telemetry = {
            "telemetry_type": event_type,
            "telemetry_name": event_name,
            **self.get_context(active=True),
            **attributes,
        }
        session = Session.find(self.env)
        emit(session.engine if session is not None else None, logger, event_type, event_name, telemetry)

    def record_event(self, tl_type: TelemetryEventsEnum, *args: Any, **kwargs: Any) -> None:
        """Log an event."""
        self.log_telemetry("event", tl_type.value, **kwargs)

    def record_metrics(self, tl_type: TelemetryMetricsEnum, *args: Any, **kwargs: Any) -> None:
        """Log a figure."""
        self.log_telemetry("metrics", tl_type.value, **kwargs)


class JsonTelemetryLifecycleHandler(BaseLifecycleHandler):
    """Logs the moments of a test."""

    def on_test_stop(self, *args: Any, **kwargs: Any) -> None:
        """Log the end, with an `end_time` one second later, for links to graphs."""
        end_time = h.get_utc_time_with_buffer(TEST_STOP_BUFFER_FOR_GRAPHS)
        self.output.record_event(TelemetryEventsEnum.TEST_STOP, *args, end_time=end_time, **kwargs)


class _Periodic:
    """A greenlet that calls something now and then every so many seconds."""

    def __init__(self) -> None:
        self._greenlet: gevent.Greenlet[..., None] | None = None

    def start(self, action: Callable[[], None], interval_s: float, first_after_s: float = 0) -> None:
        """Begin; does nothing where it runs already."""
        if self._greenlet is None:
            self._greenlet = gevent.spawn_later(first_after_s, self._run, action, interval_s)

    def stop(self) -> None:
        """End, if it runs."""
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None:
            greenlet.kill(block=False)

    @staticmethod
    def _run(action: Callable[[], None], interval_s: float) -> None:
        while True:
            try:
                action()
            except Exception:  # A failed record must not end the later ones.
                logger.exception("A periodic record failed; the next is tried as usual.")
            gevent.sleep(interval_s)


class JsonTelemetrySystemMetricsHandler(BaseSystemMetricsHandler):
    """Logs CPU, memory, network and scheduler pressure at each interval, from the native sampler."""

    _periodic: _Periodic | None = None
    #: When the sample that was recorded last was taken.
    _recorded_sample: float | None = None

    def start(self) -> None:
        """Begin to log."""
        self._periodic = self._periodic or _Periodic()
        interval_s = Session.of(self.env).options.system_interval_s
        # A CPU percentage needs two readings; the first record waits for the second one.
        self._periodic.start(self._record, interval_s, first_after_s=min(interval_s, _FIRST_SAMPLE_S))

    def stop(self) -> None:
        """End."""
        if self._periodic is not None:
            self._periodic.stop()

    def _record(self) -> None:
        session = Session.of(self.env)
        sample = session.engine.system()
        record = self.output.record_metrics
        # What is told "since the last record" must not be told twice.
        if sample is not None and sample.time != self._recorded_sample:
            self._recorded_sample = sample.time
            mib = h.convert_bytes_to_mib
            record(
                TelemetryMetricsEnum.CPU,
                value=sample.process_cpu_percent,
                unit="percent",
                host_percent=sample.host_cpu_percent,
            )
            record(
                TelemetryMetricsEnum.MEMORY,
                value=mib(sample.process_memory_bytes),
                unit="MiB",
                host_used=mib(sample.host_memory_used_bytes),
                host_total=mib(sample.host_memory_total_bytes),
            )
            network = TelemetryMetricsEnum.NETWORK
            record(network, value=mib(sample.network_sent_bytes), unit="MiB", direction="sent")
            record(network, value=mib(sample.network_received_bytes), unit="MiB", direction="recv")
            if sample.run_queue_delay_ms is not None:
                record(TelemetryMetricsEnum.RUN_QUEUE_DELAY, value=sample.run_queue_delay_ms, unit="ms")
            if sample.throttled_ms is not None:
                record(TelemetryMetricsEnum.THROTTLED, value=sample.throttled_ms, unit="ms")
        record(TelemetryMetricsEnum.HUB_LAG, value=session.hub.take_max_lag_ms(), unit="ms")


class JsonTelemetryRequestHandler(BaseRequestHandler):
    """Logs Locust's statistics at each interval and at the end, on the master and in local runs."""

    _periodic: _Periodic | None = None
    #: The records of the end, as they were when Locust's statistics were last seen whole.
    _final: Sequence[dict[str, Any]] = ()
    #: What Locust counted then for every endpoint: method, name, requests, failures.
    _counts: list[tuple[str, str, int, int]]

    def start(self) -> None:
        """Begin to log the totals; a worker's belong to its master."""
        if role_of(self.env.runner) == WORKER:
            return
        self._periodic = self._periodic or _Periodic()
        self._periodic.start(self._record_current, Session.of(self.env).options.stats_interval_s)

    def stop(self) -> None:
        """End; the final statistics follow once the workers' last reports are in."""
        if self._periodic is None:
            return
        self._periodic.stop()
        self._refresh_final()
        on_report = self._refresh_final if self._will_be_cleared() else None
        Session.of(self.env).when_totals_are_final(self._record_final, on_report)

    def on_request(self, *args: Any, **kwargs: Any) -> None:
        """Take nothing: requests are counted natively. A subclass that overrides this is called."""

    on_request.takes_nothing = True  # type: ignore[attr-defined]

    def _record_current(self) -> None:
        self._record_all([self._total(STATS_TYPE_CURRENT)])

    def _record_final(self, complete: bool) -> None:
        if complete and not self._is_cleared():
            self._refresh_final()
        self._record_all(self._final)
        self._record_reconciliation()

    def _record_reconciliation(self) -> None:
        """Log what Locust counted beside what was recorded, and why they differ if they do."""
        session = Session.of(self.env)
        fields = session.engine.reconciliation(self._counts, session.statistics_were_reset)
        if fields is not None:
            emit(session.engine, logger, "event", TelemetryEventsEnum.RUN_RECONCILIATION.value, fields)

    def _will_be_cleared(self) -> bool:
        """Whether Locust clears the endpoints' statistics at its end: it does so to print them as JSON."""
        options = self.env.parsed_options
        return bool(getattr(options, "json", False) or getattr(options, "json_file", None))

    def _is_cleared(self) -> bool:
        stats = self.env.stats
        return stats.total.num_requests > sum(entry.num_requests for entry in stats.entries.values())

    def _refresh_final(self) -> None:
        """Take the final record and one for each endpoint (up to the limit on series), as they are now."""
        final = [self._total(STATS_TYPE_FINAL)]
        entries = list(self.env.stats.entries.values())
        self._counts = [(str(at.method), str(at.name), at.num_requests, at.num_failures) for at in entries]
        session = Session.of(self.env)
        limit = session.options.max_series
        if len(entries) > limit:
            logger.warning("There are %d endpoints: only the %d busiest get a record.", len(entries), limit)
            entries = heapq.nlargest(limit, entries, key=lambda entry: entry.num_requests)
        latencies = {(method, name): latency for method, name, _, _, latency in session.engine.endpoints()}
        for entry in entries:
            status = STATUS_ERROR if entry.num_failures else STATUS_SUCCESS
            figures = self._figures(entry, latencies.get((entry.method, entry.name)))
            final.append({"stats_type": STATS_TYPE_ENDPOINT, "status": status, **figures})
        self._final = final

    def _total(self, stats_type: str) -> dict[str, Any]:
        figures = self._figures(self.env.stats.total, Session.of(self.env).engine.latency())
        return {"stats_type": stats_type, "user_count": self._user_count(), **figures}

    def _record_all(self, records: Sequence[dict[str, Any]]) -> None:
        for record in records:
            self.output.record_metrics(TelemetryMetricsEnum.REQUEST_STATS, **record)

    @staticmethod
    def _figures(entry: StatsEntry, latency: Histogram | None) -> dict[str, Any]:
        """Return Locust's figures, with the percentiles of the run's histogram where it has any."""
        figures = h.add_percentiles(dict(entry.to_dict()))
        if latency is not None and latency.count:
            figures |= {key: latency.quantile_ms(quantile) for key, quantile in _QUANTILES.items()}
        return {**figures, "percentile_source": "histogram" if latency is not None and latency.count else "locust"}

    def _user_count(self) -> int:
        return self.env.runner.user_count if self.env.runner is not None else 0
