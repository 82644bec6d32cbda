"""Metrics of OTLP as Python objects: series, and the points that were sent of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, DataPointFlags, Metric

#: Attributes in the order of their names.
Attributes = tuple[tuple[str, Any], ...]

CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA

_NO_RECORDED_VALUE = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK


@dataclass(frozen=True)
class Explicit:
    """Buckets with given upper bounds; the last one has none."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    def edges(self) -> Iterator[tuple[float, float, int]]:
        """Give each bucket: above what, up to what, and how many."""
        lower = (float("-inf"), *self.bounds)
        upper = (*self.bounds, float("inf"))
        yield from zip(lower, upper, self.counts, strict=True)

    def plus(self, other: Explicit) -> Explicit:
        assert self.bounds == other.bounds
        return Explicit(self.bounds, tuple(map(sum, zip(self.counts, other.counts, strict=True))))

    def falls_behind(self, earlier: Explicit) -> bool:
        """Whether a bucket has less than it had, or is another one."""
        pairs = zip(self.counts, earlier.counts, strict=False)
        return self.bounds != earlier.bounds or any(now < before for now, before in pairs)


@dataclass(frozen=True)
class Exponential:
    """Base-2 exponential buckets: index i holds what is in (base^i, base^(i+1)], base = 2^(2^-scale)."""

    scale: int
    zero_count: int
    counts: tuple[tuple[int, int], ...]

    @property
    def total(self) -> int:
        return self.zero_count + sum(count for _, count in self.counts)

    def bound(self, index: int) -> float:
        return float(2.0 ** (index * 2.0**-self.scale))

    def edges(self) -> Iterator[tuple[float, float, int]]:
        """Give each bucket: above what, up to what, and how many."""
        if self.zero_count:
            yield float("-inf"), 0.0, self.zero_count
        for index, count in self.counts:
            yield self.bound(index), self.bound(index + 1), count

    def at_scale(self, scale: int) -> Exponential:
        """Return the same with wider buckets."""
        merged: Counter[int] = Counter()
        for index, count in self.counts:
            merged[index >> (self.scale - scale)] += count
        return Exponential(scale, self.zero_count, tuple(sorted(merged.items())))

    def plus(self, other: Exponential) -> Exponential:
        scale = min(self.scale, other.scale)
        counts = Counter(dict(self.at_scale(scale).counts))
        counts.update(dict(other.at_scale(scale).counts))
        return Exponential(scale, self.zero_count + other.zero_count, tuple(sorted(counts.items())))

    def falls_behind(self, earlier: Exponential) -> bool:
        """Whether a bucket has less than it had; a coarser scale is no loss, a finer one cannot be known."""
        if self.scale > earlier.scale:
            return bool(earlier.counts)
        before = earlier.at_scale(self.scale)
        now = dict(self.counts)
        return self.zero_count < before.zero_count or any(now.get(index, 0) < count for index, count in before.counts)


@dataclass(frozen=True)
class Point:
    """One point; `value` is of sums and gauges, the others are of histograms."""

    start_ns: int
    time_ns: int
    #: It only says that the series has ended.
    is_end: bool
    value: float | None = None
    count: int = 0
    sum: float = 0.0
    min: float | None = None
    max: float | None = None
    buckets: Explicit | Exponential | None = None

    @property
    def is_zero(self) -> bool:
        return not self.value and self.count == 0

    def plus(self, other: Point) -> Point:
        """Return both together, as if recorded in one."""
        assert self.buckets is not None
        lows = [low for low in (self.min, other.min) if low is not None]
        highs = [high for high in (self.max, other.max) if high is not None]
        return replace(
            self,
            time_ns=max(self.time_ns, other.time_ns),
            count=self.count + other.count,
            sum=self.sum + other.sum,
            min=min(lows, default=None),
            max=max(highs, default=None),
            buckets=self.buckets.plus(other.buckets),  # type: ignore[arg-type]
        )


@dataclass(frozen=True)
class SeriesName:
    """What makes a series one and the same."""

    resource: Attributes
    scope: str
    metric: str
    attributes: Attributes

    def __str__(self) -> str:
        labels = ", ".join(f"{key}={value!r}" for key, value in self.attributes)
        return f"{self.metric}{{{labels}}} of {dict(self.resource).get('service.instance.id')}"


