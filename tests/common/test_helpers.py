"""The documented helpers."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import psutil
import pytest
from locust_telemetry.common import helpers as h
from locust_telemetry.core.events import TelemetryMetricsEnum

from tests.locust_doubles import environment, local_runner, master_runner, worker_runner


def test_bytes_become_mebibytes() -> None:
    assert h.convert_bytes_to_mib(0) == 0
    assert h.convert_bytes_to_mib(1_572_864) == 1.5


@pytest.mark.parametrize("buffer_s", [0, 1, 3600, -1])
def test_a_time_with_a_buffer_is_that_much_later(buffer_s: int) -> None:
    before = datetime.now(timezone.utc)
    text = h.get_utc_time_with_buffer(buffer_s)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    lag = datetime.fromisoformat(text.replace("Z", "+00:00")) - before - timedelta(seconds=buffer_s)
    assert abs(lag) < timedelta(seconds=5)


def test_percentiles_get_friendly_names_in_place() -> None:
    stats = {"name": "/", "response_time_percentile_0.95": 10, "response_time_percentile_0.99": 20}
    assert h.add_percentiles(stats) is stats
    assert stats == {"name": "/", "percentile_95": 10, "percentile_99": 20}


@pytest.mark.parametrize(
    ("key", "name"),
    [("0.999", "percentile_99_9"), ("0.5", "percentile_50"), ("1.0", "percentile_100"), ("0.07", "percentile_7")],
)
def test_other_percentiles_follow_the_pattern(key: str, name: str) -> None:
    assert h.add_percentiles({f"response_time_percentile_{key}": None}) == {name: None}


def test_statistics_without_percentiles_stay() -> None:
    assert h.add_percentiles({}) == {}


def test_the_percentiles_of_locusts_own_statistics_are_renamed() -> None:
    from locust.stats import RequestStats

    stats = RequestStats()
    stats.log_request("GET", "/", 10, 100)
    figures = h.add_percentiles(dict(stats.total.to_dict()))
    assert {"percentile_95", "percentile_99"} <= set(figures)
    assert not [key for key in figures if key.startswith("response_time_percentile")]


@pytest.mark.parametrize(
    ("runner", "source_id"),
    [
        (master_runner(), "master"),
        (worker_runner(0), "worker-0"),
        (worker_runner(12), "worker-12"),
        (local_runner(), "local"),
        (None, "local"),
    ],
)
def test_source_ids(runner: object, source_id: str) -> None:
    assert h.get_source_id(environment(runner)) == source_id


def test_warming_up_makes_the_next_reading_a_real_one() -> None:
    process = psutil.Process()
    assert h.warmup_psutil(process) is None
    assert process.cpu_percent() >= 0


def test_an_instrument_spec_has_optional_callbacks() -> None:
    spec = h.InstrumentSpec(metric=TelemetryMetricsEnum.CPU, unit="%", factory=print)
    assert spec.callbacks is None
    assert h.InstrumentSpec(TelemetryMetricsEnum.CPU, "%", print, [print]).callbacks == [print]


def test_instruments_are_made_by_the_meter_they_are_given() -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    class Meter:
        def __getattr__(self, name: str) -> Any:
            return lambda **kwargs: asked.append((name, kwargs))

    meter: Any = Meter()
    h.create_otel_histogram(meter, "a", "What a is.", explicit_bucket_boundaries_advisory=[1.0])
    h.create_otel_counter(meter, "b", "What b is.")
    h.create_otel_observable_gauge(meter, "c", "What c is.", unit="By", callbacks=[print])
    h.create_otel_observable_gauge(meter, "d", "What d is.")
    assert asked == [
        (
            "create_histogram",
            {"name": "a", "unit": "ms", "description": "What a is.", "explicit_bucket_boundaries_advisory": [1.0]},
        ),
        ("create_counter", {"name": "b", "unit": "1", "description": "What b is."}),
        ("create_observable_gauge", {"name": "c", "unit": "By", "description": "What c is.", "callbacks": [print]}),
        ("create_observable_gauge", {"name": "d", "unit": "1", "description": "What d is.", "callbacks": []}),
    ]
