"""The meters of the OpenTelemetry API over the native exporter."""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from opentelemetry import metrics

from locust_telemetry.core.waiting import Patience
from locust_telemetry.recorders.otel import instruments as native
from locust_telemetry.recorders.otel.instruments import NativeInstrument, NativeObservable

if TYPE_CHECKING:
    from locust_telemetry._native import Flush, OtelExporter

logger = logging.getLogger(__name__)

#: OpenTelemetry's rules: "Instrument name syntax" and "Instrument unit" of the metrics API.
_NAME = re.compile(r"[a-zA-Z][-_./a-zA-Z0-9]{0,254}")
_NAME_RULE = "a letter, then letters, digits and _ . / -, at most 255 in all"
_UNIT = re.compile(r"[\x00-\x7f]{0,63}")

#: Seconds that one callback of an observable may take where it lets other greenlets run.
_CALLBACK_TIMEOUT_S = 0.25

_Instrument = TypeVar("_Instrument", bound=NativeInstrument)


class NativeMeter(metrics.Meter):
    """Makes instruments. The same name, kind and unit give the same instrument, as names do in any case of letters."""

    def __init__(
        self, provider: NativeMeterProvider, name: str, version: str | None = None, schema_url: str | None = None
    ) -> None:
        """Make a meter without instruments."""
        super().__init__(name, version, schema_url)
        self._provider = provider
        self._instruments: dict[tuple[str, str, str], NativeInstrument] = {}
        self._told: set[str] = set()

    def create_counter(self, name: str, unit: str = "", description: str = "") -> native.NativeCounter:
        """Return a counter that only grows."""
        return self._take(native.NativeCounter(name, unit, description))

    def create_up_down_counter(self, name: str, unit: str = "", description: str = "") -> native.NativeUpDownCounter:
        """Return a counter that grows and shrinks."""
        return self._take(native.NativeUpDownCounter(name, unit, description))

    def create_histogram(
        self,
        name: str,
        unit: str = "",
        description: str = "",
        *,
        explicit_bucket_boundaries_advisory: Sequence[float] | None = None,
    ) -> native.NativeHistogram:
        """Return a histogram; without boundaries it has the exporter's, which suit latencies in milliseconds."""
        boundaries = explicit_bucket_boundaries_advisory
        try:
            boundaries = None if boundaries is None else [float(boundary) for boundary in boundaries]
        except (TypeError, ValueError):
            self._tell(str(name), f"The histogram {name} has the default boundaries: {boundaries!r} are none.")
            boundaries = None
        return self._take(native.NativeHistogram(name, unit, description, boundaries))

    def create_gauge(self, name: str, unit: str = "", description: str = "") -> native.NativeGauge:
        """Return a gauge that is set."""
        return self._take(native.NativeGauge(name, unit, description))

    def create_observable_counter(
        self, name: str, callbacks: Sequence[Any] | None = None, unit: str = "", description: str = ""
    ) -> native.NativeObservableCounter:
        """Return a counter whose total the callbacks give."""
        return self._take_observable(native.NativeObservableCounter(name, None, unit, description), callbacks)

    def create_observable_up_down_counter(
        self, name: str, callbacks: Sequence[Any] | None = None, unit: str = "", description: str = ""
    ) -> native.NativeObservableUpDownCounter:
        """Return a counter whose sum the callbacks give."""
        return self._take_observable(native.NativeObservableUpDownCounter(name, None, unit, description), callbacks)

    def create_observable_gauge(
        self, name: str, callbacks: Sequence[Any] | None = None, unit: str = "", description: str = ""
    ) -> native.NativeObservableGauge:
        """Return a gauge whose value the callbacks give."""
        return self._take_observable(native.NativeObservableGauge(name, None, unit, description), callbacks)

    def observables(self) -> Iterator[NativeObservable]:
        """Give each instrument that has callbacks."""
        for instrument in list(self._instruments.values()):
            if isinstance(instrument, NativeObservable):
                yield instrument

    def bind(self, exporter: OtelExporter) -> None:
        """Let all instruments record for this exporter."""
        for instrument in list(self._instruments.values()):
            self._bind(instrument, exporter)

    def unbind(self) -> None:
        """Let all instruments do nothing."""
        for instrument in list(self._instruments.values()):
            instrument.unbind()

    def _bind(self, instrument: NativeInstrument, exporter: OtelExporter) -> None:
        try:
            instrument.bind(exporter, self.name, self.version or "")
        except Exception as error:
            self._tell(instrument.name, f"The instrument {instrument.name} cannot be recorded: {error}.")

    def _take_observable(self, made: _Observable, callbacks: Sequence[Any] | None) -> _Observable:
        taken = self._take(made)
        taken.add_callbacks(callbacks or ())
        return taken

    def _take(self, made: _Instrument) -> _Instrument:
        """Return the instrument of this name, kind and unit: the one just made if there is none."""
        name, unit = made.name, made.unit if made.unit is not None else ""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self._tell(str(name), f"{name!r} is no name of an instrument, which records nothing ({_NAME_RULE}).")
            return made
        if not isinstance(unit, str) or not _UNIT.fullmatch(unit):
            self._tell(name, f"{unit!r} is no unit (63 characters of ASCII); the instrument {name} records nothing.")
            return made
        made.unit, made.description = unit, str(made.description or "")
        key = (name.lower(), made.kind, unit)
        # Another thread may have come first.
        taken: Any = self._instruments.setdefault(key, made)
        if taken is made:
            others = [other for other in list(self._instruments) if other[0] == key[0] and other != key]
            if others:
                kinds = ", ".join(f"{kind} in {unit!r}" for _, kind, unit in [*others, key])
                self._tell(name, f"The instrument {name} was made more than once, and differently: {kinds}.")
            if self._provider.exporter is not None:
                self._bind(made, self._provider.exporter)
        return taken  # type: ignore[no-any-return]

    def _tell(self, name: str, message: str) -> None:
        """Say once for each name what is wrong with it."""
        if name.lower() not in self._told:
            self._told.add(name.lower())
            logger.warning(message)


