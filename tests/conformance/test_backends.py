"""The backends of these tests work by themselves: what is wrong in the other tests is then the recorder's doing."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest as MetricsRequest,
)

from ..end_to_end.launcher import wait_until
from .collector import Collector
from .otlp_decoder import OtlpDecoder
from .otlp_messages import BORN_NS, counter, end_of, histogram, request
from .otlp_sender import send
from .programs import promtool_program
from .prometheus import Prometheus

PROTOCOLS = pytest.mark.parametrize("protocol", ["grpc", "http/protobuf", "http/json"])


def messages() -> list[MetricsRequest]:
    return [request(histogram(0, [0, 0]), counter(0, 0)), request(histogram(1, [2, 1]), counter(1, 3))]


def moved_to_now(sent: list[MetricsRequest]) -> list[MetricsRequest]:
    """Move messages into the last seconds: Prometheus takes nothing from the future, nor from long ago."""
    shift_ns = time.time_ns() - 5_000_000_000 - BORN_NS
    for message in sent:
        for metric in message.resource_metrics[0].scope_metrics[0].metrics:
            for point in (*metric.histogram.data_points, *metric.sum.data_points):
                point.start_time_unix_nano += shift_ns
                point.time_unix_nano += shift_ns
    return sent


@PROTOCOLS
def test_the_decoder_keeps_what_it_is_sent(decoder: OtlpDecoder, protocol: str) -> None:
    for message in messages():
        send(protocol, decoder.endpoint(protocol), message)
    (series,) = decoder.books().check().of("latency")
    assert (series.total().count, series.total().sum) == (3, 7.0)
    assert len(decoder.ways) == 1


def test_the_decoder_tells_what_it_could_not_read(decoder: OtlpDecoder) -> None:
    headers = {"Content-Type": "application/x-protobuf"}
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(urllib.request.Request(f"{decoder.http_endpoint}/v1/metrics", b"\xff", headers))
    with pytest.raises(AssertionError, match="DecodeError"):
        decoder.books()


@PROTOCOLS
def test_the_collector_writes_down_what_it_is_sent(collector: Collector, protocol: str) -> None:
    for message in messages():
        send(protocol, collector.endpoint(protocol), message)
    books = collector.books().check()
    (latency,), (events,) = books.of("latency"), books.of("events")
    assert (latency.total().count, events.total_value()) == (3, 3)


def test_the_collector_drops_an_ended_series_from_its_page(collector: Collector) -> None:
    send("grpc", collector.grpc_endpoint, request(histogram(1, [2, 1])))
    wait_until("the series on the page", lambda: "latency_milliseconds_count" in collector.page())
    checked = subprocess.run([promtool_program(), "check", "metrics"], input=collector.page(), text=True, timeout=30)
    # 3 is for names that it would choose otherwise.
    assert checked.returncode in (0, 3)
    send("grpc", collector.grpc_endpoint, request(end_of(histogram(1, [2, 1]), 2)))
    wait_until("no series on the page", lambda: "latency_milliseconds_count" not in collector.page())


def test_prometheus_stores_what_it_is_sent(prometheus: Prometheus) -> None:
    for message in moved_to_now(messages()):
        send("http/protobuf", prometheus.otlp_endpoint, message)
    (sample,) = prometheus.query("latency_milliseconds_count")
    assert (sample.value, sample.labels["instance"]) == (3, "worker-0")


def test_debian_s_prometheus_scrapes_the_collector(collector: Collector, scraper: Prometheus) -> None:
    send("grpc", collector.grpc_endpoint, request(histogram(1, [2, 1]), counter(1, 3)))
    wait_until("a scraped sample", lambda: scraper.query("events_total"))
    (sample,) = scraper.query("latency_milliseconds_sum")
    assert (sample.value, sample.labels["instance"]) == (7, "worker-0")
