"""Small OTLP messages for the tests of the tests, made with `opentelemetry-proto`."""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, NumberDataPoint

from .otlp_points import CUMULATIVE

#: A moment in Unix nanoseconds at which every series here begins.
BORN_NS = 1_800_000_000_000_000_000
SECOND_NS = 1_000_000_000


def attribute(key: str, value: str | int) -> KeyValue:
    """Return one attribute."""
    return KeyValue(
        key=key, value=AnyValue(string_value=value) if isinstance(value, str) else AnyValue(int_value=value)
    )


def request(*metrics: Metric, instance: str = "worker-0") -> ExportMetricsServiceRequest:
    """Return a request of one process."""
    made = ExportMetricsServiceRequest()
    in_resource = made.resource_metrics.add()
    in_resource.resource.attributes.append(attribute("service.name", "locust_telemetry"))
    in_resource.resource.attributes.append(attribute("service.instance.id", instance))
    in_scope = in_resource.scope_metrics.add()
    in_scope.scope.name = "locust_telemetry"
    in_scope.metrics.extend(metrics)
    return made


def histogram(second: float, counts: list[int], *, name: str = "latency", **changes: Any) -> Metric:
    """Return a histogram with bounds 1 and 10, whose times are 1 ms in the first bucket and 5 ms in the second."""
    metric = Metric(name=name, unit="ms")
    metric.histogram.aggregation_temporality = changes.pop("temporality", CUMULATIVE)
    point = metric.histogram.data_points.add()
    point.start_time_unix_nano = BORN_NS
    point.time_unix_nano = BORN_NS + int(second * SECOND_NS)
    point.explicit_bounds.extend([1.0, 10.0])
    point.bucket_counts.extend([*counts, 0])
    point.count = sum(counts)
    point.sum = counts[0] * 1.0 + counts[1] * 5.0
    if point.count:
        point.min, point.max = (1.0 if counts[0] else 5.0), (5.0 if counts[1] else 1.0)
    for key, value in changes.items():
        setattr(point, key, value)
    return metric


def counter(second: float, value: float, *, name: str = "events", is_monotonic: bool = True) -> Metric:
    """Return a counter."""
    metric = Metric(name=name, unit="1")
    metric.sum.aggregation_temporality = CUMULATIVE
    metric.sum.is_monotonic = is_monotonic
    at_ns = BORN_NS + int(second * SECOND_NS)
    metric.sum.data_points.append(NumberDataPoint(start_time_unix_nano=BORN_NS, time_unix_nano=at_ns, as_double=value))
    return metric


def end_of(metric: Metric, second: float) -> Metric:
    """Return the end marker of a histogram."""
    ended = histogram(second, [0, 0], name=metric.name, flags=1)
    del ended.histogram.data_points[0].bucket_counts[:]
    del ended.histogram.data_points[0].explicit_bounds[:]
    return ended
