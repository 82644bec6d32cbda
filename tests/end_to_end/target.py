"""The HTTP target: what is loaded, and an independent count of what it answered."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from .versions import MissingProgram

_START_WITHIN_S = 10


class Target:
    """One running target. Several runs share it, so its counts are compared as differences."""

    def __init__(self, folder: Path) -> None:
        binary = os.environ.get("DEMO_TARGET", "")
        if not Path(binary).is_file():
            raise MissingProgram(f"DEMO_TARGET={binary!r} is no file; build it with `make target` and name it there.")
        output = folder / "target.out"
        with output.open("wb") as out:
            self._process = subprocess.Popen([binary, "--port", "0", "--exit-after", "3600"], stdout=out)
        try:
            self.url = self._announced(output)
        except BaseException:
            self.close()
            raise

    def _announced(self, output: Path) -> str:
        deadline = time.monotonic() + _START_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if said := re.search(r"^listening on (http://\S+)\n", output.read_text()):
                return said[1]
            time.sleep(0.02)
        raise AssertionError("the target did not say where it listens")

    def answered(self) -> int:
        """Return how many requests it has answered since it started."""
        with urllib.request.urlopen(f"{self.url}/counts", timeout=10) as response:
            counts: dict[str, dict[str, Any]] = json.load(response)
        return sum(sum(statuses.values()) for statuses in counts.values())

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
