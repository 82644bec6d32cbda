"""A program that runs in the background of a test: it is waited for until it answers, and ended by its process id."""

from __future__ import annotations

import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from ..end_to_end.launcher import wait_until

#: Seconds until it must answer, and in which it must end when it is asked to.
_STARTS_WITHIN_S = 30.0
_ENDS_WITHIN_S = 10.0


class Service:
    """One running program with a log file of its own."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_for(self, url: str) -> None:
        """Wait until it answers there with 200; ends it if it does not."""

        def answers() -> bool:
            assert self._process.poll() is None, f"{self.name} ended:\n{self.log[-3000:]}"
            try:
                with urllib.request.urlopen(url, timeout=2) as response:
                    return bool(response.status == 200)
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                return False

        try:
            wait_until(f"{self.name} answers at {url}", answers, _STARTS_WITHIN_S)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it, asking first."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
