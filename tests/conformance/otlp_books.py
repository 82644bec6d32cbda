"""The books of a backend: everything that it was sent, put together by series and checked against the data model.

Independent of the package and of the OpenTelemetry SDK: messages are read with `opentelemetry-proto` alone. The rules
are those of the metrics data model of OpenTelemetry, and the stricter ones that the recorder promises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from .otlp_points import CUMULATIVE, DELTA, Explicit, Point, Series, SeriesName, Shape, points_of

#: Relative error of a sum of floats that is compared with a product.
_ROUNDING = 1e-9

#: Prometheus keeps milliseconds.
_NS_PER_MS = 1_000_000


class Books:
    """The series of some requests, in the order in which the requests came."""

    def __init__(self, requests: Iterable[ExportMetricsServiceRequest]) -> None:
        self._series: dict[SeriesName, Series] = {}
        #: What broke a rule, in words.
        self.faults: list[str] = []
        for request in requests:
            self._take(request)
        for series in self._series.values():
            self.faults += [f"{series.name}: {fault}" for fault in faults_of(series)]

    def _take(self, request: ExportMetricsServiceRequest) -> None:
        points = list(points_of(request))
        twice = [name for (name, _), count in Counter((name, p.time_ns) for name, _, p in points).items() if count > 1]
        self.faults += [f"{name}: twice in a request" for name in twice]
        for in_resource in request.resource_metrics:
            for in_scope in in_resource.scope_metrics:
                names = Counter(metric.name for metric in in_scope.metrics)
                self.faults += [f"{name}: two metrics of a name in a request" for name, n in names.items() if n > 1]
        shapes: dict[tuple[object, str, str], Shape] = {}
        for name, shape, point in points:
            series = self._series.setdefault(name, Series(name, shape))
            first = shapes.setdefault((name.resource, name.scope, name.metric), series.shape)
            if shape not in (first, series.shape):
                self.faults.append(f"{name}: was {series.shape}, is {shape}")
            series.points.append(point)

    def check(self) -> Books:
        """Fail with the first rules that were broken; returns itself."""
        assert self._series, "nothing was sent"
        assert not self.faults, f"{len(self.faults)} faults:\n" + "\n".join(self.faults[:20])
        return self

    def of(self, metric: str, **attributes: object) -> list[Series]:
        """Return the series of a metric that have these attributes, among others."""
        return [
            series
            for series in self._series.values()
            if series.name.metric == metric and attributes.items() <= series.attributes.items()
        ]

    def metrics(self) -> dict[str, Shape]:
        """Return all metrics."""
        return {series.name.metric: series.shape for series in self._series.values()}

    def __iter__(self) -> Iterator[Series]:
        return iter(self._series.values())


def faults_of(series: Series) -> Iterator[str]:
    """Say what is wrong with the points of a series."""
    if series.shape.kind != "gauge" and series.shape.temporality not in (CUMULATIVE, DELTA):
        yield f"its temporality is {series.shape.temporality}"
    for point in series.points:
        yield from _faults_of_point(point, series.shape)
    for before, after in pairwise(series.points):
        # A gauge has no start: the next run of the same process may say more.
        if before.is_end and series.shape.kind != "gauge":
            yield "goes on after its end"
        if after.time_ns // _NS_PER_MS <= before.time_ns // _NS_PER_MS:
            yield f"a point at {after.time_ns} came after one at {before.time_ns}, which Prometheus cannot tell apart"
    if series.shape.temporality == CUMULATIVE:
        yield from _cumulative_faults(series)
    elif series.shape.temporality == DELTA:
        yield from _delta_faults(series)


def _faults_of_point(point: Point, shape: Shape) -> Iterator[str]:
    if point.time_ns < point.start_ns or point.time_ns == 0:
        yield f"a point at {point.time_ns} that starts at {point.start_ns}"
    if shape.kind != "gauge" and point.start_ns == 0:
        yield "a point without a start"
    if point.is_end:
        if point.count or point.value:
            yield "an end that says a value"
        return
    buckets = point.buckets
    if buckets is None:
        return
    if isinstance(buckets, Explicit):
        if len(buckets.counts) != len(buckets.bounds) + 1:
            yield f"{len(buckets.counts)} buckets for {len(buckets.bounds)} bounds"
        if list(buckets.bounds) != sorted(set(buckets.bounds)):
            yield f"bounds that do not rise: {buckets.bounds}"
    if buckets.total != point.count:
        yield f"{point.count} recorded, {buckets.total} in its buckets"
    if point.count == 0:
        if point.sum or point.min is not None or point.max is not None:
            yield "a sum, minimum or maximum of nothing"
        return
    if point.min is None or point.max is None:
        yield "no minimum or maximum"
    else:
        lowest, highest = point.min * point.count, point.max * point.count
        if not lowest - _ROUNDING * highest <= point.sum <= highest * (1 + _ROUNDING):
            yield f"a sum of {point.sum} from {point.count} between {point.min} and {point.max}"


def _cumulative_faults(series: Series) -> Iterator[str]:
    if len({point.start_ns for point in series.points}) > 1:
        yield f"its start changes: {sorted({point.start_ns for point in series.points})}"
    recorded = series.recorded
    if not series.shape.is_monotonic:
        return
    if not recorded:
        yield "never a value"
    elif not recorded[0].is_zero:
        yield "is not zero when it is born"
    for before, after in pairwise(recorded):
        if (after.value or 0) < (before.value or 0) or after.count < before.count or after.sum < before.sum:
            yield f"falls from {before} to {after}"
        elif after.buckets is not None and after.buckets.falls_behind(before.buckets):  # type: ignore[arg-type]
            yield f"a bucket falls from {before} to {after}"
        elif _narrower(after, before):
            yield f"its minimum rises or its maximum falls from {before} to {after}"


def _narrower(after: Point, before: Point) -> bool:
    """Whether what was seen before is beyond the later minimum or maximum."""
    if before.min is None or before.max is None or after.min is None or after.max is None:
        return False
    return after.min > before.min or after.max < before.max


def _delta_faults(series: Series) -> Iterator[str]:
    for before, after in pairwise(series.recorded):
        if after.start_ns < before.time_ns:
            yield f"overlaps: {before.start_ns} to {before.time_ns}, then {after.start_ns} to {after.time_ns}"
        elif after.start_ns > before.time_ns:
            yield f"a gap: {before.start_ns} to {before.time_ns}, then {after.start_ns} to {after.time_ns}"
