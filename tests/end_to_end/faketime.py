"""Where the library is that gives a process a wrong clock (Debian's `libfaketime`)."""

from __future__ import annotations

import os
from pathlib import Path

from .versions import MissingProgram

#: The variable that says it; `make test-python` fetches the library and sets it.
FAKETIME_LIBRARY = "FAKETIME_LIBRARY"


def faketime_library() -> Path:
    """Return its path; raises MissingProgram where it is not there."""
    path = Path(os.environ.get(FAKETIME_LIBRARY, ""))
    if not path.is_file():
        raise MissingProgram(f"{FAKETIME_LIBRARY} names no file; `make test-python` fetches libfaketime.")
    return path
