"""The native threads of a process, by name."""

from contextlib import suppress
from pathlib import Path


def thread_names(process: int | str = "self") -> list[str]:
    """Return the names of all threads that run now, in alphabetical order; of this process, or of another by its id."""
    names = []
    # One may end between the look and the reading.
    for name in Path(f"/proc/{process}/task").glob("*/comm"):
        with suppress(OSError):
            names.append(name.read_text().strip())
    return sorted(names)
