"""What people query in the real Prometheus is there under its name, and says what the workers did."""

from __future__ import annotations

import pytest

from ..end_to_end.launcher import Launcher, wait_until
from ..end_to_end.versions import VERSION_IDS
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

#: About 10 MB at once, when all begin and when all end.
NAMES = 6000

#: One scrape after the last export, on a busy machine.
_SCRAPED_WITHIN_S = 10.0


def run(launcher: Launcher, export: Export) -> KnownRun:
    export.cluster(launcher, workers=WORKERS, seconds=8, users=USERS).wait()
    return KnownRun.in_folder(launcher.folder, "timed_shop", USERS, WORKERS)


def check_ended(prometheus: Prometheus) -> None:
    """Check that nothing is shown any more."""
    still = [name for name in prometheus.names() if name.startswith("locust_") and prometheus.query(name)]
    assert not still, f"shown after the end of the run: {still}"


@pytest.mark.parametrize("version", VERSION_IDS, indirect=True)
def test_queries_of_what_prometheus_received_agree_with_what_was_done(
    launcher: Launcher, prometheus: Prometheus
) -> None:
    known = run(launcher, Export.to_prometheus(prometheus.otlp_endpoint))
    check_all(prometheus, known)
    check_births(prometheus)
    check_ended(prometheus)


def test_queries_of_what_prometheus_scraped_from_the_collector_agree_with_what_was_done(
    launcher: Launcher, collector: Collector, scraper: Prometheus
) -> None:
    known = run(launcher, Export(collector.grpc_endpoint, end_of_run="keep"))
    timed = sum(measured.count for measured in known.timed.values())
    wait_until("all requests in Prometheus", lambda: count_of_all(scraper) == timed, _SCRAPED_WITHIN_S)
    check_all(scraper, known)


def test_native_histograms_agree_with_what_was_done(launcher: Launcher, prometheus: Prometheus) -> None:
    known = run(launcher, Export.to_prometheus(prometheus.otlp_endpoint, EXPONENTIAL))
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


def test_prometheus_takes_more_series_than_one_request_holds(launcher: Launcher, prometheus: Prometheus) -> None:
    export = Export.to_prometheus(prometheus.otlp_endpoint)
    variables = {**export.variables, "NAMES_TO_FIRE": str(NAMES)}
    # On a machine that is busy Prometheus may take longer for as many new series than an end usually waits.
    options = [*export.options, "--lt-flush-timeout", "30"]
    local = launcher.local("many_names.py", *options, seconds=5, users=1, recorder="otel", variables=variables)
    local.wait()
    assert "all fired" in local.stdout
    name = "locust_tl_request_metric_success_milliseconds_count"
    assert only(prometheus.query(f"count({last(name)})")).value == NAMES
    assert only(prometheus.query(f"sum({last(name)})")).value == NAMES
    check_ended(prometheus)
