"""The entry to OpenTelemetry for recorders: the registry of instruments, and the set-up of the export.

`configure_otel` makes the exporter of the process once: called again, for another run or another environment, it finds
the one that is there. Instruments that anybody makes with `opentelemetry.metrics.get_meter()` leave through it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from locust_telemetry.recorders.otel.exceptions import OtelMetricAlreadyRegisteredError, OtelMetricNotRegisteredError
from locust_telemetry.recorders.otel.instruments import NativeObservable

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

    from locust_telemetry.common.helpers import InstrumentSpec
    from locust_telemetry.core.events import TelemetryEventsEnum, TelemetryMetricsEnum


class InstrumentRegistry:
    """Makes instruments with any meter of the OpenTelemetry API, each once, and finds them again."""

    def __init__(self, meter: Meter) -> None:
        """Begin without instruments; `meter` makes them."""
        self.meter = meter
        #: Whether a recorder records each request itself: windows then become no metrics of requests.
        self.takes_single_requests = False
        self._instruments: dict[Any, Any] = {}
        self._specs: list[InstrumentSpec] = []

    def extend(self, items: Sequence[InstrumentSpec]) -> None:
        """Make and register instruments.

        Raises OtelMetricAlreadyRegisteredError (a ValueError) where a metric has one already, or stands twice; none of
        the items is registered then.
        """
        keys = [item.metric for item in items]
        for position, key in enumerate(keys):
            if key in self._instruments or key in keys[:position]:
                raise OtelMetricAlreadyRegisteredError(f"The metric {_name_of(key)} has an instrument already.")
        for item in items:
            callbacks = {} if item.callbacks is None else {"callbacks": item.callbacks}
            self._instruments[item.metric] = item.factory(
                meter=self.meter,
                name=_name_of(item.metric),
                description=item.description,
                unit=item.unit,
                **callbacks,
            )
            self._specs.append(item)

    def get(self, key: TelemetryEventsEnum | TelemetryMetricsEnum) -> Any:
        """Return the instrument of a metric, or None if it has none."""
        return self._instruments.get(key)

    def require(self, key: TelemetryEventsEnum | TelemetryMetricsEnum) -> Any:
        """Return the instrument of a metric; raises OtelMetricNotRegisteredError if it has none."""
        instrument = self._instruments.get(key)
        if instrument is None:
            raise OtelMetricNotRegisteredError(
                f"The metric {_name_of(key)} has no instrument; add an InstrumentSpec to a handler's `instruments`."
            )
        return instrument

    def close(self) -> None:
        """Forget the instruments, and let those of the package call the callbacks no longer."""
        for spec in self._specs:
            instrument = self._instruments.get(spec.metric)
            if spec.callbacks and isinstance(instrument, NativeObservable):
                instrument.remove_callbacks(spec.callbacks)
        self._instruments, self._specs = {}, []


def _name_of(key: Any) -> str:
    return str(getattr(key, "value", key))


def configure_otel(environment: Any) -> Any:
    """Set the export of this process up for an environment, and return it.

    Makes the exporter from the environment's options and the standard `OTEL_*` variables, unless the process has one;
    makes the native provider of meters the global one, unless somebody else has set one; attaches `otel_meter` and
    `otel_registry`. On a worker whose master exports for it there is no exporter, and instruments do nothing.

    Export begins here, on a worker with its first test, and ends with the recording of the environment; where there is
    none, with the process.

    Raises OptionError (a ValueError), with one line for the user, for an endpoint, a variable or a certificate that
    cannot be used.
    """
    from locust_telemetry.recorders.otel.export_side import leaves_export_to_master
    from locust_telemetry.recorders.otel.lease import Lease

    lease = Lease.of(environment)
    if not leaves_export_to_master(environment, lease.options):
        lease.open()
    lease.begin_when_due()
    return environment
