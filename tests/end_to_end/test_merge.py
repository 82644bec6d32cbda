"""The master has what its workers recorded, whatever happens on the way; what cannot be had is named."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from datetime import datetime

import pytest

from .counts import COUNT_AT_ONCE, counted_at_once
from .faketime import faketime_library
from .launcher import Cluster, Launcher, free_port, headless, wait_until
from .records import RECONCILIATION, Record, file_records, live_records, named, of_type, only
from .runs import check_cluster, files_of, requests_after_locust
from .seconds import by_second

READY = "locust.tl.event.worker.ready"
MISSING = "locust.tl.event.worker.missing"


def accounts(records: list[Record]) -> dict[str, Record]:
    """Return what the master says of each worker in the end."""
    return {account["source_id"]: account for account in only(named(records, RECONCILIATION))["workers"]}


def workers_of(records: list[Record], event: str) -> Counter[str]:
    """Return how often each worker had an event."""
    return Counter(record["worker"] for record in named(records, event))


def check_agreement(records: list[Record]) -> None:
    """Check that what was merged is what Locust counted, but for what came when Locust had stopped to listen."""
    reconciliation = only(named(records, RECONCILIATION))
    late = requests_after_locust(records)
    assert reconciliation["num_requests_recorded"] == reconciliation["num_requests_locust"] + late > 0
    assert reconciliation["num_failures_recorded"] > 0
    if not late:
        assert reconciliation["num_failures_recorded"] == reconciliation["num_failures_locust"]
        assert reconciliation["endpoints_differing"] == 0


def test_four_workers_merge_to_the_bit(launcher: Launcher) -> None:
    cluster = Cluster.headless(launcher, "shop.py", workers=4, seconds=5, users=8)
    cluster.wait()
    records = check_cluster(launcher, cluster.master, workers=4)["main"]
    check_agreement(records)
    assert {account["frames_lost"] for account in accounts(records).values()} == {0}
    lines = of_type(records, "worker")
    assert {line["worker"] for line in lines} == {f"worker-{index}" for index in range(4)}
    assert sum(line["num_requests"] for line in lines) == sum(gain.requests for gain in by_second(records).values())


def test_frames_that_meet_accidents_are_recovered_to_the_bit(launcher: Launcher) -> None:
    fates = ["keep", "drop", "double", "overtake", "truncate", "corrupt", "drop", "keep"]
    settings = {"variables": {"TAMPER": ",".join(fates)}}
    cluster = Cluster.headless(launcher, "tampered_shop.py", workers=4, seconds=7, users=8, **settings)
    cluster.wait()
    records = check_cluster(launcher, cluster.master, workers=4)["main"]
    check_agreement(records)
    happened = Counter(fate for path in launcher.folder.glob("fates-*.json") for fate in json.loads(path.read_text()))
    assert set(fates) <= set(happened), "not every accident happened"
    told = accounts(records).values()
    assert sum(account["frames_lost"] for account in told) == 0
    assert sum(account["frames_refused"] for account in told) >= happened["truncate"] + happened["corrupt"]
    assert sum(account["frames_replayed"] for account in told) >= happened["double"]
    assert sum(account["frames_resent"] for account in told) >= happened["drop"] - 4, "the last one may be unneeded"
    assert sum(account["frames_reordered"] + account["frames_resent"] for account in told) >= happened["overtake"]


def test_a_worker_that_is_killed_and_restarted_ten_times_is_never_counted_twice(launcher: Launcher) -> None:
    settings = {"variables": {COUNT_AT_ONCE: "1", "SHOP_WAIT_S": "0.3"}}
    # Else Locust gives users to some new workers only.
    cluster = Cluster.headless(launcher, "shop.py", "--enable-rebalancing", seconds=300, users=36, **settings)
    cluster.master.wait_for_users()
    for _ in range(10):
        worker = cluster.add_worker()
        counted = launcher.folder / f"at-once-{worker.pid}.jsonl"
        wait_until("requests of a new worker", lambda counted=counted: counted.exists() and counted.stat().st_size > 0)
        time.sleep(0.3)
        worker.send(signal.SIGKILL)
    killed = {f"worker-{index}" for index in range(2, 12)}
    # Others may be missing for a moment: to rebalance, Locust's master stops listening for a second each time.
    wait_until("ten lost workers", lambda: killed <= workers_of(live_records(launcher.json_file), MISSING).keys())
    cluster.master.send(signal.SIGTERM)
    cluster.master.wait()
    records = {source_id: file_records(path) for source_id, path in files_of(launcher.json_file).items()}
    main = records.pop("main")
    told = accounts(main)
    assert len(told) == 12
    # A frame holds whole seconds, each second; Locust's own last report of a killed worker has the begun one as well,
    # but may be three seconds old.
    reconciliation = only(named(main, RECONCILIATION))
    assert abs(reconciliation["num_requests_locust"] - reconciliation["num_requests_recorded"]) < 36 * 10
    causes = reconciliation["causes"]
    # Locust listens to its workers for half a second at its end, the package for longer.
    assert {cause["cause"] for cause in causes} <= {"frames_lost", "reports_lost", "after_locust"}
    assert {cause["worker"] for cause in causes if "worker" in cause} <= killed
    # What the master has of each is what it recorded before its last report, to the bit.
    expected = []
    for source_id, own in records.items():
        lost_from = told[source_id]["lost_from"]
        expected.append([line for line in own if lost_from is None or line.get("interval_start", "") < lost_from])
    reported = {source_id for source_id, account in told.items() if not account["silent"]}
    assert by_second(main) == by_second(*(own for own in expected if own and own[0]["source_id"] in reported))
    for source_id in killed:
        account = told[source_id]
        assert account["silent"] or account["lost_from"] is not None, account
    ready, missing = workers_of(main, READY), workers_of(main, MISSING)
    assert all(ready[source_id] == 1 for source_id in killed), ready
    assert all(missing[source_id] >= 1 for source_id in killed), missing


@pytest.mark.parametrize("skew_s", [-3.0, 0.7, 1200.0])
def test_a_worker_whose_clock_is_wrong_is_recorded_in_the_master_s_seconds(launcher: Launcher, skew_s: float) -> None:
    skewed = {
        COUNT_AT_ONCE: "1",
        "LD_PRELOAD": str(faketime_library()),
        "FAKETIME": f"{skew_s:+g}",
        # Sleeping goes by the other clock, which stays.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    cluster = Cluster(launcher, "shop.py", "--headless", "-u", "6", "-r", "6", "-t", "6s", "--expect-workers", "2")
    cluster.add_worker()
    wrong = cluster.add_worker(variables=skewed)
    cluster.wait()
    records = check_cluster(launcher, cluster.master, workers=2)["main"]
    check_agreement(records)
    counted = counted_at_once(launcher.folder, wrong.pid)
    source_id = counted[0].source_id
    lines = [line for line in of_type(records, "worker") if line["worker"] == source_id]
    clocks = [
        (line["clock_offset_ms"], line["clock_error_ms"]) for line in lines if line["clock_offset_ms"] is not None
    ]
    assert clocks
    for offset_ms, error_ms in clocks:
        assert abs(offset_ms + skew_s * 1000) <= error_ms < 50
    check_seconds([request.ended - skew_s for request in counted], lines)


def check_seconds(ended: list[float], lines: list[Record]) -> None:
    """Check that each second has the requests that ended in it, but for those close to its ends."""
    close_s = 0.15
    seconds = Counter(int(moment) for moment in ended)
    merged: Counter[int] = Counter()
    for line in lines:
        merged[_unix_s(line["interval_start"])] += line["num_requests"]
    assert sum(merged.values()) == len(ended)
    for second in seconds.keys() | merged.keys():
        close = sum(1 for moment in ended if min(abs(moment - second), abs(moment - second - 1)) < close_s)
        assert abs(seconds[second] - merged.get(second, 0)) <= close, (second, seconds, merged)


def _unix_s(rfc3339: str) -> int:
    return int(datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp())


def test_forked_workers_merge_to_the_bit(launcher: Launcher) -> None:
    port = str(free_port())
    bind = ["--processes", "4", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]
    parent = launcher.locust("parent", "shop.py", *bind, *headless(5, 8))
    parent.wait()
    wait_until("the end of the children", lambda: not parent.group_runs)
    check_agreement(check_cluster(launcher, parent, workers=4)["main"])
