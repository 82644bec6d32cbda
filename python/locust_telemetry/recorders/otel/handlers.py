"""The handlers of the OpenTelemetry recorder."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import CallbackOptions, Observation

from locust_telemetry.common.helpers import (
    InstrumentSpec,
    create_otel_counter,
    create_otel_histogram,
    create_otel_observable_gauge,
)
from locust_telemetry.core.events import TelemetryEventsEnum, TelemetryMetricsEnum
from locust_telemetry.core.handlers import (
    BaseLifecycleHandler,
    BaseOutputHandler,
    BaseRequestHandler,
    BaseSystemMetricsHandler,
)
from locust_telemetry.core.role import MASTER, role_of, source_id_of, source_of
from locust_telemetry.recorders.otel.exceptions import OtelMetricNotRegisteredError
from locust_telemetry.recorders.otel.lease import Lease
from locust_telemetry.recorders.otel.process import process
from locust_telemetry.session import Session

if TYPE_CHECKING:
    from locust.env import Environment

    from locust_telemetry._native import SystemSample
    from locust_telemetry.recorders.otel.otel import InstrumentRegistry

logger = logging.getLogger(__name__)


def _as_attributes(values: dict[str, Any]) -> dict[str, Any]:
    """Return what an attribute can hold; other values as their `str()`, None not at all."""
    return {
        name: value if isinstance(value, (str, bool, int, float)) else str(value)
        for name, value in values.items()
        if value is not None
    }


class OtelOutputHandler(BaseOutputHandler):
    """Records events and figures in the instruments of the environment's registry."""

    def __init__(self, env: Environment) -> None:
        """Take the environment's registry, which is attached where it is not there."""
        super().__init__(env)
        self._lease = Lease.of(env)
        self._told: set[str] = set()

    @property
    def registry(self) -> InstrumentRegistry:
        """The instruments."""
        return self._lease.registry

    def record_event(self, tl_type: TelemetryEventsEnum, *args: Any, **kwargs: Any) -> None:
        """Count an event, with its name as the attribute `event` and with its own attributes."""
        attributes = {**self._lease.identity(), **kwargs, "event": tl_type.value}
        self._record(TelemetryEventsEnum.TEST, 1, attributes)

    def record_metrics(self, tl_type: TelemetryMetricsEnum, *args: Any, **kwargs: Any) -> None:
        """Record a figure, the first argument, in its instrument; with its name as the attribute `metric`.

        The instrument may be a histogram, a counter or a gauge. A figure of None is none.
        """
        value = args[0] if args else kwargs.pop("value", None)
        if value is not None:
            self._record(tl_type, value, {"metric": tl_type.value, **self._lease.identity(), **kwargs})

    def _record(self, key: TelemetryEventsEnum | TelemetryMetricsEnum, value: float, values: dict[str, Any]) -> None:
        try:
            instrument = self.registry.require(key)
        except OtelMetricNotRegisteredError as error:
            # A wrong handler must not end the test, and may be called for each request.
            if key.value not in self._told:
                self._told.add(key.value)
                logger.warning("%s", error)
            return
        for method in ("record", "set", "add"):
            if hasattr(instrument, method):
                getattr(instrument, method)(value, _as_attributes(values))
                return


class _Instrumented:
    """Registers the instruments that a handler names."""

    env: Environment

    @property
    def instruments(self) -> Sequence[InstrumentSpec]:
        """What the handler needs; none by default."""
        return ()

    def _register(self) -> None:
        """Register those that are not there: another recorder of the environment may have the same."""
        registry = Lease.of(self.env).registry
        registry.extend([spec for spec in self.instruments if registry.get(spec.metric) is None])

    def _source(self, **attributes: str) -> dict[str, Any]:
        """Return the attributes of a gauge: whose it is."""
        runner = self.env.runner
        return {"source": source_of(runner), "source_id": source_id_of(runner), **attributes}


class OtelLifecycleHandler(_Instrumented, BaseLifecycleHandler):
    """Counts the moments of a test, and observes its users."""

    def __init__(self, output: OtelOutputHandler, env: Environment) -> None:
        """Register the instruments."""
        super().__init__(output, env)
        self._register()

    @property
    def instruments(self) -> Sequence[InstrumentSpec]:
        """The counter of events, and gauges of users, altogether and of each user class."""
        gauge = create_otel_observable_gauge
        return [
            InstrumentSpec(TelemetryEventsEnum.TEST, "1", create_otel_counter, description="Moments of the test."),
            InstrumentSpec(
                TelemetryMetricsEnum.USER, "1", gauge, [self._observe_users], "Simulated users of this process."
            ),
            InstrumentSpec(
                TelemetryMetricsEnum.USER_CLASS,
                "1",
                gauge,
                [self._observe_user_classes],
                "Simulated users of this process, of each user class.",
            ),
        ]

    def _observe_users(self, options: CallbackOptions) -> Sequence[Observation]:
        runner = self.env.runner
        return [Observation(runner.user_count if runner is not None else 0, self._source())]

    def _observe_user_classes(self, options: CallbackOptions) -> Sequence[Observation]:
        runner: Any = self.env.runner
        if runner is None:
            return []
        counts = runner.reported_user_classes_count if role_of(runner) == MASTER else runner.user_classes_count
        return [Observation(count, self._source(user_class=name)) for name, count in counts.items()]