@dataclass(frozen=True)
class Shape:
    """What may not change between a metric's points."""

    kind: str
    unit: str
    temporality: int
    is_monotonic: bool


@dataclass
class Series:
    """A series with its points, in the order in which they came."""

    name: SeriesName
    shape: Shape
    points: list[Point] = field(default_factory=list)

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.name.attributes)

    @property
    def instance(self) -> str:
        """Which process sent it."""
        return str(dict(self.name.resource).get("service.instance.id"))

    @property
    def recorded(self) -> list[Point]:
        return [point for point in self.points if not point.is_end]

    @property
    def has_ended(self) -> bool:
        return bool(self.points) and self.points[-1].is_end

    def total(self) -> Point:
        """Return everything that a histogram was told: its last point, or the sum of its deltas."""
        recorded = self.recorded
        if self.shape.temporality == CUMULATIVE:
            return recorded[-1]
        whole = recorded[0]
        for point in recorded[1:]:
            whole = whole.plus(point)
        return whole

    def total_value(self) -> float:
        """Return everything that a counter was told."""
        values = [point.value or 0 for point in self.recorded]
        return values[-1] if self.shape.temporality == CUMULATIVE else sum(values)


def points_of(request: ExportMetricsServiceRequest) -> Iterator[tuple[SeriesName, Shape, Point]]:
    """Read all points of a request."""
    for in_resource in request.resource_metrics:
        resource = attributes_of(in_resource.resource.attributes)
        for in_scope in in_resource.scope_metrics:
            for metric in in_scope.metrics:
                shape, points = _metric(metric)
                for attributes, point in points:
                    yield SeriesName(resource, in_scope.scope.name, metric.name, attributes), shape, point


def attributes_of(pairs: Iterable[KeyValue]) -> Attributes:
    """Read attributes, each of which may stand once."""
    found = [(pair.key, _plain(pair.value)) for pair in pairs]
    assert len({key for key, _ in found}) == len(found), f"an attribute twice: {found}"
    return tuple(sorted(found))


def _plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return tuple(_plain(one) for one in value.array_value.values)
    return getattr(value, kind) if kind else None


def _metric(metric: Metric) -> tuple[Shape, list[tuple[Attributes, Point]]]:
    kind = metric.WhichOneof("data")
    assert kind in ("gauge", "sum", "histogram", "exponential_histogram"), f"{metric.name} is of kind {kind}"
    data = getattr(metric, kind)
    is_monotonic = bool(getattr(data, "is_monotonic", kind != "gauge"))
    shape = Shape(kind, metric.unit, getattr(data, "aggregation_temporality", 0), is_monotonic)
    read = {"gauge": _number, "sum": _number, "histogram": _explicit, "exponential_histogram": _exponential}[kind]
    return shape, [(attributes_of(point.attributes), read(point)) for point in data.data_points]


def _number(point: Any) -> Point:
    kind = point.WhichOneof("value")
    is_end = bool(point.flags & _NO_RECORDED_VALUE)
    assert kind or is_end, "a number without a value"
    value = None if is_end else getattr(point, kind)
    return Point(point.start_time_unix_nano, point.time_unix_nano, is_end, value=value)


def _explicit(point: Any) -> Point:
    buckets = Explicit(tuple(point.explicit_bounds), tuple(point.bucket_counts))
    return _histogram(point, buckets)


def _exponential(point: Any) -> Point:
    assert not any(point.negative.bucket_counts), "a time below zero"
    counts = enumerate(point.positive.bucket_counts, point.positive.offset)
    buckets = Exponential(point.scale, point.zero_count, tuple((index, count) for index, count in counts if count))
    return _histogram(point, buckets)


def _histogram(point: Any, buckets: Explicit | Exponential) -> Point:
    return Point(
        point.start_time_unix_nano,
        point.time_unix_nano,
        bool(point.flags & _NO_RECORDED_VALUE),
        count=point.count,
        sum=point.sum,
        min=point.min if point.HasField("min") else None,
        max=point.max if point.HasField("max") else None,
        buckets=buckets,
    )
