"""The books find each defect that they are there to find: a check that cannot fail proves nothing."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest as MetricsRequest,
)

from .otlp_books import Books
from .otlp_json import read_json
from .otlp_messages import BORN_NS, SECOND_NS, counter, end_of, histogram, request
from .otlp_points import DELTA, Exponential

ZERO = request(histogram(0, [0, 0]))


def delta(start: float, second: float, counts: list[int]) -> MetricsRequest:
    starts = BORN_NS + int(start * SECOND_NS)
    return request(histogram(second, counts, temporality=DELTA, start_time_unix_nano=starts))


def test_a_series_as_it_should_be_has_no_fault() -> None:
    books = Books(
        [ZERO, request(histogram(1, [2, 1])), request(histogram(2, [2, 4])), request(end_of(histogram(2, [2, 4]), 3))]
    ).check()
    (series,) = books.of("latency")
    assert series.has_ended
    assert (series.total().count, series.total().sum) == (6, 22.0)


@pytest.mark.parametrize(
    ("requests", "fault"),
    [
        ([request(histogram(1, [2, 1]))], "is not zero when it is born"),
        ([ZERO, request(histogram(1, [2, 1])), request(histogram(2, [2, 0]))], "falls from"),
        ([ZERO, request(histogram(1, [2, 1])), request(histogram(2, [1, 2], sum=99, max=90))], "a bucket falls"),
        ([ZERO, request(histogram(1, [2, 1], start_time_unix_nano=BORN_NS + 5))], "its start changes"),
        ([ZERO, request(histogram(1, [2, 1])), request(histogram(1, [2, 1]))], "came after one at"),
        ([ZERO, request(histogram(1, [2, 1])), request(histogram(1.0004, [2, 1]))], "cannot tell apart"),
        ([ZERO, request(end_of(histogram(1, [0, 0]), 1)), request(histogram(2, [0, 0]))], "goes on after its end"),
        ([ZERO, request(histogram(1, [2, 1], count=4))], "4 recorded, 3 in its buckets"),
        ([ZERO, request(histogram(1, [2, 1], sum=70))], "a sum of 70.0 from 3"),
        ([ZERO, request(histogram(1, [0, 0], sum=1))], "of nothing"),
        ([request(histogram(1, [0, 0]), histogram(1, [0, 0]))], "twice in a request"),
        ([request(histogram(0, [0, 0]), histogram(1, [0, 0]))], "two metrics of a name"),
        ([ZERO, request(counter(1, 0, name="latency"))], "is Shape(kind='sum'"),
        ([request(counter(0, 1))], "is not zero when it is born"),
        ([request(counter(0, 0)), request(counter(1, 2)), request(counter(2, 1))], "falls from"),
        ([delta(0, 1, [1, 0]), delta(0.5, 2, [1, 0])], "overlaps"),
        ([delta(0, 1, [1, 0]), delta(1.5, 2, [1, 0])], "a gap"),
        ([request(histogram(1, [0, 0], start_time_unix_nano=0))], "without a start"),
    ],
)
def test_a_defect_is_a_fault(requests: list[MetricsRequest], fault: str) -> None:
    found = Books(requests).faults
    assert any(fault in one for one in found), found


def test_the_same_series_of_two_processes_is_two_series() -> None:
    books = Books([request(histogram(0, [0, 0]), instance=instance) for instance in ("worker-0", "worker-1")])
    assert len(books.check().of("latency")) == 2


def test_deltas_add_up() -> None:
    (series,) = Books([delta(0, 1, [1, 0]), delta(1, 2, [0, 2])]).check().of("latency")
    assert (series.total().count, series.total().min, series.total().max) == (3, 1.0, 5.0)


def test_a_coarser_scale_is_no_loss_and_a_lost_count_is() -> None:
    fine = Exponential(6, 1, ((10, 2), (11, 3), (20, 1)))
    assert not fine.at_scale(5).falls_behind(fine)
    assert Exponential(5, 1, ((5, 4), (10, 1))).falls_behind(fine)
    assert fine.plus(Exponential(5, 0, ((5, 1),))) == Exponential(5, 1, ((5, 6), (10, 1)))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"resource_metrics": []}', "lower camel case"),
        (
            '{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"sum": {"aggregationTemporality": "X"}}]}]}]}',
            "number",
        ),
        (
            '{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"sum": {"dataPoints": [{"asInt": 1}]}}]}]}]}',
            "decimal string",
        ),
    ],
)
def test_json_that_is_not_as_specified_is_refused(text: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        read_json(text, MetricsRequest())
