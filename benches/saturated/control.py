"""How the experiment steers a running Locust: a small file that it reads again and again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple


class Control(NamedTuple):
    """What Locust is to do at the moment."""

    #: How many users; None ends the test.
    users: int | None
    burn_ms: float = 0.0
    burns_per_second: float = 0.0

    def write(self, path: Path) -> None:
        """Replace the file at once: no reader sees half of it."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(self))
        os.replace(new, path)

    @classmethod
    def read(cls, path: Path) -> Control:
        """Return what the file says."""
        return cls(*json.loads(path.read_text()))
