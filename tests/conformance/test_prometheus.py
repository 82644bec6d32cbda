"""What people query in the real Prometheus is there under its name, and says what the workers did."""

from __future__ import annotations

from ..end_to_end.launcher import Launcher, wait_until
from .collector import Collector
from .contract import (
    QUANTILES,
    KnownRun,
    check_all,
    check_births,
    check_same_bucket,
    count_of_all,
    last,
    only,
    quoted,
)
from .export import EXPONENTIAL, Export
from .prometheus import Prometheus

USERS, WORKERS = 16, 4

#: One scrape after the last export, on a busy machine.
_SCRAPED_WITHIN_S = 10.0


def run(launcher: Launcher, export: Export) -> KnownRun:
    export.cluster(launcher, workers=WORKERS, seconds=8, users=USERS).wait()
    return KnownRun.in_folder(launcher.folder, "timed_shop", USERS, WORKERS)


def test_queries_of_what_prometheus_received_agree_with_what_was_done(
    launcher: Launcher, prometheus: Prometheus
) -> None:
    known = run(launcher, Export(prometheus.otlp_endpoint, "http/protobuf"))
    check_all(prometheus, known)
    check_births(prometheus)
    still = [name for name in prometheus.names() if name.startswith("locust_") and prometheus.query(name)]
    assert not still, f"shown after the end of the run: {still}"


def test_queries_of_what_prometheus_scraped_from_the_collector_agree_with_what_was_done(
    launcher: Launcher, collector: Collector, scraper: Prometheus
) -> None:
    known = run(launcher, Export(collector.grpc_endpoint, end_of_run="keep"))
    timed = sum(measured.count for measured in known.timed.values())
    wait_until("all requests in Prometheus", lambda: count_of_all(scraper) == timed, _SCRAPED_WITHIN_S)
    check_all(scraper, known)


def test_native_histograms_agree_with_what_was_done(launcher: Launcher, prometheus: Prometheus) -> None:
    known = run(launcher, Export(prometheus.otlp_endpoint, "http/protobuf", EXPONENTIAL))
    name = "locust_tl_request_metric_success_milliseconds"
    done = known.of_endpoints(failed=False)
    for endpoint, measured in done.items():
        query = f"sum({last(name, f'endpoint={quoted(endpoint)}')})"
        assert only(prometheus.query(f"histogram_count({query})")).value == measured.count
        total = only(prometheus.query(f"histogram_sum({query})")).value
        assert abs(total - float(measured.sum_ms)) <= measured.count * 1e-6 + 1e-9 * total
        buckets = prometheus.native_buckets(query)
        assert buckets.total == measured.count
        for q in QUANTILES:
            estimate = only(prometheus.query(f"histogram_quantile({q}, {query})")).value
            check_same_bucket(estimate, measured.quantiles_ms(q), buckets)
