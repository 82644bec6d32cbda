"""A small disk that fills up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(folder: Path, size_kib: int) -> Iterator[Path]:
    """Mount a file system of this size, for which the tests must run as root; it is unmounted in the end."""
    if os.geteuid() != 0:
        raise PermissionError("run the tests as root: a full disk needs a mount")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        # Lazily: what a killed process still has open must not keep it.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, but_kib: int) -> None:
    """Write to the disk until only so much is free."""
    free = os.statvfs(disk)
    to_write = free.f_bavail * free.f_frsize - but_kib * 1024
    (disk / "ballast").write_bytes(bytes(to_write))
