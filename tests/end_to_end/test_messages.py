"""What failed requests said is counted as often as Locust itself counts it, in one process and over workers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from .launcher import Cluster, Launcher
from .runs import check_cluster

#: Users for each run.
USERS = 6
ROUNDS = 6

Said = Counter[tuple[str, str, str]]


def said_by(folder: Path, kind: str) -> tuple[Said, Said]:
    """Return what was said in windows and by Locust, as one process of this kind has it, under our form of the text."""
    (path,) = folder.glob(f"messages-{kind}-*.json")
    found = json.loads(path.read_text())
    in_windows, of_locust = Counter(), Counter()
    for method, name, message, count in found["in_windows"]:
        in_windows[method, name, message] += count
    for method, name, message, count in found["of_locust"]:
        # Those that the locustfile makes need no more than this: escaped, and cut.
        message = message.replace("\t", "\\t")
        of_locust[method, name, message if len(message) <= 512 else message[:512] + "…"] += count
    return in_windows, of_locust


def check(in_windows: Said, of_locust: Said) -> None:
    """Check that both say the same, and all there is to be said."""
    assert in_windows == of_locust
    # Six endings, of which four fail, and five odd ones, of each user in each round.
    assert sum(in_windows.values()) == USERS * ROUNDS * (4 + 5)
    messages = " ".join(message for _, _, message in in_windows)
    assert "OddError(<object object at 0x....>)" in messages
    assert "CatchResponseError('not what was asked for')" in messages
    assert "404 Client Error: Not Found for url" in messages


def test_messages_of_one_process_are_those_of_locust(launcher: Launcher) -> None:
    local = launcher.local("messages.py", seconds=5, users=USERS, recorder="json,messages")
    assert local.wait() == 1
    check(*said_by(launcher.folder, "local"))


def test_messages_of_three_workers_are_merged_to_those_of_locust(launcher: Launcher) -> None:
    cluster = Cluster.headless(launcher, "messages.py", workers=3, seconds=6, users=USERS, recorder="json,messages")
    assert cluster.wait()[0] == 1
    check_cluster(launcher, cluster.master, workers=3)
    check(*said_by(launcher.folder, "master"))