class OtelSystemMetricsHandler(_Instrumented, BaseSystemMetricsHandler):
    """Observes CPU, memory and network, from the native sampler."""

    def __init__(self, output: OtelOutputHandler, env: Environment) -> None:
        """Register the instruments."""
        super().__init__(output, env)
        self._register()

    @property
    def instruments(self) -> Sequence[InstrumentSpec]:
        """Gauges of this process's CPU and memory, and of its network namespace."""
        gauge = create_otel_observable_gauge
        return [
            InstrumentSpec(
                TelemetryMetricsEnum.CPU, "%", gauge, [self._observe_cpu], "CPU of this process, in percent of a core."
            ),
            InstrumentSpec(
                TelemetryMetricsEnum.MEMORY, "By", gauge, [self._observe_memory], "Resident memory of this process."
            ),
            InstrumentSpec(
                TelemetryMetricsEnum.NETWORK,
                "By",
                gauge,
                [self._observe_network],
                "Bytes through this network namespace since the recording began.",
            ),
        ]

    def start(self) -> None:
        """Do nothing: gauges are observed when an export is due."""

    def stop(self) -> None:
        """Do nothing: gauges are observed when an export is due."""

    def _sample(self) -> SystemSample | None:
        session = Session.find(self.env)
        return session.engine.system() if session is not None else None

    def _observe_cpu(self, options: CallbackOptions) -> Sequence[Observation]:
        sample = self._sample()
        return [] if sample is None else [Observation(sample.process_cpu_percent, self._source())]

    def _observe_memory(self, options: CallbackOptions) -> Sequence[Observation]:
        sample = self._sample()
        return [] if sample is None else [Observation(sample.process_memory_bytes, self._source())]

    def _observe_network(self, options: CallbackOptions) -> Sequence[Observation]:
        sample = self._sample()
        if sample is None:
            return []
        return [
            Observation(sample.network_sent_bytes, self._source(direction="sent")),
            Observation(sample.network_received_bytes, self._source(direction="recv")),
        ]


class OtelRequestHandler(_Instrumented, BaseRequestHandler):
    """Leaves requests to the native export, unless a subclass overrides `on_request`.

    Then windows become no metrics of requests in this process: what the override records is what is exported. It may
    call `super().on_request(**kwargs)`, which records the request as the native export would have.
    """

    def __init__(self, output: OtelOutputHandler, env: Environment) -> None:
        """Register the instruments."""
        super().__init__(output, env)
        self._register()

    @property
    def instruments(self) -> Sequence[InstrumentSpec]:
        """Histograms of response times of requests that succeeded, and of those that failed."""
        return [
            InstrumentSpec(
                TelemetryMetricsEnum.REQUEST_SUCCESS,
                "ms",
                create_otel_histogram,
                description="Response times of requests that succeeded.",
            ),
            InstrumentSpec(
                TelemetryMetricsEnum.REQUEST_ERROR,
                "ms",
                create_otel_histogram,
                description="Response times of requests that failed.",
            ),
        ]

    def on_request(self, *args: Any, **kwargs: Any) -> None:
        """Record one request. Registered only where a subclass overrides it; never counts what is counted natively."""
        if process.exports_requests:
            return
        error = kwargs.get("exception")
        metric = TelemetryMetricsEnum.REQUEST_SUCCESS if error is None else TelemetryMetricsEnum.REQUEST_ERROR
        self.output.record_metrics(
            metric,
            kwargs.get("response_time"),
            endpoint=str(kwargs.get("name", "")),
            method=str(kwargs.get("request_type", "")),
            status_code=_status_of(kwargs.get("response")),
            error_type=None if error is None else _error_type_of(error),
        )

    on_request.takes_nothing = True  # type: ignore[attr-defined]

    def start(self) -> None:
        """Do nothing: requests are recorded from the first one on."""

    def stop(self) -> None:
        """Do nothing: requests that are under way are still recorded."""


def _status_of(response: Any) -> int | None:
    """Return the response's status, or None without a response. A failed response may be false, or raise."""
    try:
        status = getattr(response, "status_code", None)
    except Exception:
        return None
    return status if isinstance(status, int) and status > 0 else None


def _error_type_of(error: Any) -> str:
    """Return the exception's class; a client may give a text instead."""
    return type(error).__name__ if isinstance(error, BaseException) else str(error)
