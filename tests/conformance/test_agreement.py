"""One run, one set of figures: OTLP, the store, its exports, `show`, the JSON file and Locust tell the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..end_to_end.launcher import Cluster, Launcher
from ..end_to_end.records import SUMMARY, file_records
from ..end_to_end.run_store import rows
from ..end_to_end.test_local import store_of
from ..end_to_end.versions import VERSION_IDS
from . import figures
from .export import EXPONENTIAL, Export, path
from .otlp_decoder import OtlpDecoder


def run(launcher: Launcher, export: Export, processes: str) -> str:
    """Run to the end, recorded in every way; returns what Locust says of it."""
    settings: dict[str, Any] = {"recorder": "json,otel,local", "variables": export.variables, "seconds": 5, "users": 12}
    options = [path("timed_shop.py"), *export.options, "--json"]
    if processes == "one":
        process = launcher.local(*options, **settings)
        process.wait()
        return process.stdout
    cluster = Cluster.headless(launcher, *options, **settings)
    cluster.wait()
    return cluster.master.stdout


def command(launcher: Launcher, name: str, *arguments: str) -> str:
    """Return what `locust-telemetry` prints of the only run."""
    process = launcher.run(name, [launcher.version.telemetry, *arguments])
    assert process.wait() == 0, process.stderr
    return process.stdout


@pytest.mark.parametrize("version", VERSION_IDS, indirect=True)
@pytest.mark.parametrize("processes", ["one", "several"])
def test_every_output_of_a_run_has_the_same_figures(launcher: Launcher, decoder: OtlpDecoder, processes: str) -> None:
    printed = run(launcher, Export(decoder.grpc_endpoint, aggregation=EXPONENTIAL), processes)
    stored = figures.of_store(store_of(launcher))
    assert {key.status for key in stored} >= {None, 200, 204, 404}

    exported = figures.of_otlp(decoder.books())
    assert exported.keys() == stored.keys()
    for key, (gained, scale) in exported.items():
        assert gained == figures.for_otlp(stored[key], scale), key

    endpoints = figures.by_endpoint(stored)
    assert figures.of_json_file(file_records(launcher.json_file)) == endpoints

    expected = {endpoint: figures.as_row(one) for endpoint, one in endpoints.items()}
    assert figures.of_rows(rows(store_of(launcher), "endpoints")) == expected
    as_json = json.loads(command(launcher, "export-json", "export", "@1", "--format", "json"))
    assert figures.of_rows(as_json["endpoints"]) == expected
    as_csv = command(launcher, "export-csv", "export", "@1", "--format", "csv")
    assert figures.of_csv(as_csv) == expected

    (stored_run,) = rows(store_of(launcher), "runs")
    (closing,) = [one for one in file_records(launcher.json_file) if one["telemetry_name"] == SUMMARY]
    length_s = figures.check_lengths(as_json, as_csv, stored_run, closing)
    assert 4.5 < length_s < 7, "the test runs for five seconds"

    shown = command(launcher, "show", "show", "@1")
    figures.check_shown(shown, endpoints)
    told = figures.told_length_and_rates(shown)
    assert told[1].keys() == endpoints.keys()
    summary = command(launcher, "summary", "summary", str(launcher.json_file))
    assert figures.told_length_and_rates(summary) == told, "the JSON file's are those of the store"
    figures.check_locust(printed, endpoints)