_Observable = TypeVar("_Observable", bound=NativeObservable)


class NativeMeterProvider(metrics.MeterProvider):
    """One for each process, since it can be made the global one only once; exporters come and go."""

    def __init__(self) -> None:
        """Make a provider whose instruments do nothing until it is bound to an exporter."""
        self.exporter: OtelExporter | None = None
        self._meters: dict[tuple[str, str | None, str | None], NativeMeter] = {}

    def get_meter(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Any = None,
    ) -> NativeMeter:
        """Return the meter of this name and version; attributes of a scope are not exported."""
        name = str(name or "")
        key = (name, version, schema_url)
        meter = self._meters.get(key)
        if meter is None:
            # Another thread may have come first.
            meter = self._meters.setdefault(key, NativeMeter(self, name, version, schema_url))
        return meter

    def bind(self, exporter: OtelExporter) -> None:
        """Let all instruments, and those to come, record for this exporter."""
        self.exporter = exporter
        for meter in list(self._meters.values()):
            meter.bind(exporter)

    def unbind(self) -> None:
        """Let all instruments do nothing. Takes no lock and logs nothing: it runs in forked children."""
        self.exporter = None
        for meter in list(self._meters.values()):
            meter.unbind()

    def observe(self, within_s: float = math.inf) -> None:
        """Run the callbacks of all observables, on the hub; those whose turn does not come in time are left out."""
        deadline = time.monotonic() + within_s
        for meter in list(self._meters.values()):
            for observable in meter.observables():
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    logger.warning(
                        "Not all callbacks of instruments were called for the last export: no time was left."
                    )
                    return
                observable.observe(min(_CALLBACK_TIMEOUT_S, left_s))

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Export everything now; return whether that was done in time. Other greenlets run meanwhile."""
        if self.exporter is None:
            return True
        self.observe(timeout_millis / 1000)
        self.exporter.observed()
        return self._wait(self.exporter.flush(), timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Export for the last time, then do nothing until the next `configure_otel`. Other greenlets run meanwhile."""
        exporter = self.exporter
        if exporter is not None:
            self.observe(timeout_millis / 1000)
            self.unbind()
            self._wait(exporter.shutdown(), timeout_millis)

    @staticmethod
    def _wait(flush: Flush, timeout_millis: float) -> bool:
        return Patience(timeout_millis / 1000, on_hub=True).wait(flush)
