"""The native threads of this process, by name."""

from contextlib import suppress
from pathlib import Path


def thread_names() -> list[str]:
    """Return the names of all threads that run now, in alphabetical order."""
    names = []
    for thread in Path("/proc/self/task").iterdir():
        # One may end between the look and the reading.
        with suppress(FileNotFoundError, ProcessLookupError):
            names.append((thread / "comm").read_text().strip())
    return sorted(names)
