"""Whether what a backend was sent is what the processes of a run did."""

from __future__ import annotations

from pathlib import Path

from . import measured
from .otlp_books import Books
from .request_series import ERROR, SUCCESS, UNTIMED, by_outcome, check_figures, request_series


def check_workers(books: Books, folder: Path, workers: int) -> None:
    """Check that each worker delivered what it did, under its own name."""
    series = request_series(books.check())
    done = measured.by_source(measured.requests_in(folder))
    assert done.keys() == {f"worker-{index}" for index in range(workers)}
    assert {one.attributes["source_id"] for one in series} == done.keys()
    for source_id, requests in done.items():
        own = [one for one in series if one.attributes["source_id"] == source_id]
        assert {one.instance for one in own} == {source_id}
        check_figures(by_outcome(own), measured.by_outcome(requests))
    check_run(books, folder)


def check_run(books: Books, folder: Path) -> None:
    """Check that all that was done is there, whoever sent it, as one run."""
    series = request_series(books.check())
    assert len({one.attributes["run_id"] for one in series}) == 1
    assert {one.attributes["testplan"] for one in series} == {"timed_shop"}
    done = measured.by_outcome(measured.requests_in(folder))
    check_figures(by_outcome(series), done)
    assert {outcome.status for outcome in done} >= {None, 200, 204, 404}
    assert {one.name.metric for one in series} == {SUCCESS, ERROR, UNTIMED}
