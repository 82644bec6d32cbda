"""Instruments of the OpenTelemetry API over native ones.

An instrument outlives exporters: it does nothing while it is bound to none, and users may keep it in a module.
No method waits or raises, whatever it is given.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from opentelemetry import metrics

from locust_telemetry.recorders.otel.callback import Callback

if TYPE_CHECKING:
    from locust_telemetry._native import OtelExporter, OtelInstrument

    Attributes = Mapping[str, Any] | None

logger = logging.getLogger(__name__)


def _plain(attributes: Attributes) -> dict[str, Any] | None:
    """Return attributes as the native side takes them."""
    return attributes if attributes is None or type(attributes) is dict else dict(attributes)


class NativeInstrument:
    """What all of them have: a name, and the native instrument while there is an exporter."""

    #: What the native side calls the kind.
    kind: ClassVar[str]

    def __init__(self, name: str, unit: str = "", description: str = "", boundaries: list[float] | None = None) -> None:
        """Keep what the instrument is made from. It is bound to no exporter yet."""
        self.name = name
        self.unit = unit
        self.description = description
        self._boundaries = boundaries
        self._native: OtelInstrument | None = None
        self._is_told = False

    def bind(self, exporter: OtelExporter, scope: str, scope_version: str) -> None:
        """Record for this exporter from now on."""
        self._native = exporter.instrument(
            scope, scope_version, self.kind, self.name, self.unit, self.description, self._boundaries
        )

    def unbind(self) -> None:
        """Do nothing from now on. Takes no lock and logs nothing: it runs in forked children."""
        self._native = None

    def _tell(self, amount: object) -> None:
        if not self._is_told:
            self._is_told = True
            logger.warning(
                "The instrument %s cannot take %.100r (%s) with its attributes; this is not said again.",
                self.name,
                amount,
                type(amount).__name__,
            )


class _Adding(NativeInstrument):
    """A counter of either kind."""

    def add(self, amount: float, attributes: Attributes = None, context: Any = None) -> None:
        """Add to the series with these attributes."""
        native = self._native
        if native is not None:
            try:
                native.add(amount, _plain(attributes))
            except Exception:
                self._tell(amount)


class NativeCounter(_Adding, metrics.Counter):
    """A counter that only grows; what is negative is ignored and counted."""

    kind = "counter"


class NativeUpDownCounter(_Adding, metrics.UpDownCounter):
    """A counter that grows and shrinks."""

    kind = "up_down_counter"


class NativeHistogram(NativeInstrument, metrics.Histogram):
    """A distribution."""

    kind = "histogram"

    def record(self, amount: float, attributes: Attributes = None, context: Any = None) -> None:
        """Record a value in the series with these attributes."""
        native = self._native
        if native is not None:
            try:
                native.record(amount, _plain(attributes))
            except Exception:
                self._tell(amount)


class NativeGauge(NativeInstrument, metrics._Gauge):
    """A value that is set."""

    kind = "gauge"

    def set(self, amount: float, attributes: Attributes = None, context: Any = None) -> None:
        """Set the series with these attributes."""
        native = self._native
        if native is not None:
            try:
                native.set(amount, _plain(attributes))
            except Exception:
                self._tell(amount)


class NativeObservable(NativeInstrument):
    """An instrument whose values callbacks give when an export is due."""

    def __init__(
        self, name: str, callbacks: Iterable[Any] | None = None, unit: str = "", description: str = ""
    ) -> None:
        """Keep what the instrument is made from; the callbacks are first called when an export is due."""
        super().__init__(name, unit, description)
        self._callbacks: list[Callback] = []
        self.add_callbacks(callbacks or ())

    def add_callbacks(self, callbacks: Iterable[Any]) -> None:
        """Call these too."""
        self._callbacks.extend(Callback(given, self.name) for given in callbacks)

    def remove_callbacks(self, callbacks: Sequence[Any]) -> None:
        """Call these no longer; what they gave is gone."""
        for callback in list(self._callbacks):
            if callback.given in callbacks:
                self._callbacks.remove(callback)
                if self._native is not None:
                    self._native.observe(callback.number, [])

    def observe(self, timeout_s: float) -> None:
        """Run the callbacks, each for at most this long where it lets others run."""
        for callback in list(self._callbacks):
            native = self._native
            if native is None:
                return
            try:
                native.observe(callback.number, callback.observe(timeout_s))
            except Exception:
                self._tell(callback.given)


class NativeObservableCounter(NativeObservable, metrics.ObservableCounter):
    """A total that callbacks read."""

    kind = "observable_counter"


class NativeObservableUpDownCounter(NativeObservable, metrics.ObservableUpDownCounter):
    """A sum that callbacks read."""

    kind = "observable_up_down_counter"


class NativeObservableGauge(NativeObservable, metrics.ObservableGauge):
    """A value that callbacks read."""

    kind = "observable_gauge"
