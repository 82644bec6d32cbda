"""A worker that loses its master ends as it would without telemetry, and what it recorded is complete."""

from __future__ import annotations

import pytest

from .counts import counted
from .records import file_records
from .runs import check_requests, files_of
from .twins import TwinRun

#: After this long without its master, a worker of Locust's ends; it looks once a second.
_MASTER_IS_MISSED_AFTER_S = 60.0


@pytest.mark.slow
def test_a_worker_whose_master_was_killed_ends_by_itself_and_is_complete(orphans: TwinRun) -> None:
    _, worker = orphans.twins
    # Each report clears what decides a worker's status: it is 1 only if a request has failed since the last one.
    worker.check_end(_MASTER_IS_MISSED_AFTER_S + 30, same_status=False)
    records = file_records(files_of(orphans.recorded.json_file)["worker-0"])
    check_requests(records, counted(orphans.recorded.folder)["worker-0"])
