"""Locust's web page as a browser uses it."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from .launcher import free_port, wait_until

_TIMEOUT_S = 20


class WebPage:
    """The page of a process that is started with `options`."""

    def __init__(self) -> None:
        port = free_port()
        self.options = ["--web-host", "127.0.0.1", "--web-port", str(port)]
        self.address = f"127.0.0.1:{port}"
        self._url = f"http://{self.address}"

    def wait(self) -> None:
        """Wait until it answers."""

        def look() -> bool:
            try:
                return "state" in self.stats()
            except (urllib.error.URLError, ConnectionError):
                return False

        wait_until("the web page answers", look)

    def start(self, users: int, **form: object) -> None:
        """Start a run."""
        fields = urllib.parse.urlencode({"user_count": users, "spawn_rate": users, **form})
        answer = json.loads(self._open("/swarm", fields.encode()))
        assert answer["success"], answer

    def stop(self) -> None:
        """Stop the run: by GET up to Locust 2.46, by POST from then on."""
        try:
            answer = self._open("/stop", b"")
        except urllib.error.HTTPError as error:
            assert error.code == 405, error
            answer = self._open("/stop", None)
        assert json.loads(answer)["success"], answer

    def stats(self) -> dict[str, Any]:
        """Return `/stats/requests`, which Locust renews every two seconds."""
        stats: dict[str, Any] = json.loads(self._open("/stats/requests", None))
        return stats

    def shown_figures(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Return requests and failures of each row, the total under `Aggregated`."""
        rows = self.stats()["stats"]
        return {(row["method"] or "", row["name"]): (row["num_requests"], row["num_failures"]) for row in rows}

    def _open(self, path: str, body: bytes | None) -> bytes:
        with urllib.request.urlopen(self._url + path, body, timeout=_TIMEOUT_S) as response:
            answer: bytes = response.read()
        return answer
