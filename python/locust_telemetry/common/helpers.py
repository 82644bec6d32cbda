"""The documented helper functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeAlias

from locust_telemetry.core.events import TelemetryEventsEnum, TelemetryMetricsEnum

if TYPE_CHECKING:
    import psutil
    from locust.env import Environment
    from opentelemetry.metrics import Counter, Histogram, Meter, ObservableGauge

#: What the factories of instruments make.
InstrumentType: TypeAlias = "Counter | Histogram | ObservableGauge"

_BYTES_PER_MIB = 1024 * 1024


@dataclass
class InstrumentSpec:
    """What an OpenTelemetry instrument is made from."""

    metric: TelemetryEventsEnum | TelemetryMetricsEnum
    unit: str
    factory: Callable[..., Any]
    callbacks: list[Callable[..., Any]] | None = None
    #: What the instrument measures, for people.
    description: str = ""


def warmup_psutil(process: psutil.Process) -> None:
    """Take the base reading that `psutil` measures later CPU percentages against."""
    process.cpu_percent()
    process.memory_info()


def convert_bytes_to_mib(value: float) -> float:
    """Return bytes as mebibytes (1 MiB = 1,048,576 bytes)."""
    return value / _BYTES_PER_MIB


def format_utc(moment: datetime) -> str:
    """Return a UTC time as RFC 3339 with milliseconds and `Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def get_utc_time_with_buffer(seconds_buffer: int) -> str:
    """Return the time in `seconds_buffer` seconds, such as `2025-09-16T12:34:56.789Z`."""
    return format_utc(datetime.now(timezone.utc) + timedelta(seconds=seconds_buffer))


def add_percentiles(stats: dict[str, Any]) -> dict[str, Any]:
    """Rename Locust's two percentiles to `percentile_95` and `percentile_99`, in place.

    Keys like `response_time_percentile_0.95` become `percentile_95`; other percentiles that a user added to
    Locust's `PERCENTILES_TO_STATISTICS` follow the same pattern (`0.999` becomes `percentile_99_9`).
    """
    prefix = "response_time_percentile_"
    for key in [key for key in stats if key.startswith(prefix)]:
        percent = f"{float(key.removeprefix(prefix)) * 100:g}".replace(".", "_")
        stats[f"percentile_{percent}"] = stats.pop(key)
    return stats


def get_source_id(env: Environment) -> str:
    """Return `master`, `worker-<index>` or `local`; what the environment's runner is."""
    from locust_telemetry.core.role import source_id_of

    return source_id_of(env.runner)


def create_otel_histogram(meter: Meter, name: str, description: str, unit: str = "ms", **kwargs: Any) -> Histogram:
    """Return a histogram of the meter. Further keywords go to the meter: `explicit_bucket_boundaries_advisory`."""
    return meter.create_histogram(name=name, unit=unit, description=description, **kwargs)


def create_otel_observable_gauge(
    meter: Meter,
    name: str,
    description: str,
    unit: str = "1",
    callbacks: list[Callable[..., Any]] | None = None,
    **kwargs: Any,
) -> Any:
    """Return an observable gauge of the meter, whose values the callbacks give when an export is due."""
    return meter.create_observable_gauge(
        name=name, callbacks=callbacks or [], unit=unit, description=description, **kwargs
    )


def create_otel_counter(meter: Meter, name: str, description: str, unit: str = "1", **kwargs: Any) -> Counter:
    """Return a counter of the meter."""
    return meter.create_counter(name=name, unit=unit, description=description, **kwargs)
