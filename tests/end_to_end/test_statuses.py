"""A request is recorded with the status that it had, and with the failure that it was, whichever client made it."""

from __future__ import annotations

import pytest

from .launcher import Launcher
from .records import file_records, of_type
from .runs import check_local

#: By ending: the status, and the type of the error.
EXPECTED = {
    "missing": (404, "HTTPError"),
    "broken": (500, "HTTPError"),
    "refused": (None, "ConnectionRefusedError"),
    "missing as it should": (404, None),
    "wrong content": (200, "CatchResponseError"),
    "empty": (204, None),
}


@pytest.fixture
def endings(launcher: Launcher) -> dict[str, set[tuple[int | None, str | None]]]:
    """The recorded statuses and errors of each request name."""
    local = launcher.local("statuses.py")
    assert local.wait() == 1
    check_local(launcher, local)
    endings: dict[str, set[tuple[int | None, str | None]]] = {}
    for line in of_type(file_records(launcher.json_file), "interval"):
        found = endings.setdefault(line["name"], set())
        found.update((outcome["status"], outcome["error_type"]) for outcome in line["outcomes"])
    return endings


def test_both_clients_record_the_same_status_and_error_for_every_ending(
    endings: dict[str, set[tuple[int | None, str | None]]],
) -> None:
    expected = {f"{client} {ending}": {outcome} for ending, outcome in EXPECTED.items() for client in ("http", "fast")}
    assert endings == expected
