"""The metrics that dashboards query: their names in Prometheus, their labels, and queries with known answers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..end_to_end.counts import Outcome
from .measured import Measured, Request, by_outcome, requests_in
from .otlp_points import Explicit
from .prometheus import NativeBuckets, Prometheus, Sample
from .request_series import check_bounds

_SUCCESS = "locust_tl_request_metric_success_milliseconds"
_ERROR = "locust_tl_request_metric_error_milliseconds"
_EVENTS = "locust_tl_event_test_events_total"
_USERS = "locust_tl_user_metric_count_ratio"
_CPU = "locust_tl_system_metric_cpu_percent"
_MEMORY = "locust_tl_system_metric_mem_bytes"
_NETWORK = "locust_tl_system_metric_network_bytes"

_SOURCE = {"source", "source_id"}
_RUN = {*_SOURCE, "run_id", "testplan"}
_REQUEST = {*_RUN, "metric", "endpoint", "method"}

#: Each name with the labels that all of its series have.
LABELS = {
    **{f"{_SUCCESS}_{part}": _REQUEST for part in ("count", "sum")},
    **{f"{_ERROR}_{part}": {*_REQUEST, "error_type"} for part in ("count", "sum")},
    f"{_SUCCESS}_bucket": {*_REQUEST, "le"},
    f"{_ERROR}_bucket": {*_REQUEST, "error_type", "le"},
    _EVENTS: {*_RUN, "event"},
    _USERS: _SOURCE,
    _CPU: _SOURCE,
    _MEMORY: _SOURCE,
    _NETWORK: {*_SOURCE, "direction"},
}

#: Labels that the way to Prometheus adds.
_ADDED = ("job", "instance", "otel_scope_")

#: Labels that only some series of a name have: of a response, and the events' own.
_SOMETIMES = {"status_code"}

#: Further back than any test began.
WITHIN = "10m"

QUANTILES = (0.5, 0.9, 0.95, 0.99)


@dataclass
class KnownRun:
    """A finished run whose figures are known without the package."""

    testplan: str
    users: int
    workers: int
    requests: list[Request] = field(default_factory=list)

    @classmethod
    def in_folder(cls, folder: Path, testplan: str, users: int, workers: int) -> KnownRun:
        return cls(testplan, users, workers, list(requests_in(folder)))

    @property
    def amid_s(self) -> float:
        """A moment at which all users were there for a while."""
        ended = sorted(request.ended_s for request in self.requests)
        return ended[len(ended) * 2 // 3]

    @property
    def timed(self) -> dict[Outcome, Measured]:
        return {outcome: one for outcome, one in by_outcome(self.requests).items() if one.count}

    def of_endpoints(self, failed: bool) -> dict[str, Measured]:
        """Put the requests together as dashboards do: by endpoint alone."""
        found: dict[str, Measured] = {}
        for request in self.requests:
            if request.failed == failed and request.elapsed_ms is not None:
                found.setdefault(request.name, Measured()).add(request)
        return found


def last(name: str, matching: str = "") -> str:
    """Return the query of the last sample of each series, ended or not."""
    return f"last_over_time({name}{{{matching}}}[{WITHIN}])"


def check_names_and_labels(prometheus: Prometheus, testplan: str) -> None:
    """Check that the metrics are there under their names, each series with its labels and no other."""
    missing = LABELS.keys() - prometheus.names()
    assert not missing, f"not there: {missing}"
    for name, labels in LABELS.items():
        found = prometheus.query(last(name))
        assert found, f"no sample of {name}"
        for sample in found:
            own = {label for label in sample.labels if not label.startswith(_ADDED)}
            assert labels <= own, f"{name} has {own}, not {labels}"
            assert name == _EVENTS or own <= labels | _SOMETIMES, f"{name} has {own}, more than {labels}"
            assert sample.labels["job"] == "locust_telemetry"
            assert sample.labels["instance"] == sample.labels["source_id"]
            assert sample.labels.get("testplan", testplan) == testplan
    assert len(prometheus.query(f"group by (run_id) ({last(_SUCCESS + '_count')})")) == 1


def check_counts(prometheus: Prometheus, run: KnownRun) -> None:
    """Check the counts, sums and buckets of each outcome."""
    for outcome, measured in run.timed.items():
        name, matching = (_ERROR if outcome.failed else _SUCCESS), _matching(outcome)
        count = only(prometheus.query(f"sum({last(f'{name}_count', matching)})"))
        assert count.value == measured.count, outcome
        total = only(prometheus.query(f"sum({last(f'{name}_sum', matching)})"))
        # Each time is rounded to a nanosecond, and the sum to a float.
        assert abs(total.value - float(measured.sum_ms)) <= measured.count * 1e-6 + 1e-9 * total.value, outcome
        buckets = prometheus.query(f"sum by (le) ({last(f'{name}_bucket', matching)})")
        check_bounds(outcome, _buckets(buckets), measured)
    for name, failed in ((_SUCCESS, False), (_ERROR, True)):
        found = by_label(prometheus.query(f"sum by (endpoint) ({last(name + '_count')})"), "endpoint")
        # An endpoint whose requests have no response times has a histogram of none.
        counts = {endpoint: count for endpoint, count in found.items() if count}
        assert counts == {endpoint: one.count for endpoint, one in run.of_endpoints(failed).items()}
    sources = by_label(prometheus.query(f"sum by (source_id) ({last(_SUCCESS + '_count')})"), "source_id")
    assert sources.keys() == {request.source_id for request in run.requests}


def check_quantiles(prometheus: Prometheus, run: KnownRun) -> None:
    """Check that `histogram_quantile` gives a time of the bucket in which the exact quantile is."""
    for endpoint, measured in run.of_endpoints(failed=False).items():
        matching = f"endpoint={quoted(endpoint)}"
        samples = prometheus.query(f"sum by (le) ({last(_SUCCESS + '_bucket', matching)})")
        buckets = _buckets(samples)
        for q in QUANTILES:
            query = f"histogram_quantile({q}, sum by (le) ({last(_SUCCESS + '_bucket', matching)}))"
            check_same_bucket(only(prometheus.query(query)).value, measured.quantiles_ms(q), buckets)


def check_same_bucket(estimate: float, exact: list[float], buckets: Explicit | NativeBuckets) -> None:
    """Check that both are in one bucket, whose bounds are certain to the 0.55 % to which times are kept."""
    for lower, upper, _ in buckets.edges():
        is_in = any(lower / 1.0055 <= one <= upper * 1.0055 for one in exact)
        # Prometheus says the highest bound for what is above all.
        if is_in and (lower <= estimate <= upper or (math.isinf(upper) and estimate == lower)):
            return
    raise AssertionError(f"{estimate} is estimated, {exact} exact")


def check_rates(prometheus: Prometheus, run: KnownRun) -> None:
    """Check that rates and increases are there while the run goes on, and that the increase is what came."""
    for name in (f"{_SUCCESS}_count", f"{_ERROR}_count"):
        rate = only(prometheus.query(f"sum(rate({name}[4s]))", run.amid_s))
        assert rate.value > 0
    for name in (_SUCCESS, _ERROR):
        rates = prometheus.query(f"sum by (le) (rate({name}_bucket[4s]))", run.amid_s)
        assert max(sample.value for sample in rates) > 0
        p95 = only(prometheus.query(f"histogram_quantile(0.95, sum by (le) (rate({name}_bucket[4s])))", run.amid_s))
        assert p95.value > 0
    for samples in prometheus.samples(f"{_SUCCESS}_count", WITHIN):
        check_increase(prometheus, samples)


def check_increase(prometheus: Prometheus, samples: list[Sample]) -> None:
    """Check what `increase` says of a counter at its last sample."""
    values = [sample.value for sample in samples]
    assert values == sorted(values), "a counter fell"
    labels = ",".join(f"{label}={quoted(value)}" for label, value in samples[0].labels.items())
    query = f"increase({_SUCCESS}_count{{{labels}}}[{WITHIN}])"
    increase = only(prometheus.query(query, samples[-1].at_s)).value
    # Prometheus reckons that as much came in the time before the first and after the last sample, or in a part of it.
    came = values[-1] - values[0]
    most = came * (1 + 2.2 / (len(values) - 1)) if values[0] else came * (1 + 1.1 / (len(values) - 1))
    assert came * (1 - 1e-9) <= increase <= most * (1 + 1e-9), (values, increase)


def check_gauges(prometheus: Prometheus, run: KnownRun) -> None:
    """Check users, CPU, memory and network of each process while the run goes on."""
    users = by_label(prometheus.query(_USERS, run.amid_s), "source_id")
    assert users.pop("master") == run.users
    workers = {f"worker-{index}" for index in range(run.workers)}
    assert users.keys() == workers
    assert sum(users.values()) == run.users
    everyone = {"master", *workers}
    cpu = by_label(prometheus.query(_CPU, run.amid_s), "source_id")
    assert cpu.keys() == everyone
    assert all(0 <= percent < 800 for percent in cpu.values()), cpu
    assert any(cpu.values())
    memory = by_label(prometheus.query(_MEMORY, run.amid_s), "source_id")
    assert memory.keys() == everyone
    assert all(20e6 < size < 1e9 for size in memory.values()), memory
    for direction in ("sent", "recv"):
        network = by_label(prometheus.query(f'{_NETWORK}{{direction="{direction}"}}', run.amid_s), "source_id")
        assert network.keys() == everyone
        assert all(size > 0 for size in network.values()), network


def check_events(prometheus: Prometheus, run: KnownRun) -> None:
    """Check that each moment of the run was counted once, by the master alone."""
    moments = ("locust.tl.event.test.start", "locust.tl.event.spawn.complete", "locust.tl.event.test.stop")
    for event in moments:
        sample = only(prometheus.query(f"sum by (source_id, testplan) ({last(_EVENTS, f'event={quoted(event)}')})"))
        assert sample.labels == {"source_id": "master", "testplan": run.testplan}
        assert sample.value == 1, event


def check_all(prometheus: Prometheus, run: KnownRun) -> None:
    """Check everything that people query."""
    check_names_and_labels(prometheus, run.testplan)
    check_counts(prometheus, run)
    check_quantiles(prometheus, run)
    check_rates(prometheus, run)
    check_gauges(prometheus, run)
    check_events(prometheus, run)


def check_births(prometheus: Prometheus) -> None:
    """Check that each counter begins at zero, so that `increase` and `rate` have its first requests.

    A page that is scraped has no past: what came before its first scrape is its first value.
    """
    for name in (f"{_SUCCESS}_count", f"{_SUCCESS}_sum", f"{_ERROR}_count", _EVENTS):
        births = {samples[0].value for samples in prometheus.samples(name, WITHIN)}
        assert births == {0}, name


def count_of_all(prometheus: Prometheus) -> float:
    """Return how many requests are there, 0 if none."""
    found = [prometheus.query(f"sum({last(name + '_count')})") for name in (_SUCCESS, _ERROR)]
    return sum(sample.value for samples in found for sample in samples)


def only(samples: list[Sample]) -> Sample:
    """Return the one sample of an answer."""
    assert len(samples) == 1, samples
    return samples[0]


def by_label(samples: Iterable[Sample], label: str) -> dict[str, float]:
    """Return the values by the value of a label, which is another in each."""
    found = [(sample.labels[label], sample.value) for sample in samples]
    assert len(dict(found)) == len(found), f"two series of one {label}: {found}"
    return dict(found)


def _matching(outcome: Outcome) -> str:
    status = "" if outcome.status is None else str(outcome.status)
    return f'endpoint={quoted(outcome.name)},method={quoted(outcome.method)},status_code="{status}"'


def quoted(value: str) -> str:
    """Return a label value as PromQL has it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _buckets(samples: list[Sample]) -> Explicit:
    """Turn Prometheus' cumulative buckets into those of each bound alone."""
    ordered = sorted((float(sample.labels["le"]), sample.value) for sample in samples)
    assert math.isinf(ordered[-1][0])
    counts, before = [], 0.0
    for _, value in ordered:
        counts.append(int(value - before))
        before = value
    return Explicit(tuple(bound for bound, _ in ordered[:-1]), tuple(counts))
