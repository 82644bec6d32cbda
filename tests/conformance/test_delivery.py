"""What reaches a backend is what the workers did: to the request, and to the nanosecond."""

from __future__ import annotations

from typing import Any

import pytest

from ..end_to_end.launcher import Launcher
from ..end_to_end.versions import VERSION_IDS
from .collector import Collector
from .delivery import check_run, check_workers
from .export import EXPLICIT, EXPONENTIAL, Export
from .otlp_decoder import OtlpDecoder
from .otlp_points import CUMULATIVE, DELTA
from .request_series import SUCCESS

#: What each protocol is on the wire.
WAYS = {"grpc": "grpc", "http/protobuf": "application/x-protobuf", "http/json": "application/json"}

WORKERS = 4


def run(launcher: Launcher, export: Export, **more: Any) -> None:
    cluster = export.cluster(launcher, workers=WORKERS, seconds=6, users=16, **more)
    cluster.wait()


@pytest.mark.parametrize("protocol", WAYS)
@pytest.mark.parametrize("aggregation", [EXPLICIT, EXPONENTIAL], ids=["explicit", "exponential"])
def test_each_worker_delivers_what_it_did(
    launcher: Launcher, decoder: OtlpDecoder, protocol: str, aggregation: str
) -> None:
    run(launcher, Export(decoder.endpoint(protocol), protocol, aggregation))
    books = decoder.books()
    check_workers(books, launcher.folder, WORKERS)
    kind = "histogram" if aggregation == EXPLICIT else "exponential_histogram"
    assert (books.metrics()[SUCCESS].kind, books.metrics()[SUCCESS].temporality) == (kind, CUMULATIVE)
    assert decoder.ways == {WAYS[protocol]}
    assert all("OTel-OTLP-Exporter-Rust/" in agent for agent in decoder.user_agents), decoder.user_agents
    alive = [str(series.name) for series in books if not series.has_ended]
    assert not alive, f"did not end with the run: {alive}"


@pytest.mark.parametrize("aggregation", [EXPLICIT, EXPONENTIAL], ids=["explicit", "exponential"])
def test_deltas_add_up_to_what_was_done(launcher: Launcher, decoder: OtlpDecoder, aggregation: str) -> None:
    run(launcher, Export(decoder.grpc_endpoint, aggregation=aggregation, temporality="delta"))
    books = decoder.books()
    check_workers(books, launcher.folder, WORKERS)
    assert books.metrics()[SUCCESS].temporality == DELTA


@pytest.mark.parametrize("aggregation", [EXPLICIT, EXPONENTIAL], ids=["explicit", "exponential"])
def test_the_master_alone_delivers_what_its_workers_did(
    launcher: Launcher, decoder: OtlpDecoder, aggregation: str
) -> None:
    run(launcher, Export(decoder.grpc_endpoint, aggregation=aggregation, export_from="master"))
    books = decoder.books().check()
    check_run(books, launcher.folder)
    assert {series.instance for series in books} == {"master"}


@pytest.mark.parametrize("protocol", WAYS)
def test_the_collector_receives_what_the_workers_did(launcher: Launcher, collector: Collector, protocol: str) -> None:
    run(launcher, Export(collector.endpoint(protocol), protocol, EXPONENTIAL))
    check_workers(collector.books(), launcher.folder, WORKERS)


@pytest.mark.parametrize("version", VERSION_IDS, indirect=True)
def test_a_run_in_one_process_is_delivered(launcher: Launcher, decoder: OtlpDecoder) -> None:
    Export(decoder.grpc_endpoint).local(launcher, seconds=4).wait()
    books = decoder.books().check()
    check_run(books, launcher.folder)
    assert {series.instance for series in books} == {"local"}


def test_series_that_are_kept_have_no_end(launcher: Launcher, decoder: OtlpDecoder) -> None:
    Export(decoder.grpc_endpoint, end_of_run="keep").local(launcher, seconds=3).wait()
    books = decoder.books().check()
    check_run(books, launcher.folder)
    assert not [str(series.name) for series in books if series.has_ended]
