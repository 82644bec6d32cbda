"""A control group for the generator and its neighbours, where the machine lets us make one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

MOUNT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
#: How many times the processor time of any other group it gets where both want it.
PRECEDENCE = 50
#: The priority that stands in for a group that cannot be made.
NICENESS = -15


class Group:
    """A control group of our own below the mount; a context manager that removes it.

    It goes before the rest of the machine, so that only those inside disturb one another, and takes a CPU quota.
    """

    def __init__(self) -> None:
        """Make the group; `missing` says why there is none."""
        self.missing: str | None = None
        self._is_v2 = "cpu" in _words(MOUNT / "cgroup.subtree_control")
        above = MOUNT if self._is_v2 else MOUNT / "cpu"
        self._group = above / f"saturation-{os.getpid()}"
        if not self._is_v2 and not (above / "cpu.cfs_quota_us").exists():
            self.missing = "no control group with the CPU controller is mounted"
            return
        try:
            self._group.mkdir()
            weight = ("cpu.weight", 100) if self._is_v2 else ("cpu.shares", 1024)
            (self._group / weight[0]).write_text(str(weight[1] * PRECEDENCE))
        except OSError as error:
            self.missing = f"no control group can be made: {error}"

    def take(self, pid: int) -> None:
        """Move a process into the group; its threads and children start there."""
        if self.missing is None:
            (self._group / "cgroup.procs").write_text(str(pid))
            return
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, NICENESS)

    def limit(self, percent: float | None) -> None:
        """Allow this much of a core; None: everything."""
        if self.missing is not None:
            return
        quota_us = None if percent is None else round(PERIOD_US * percent / 100)
        if self._is_v2:
            (self._group / "cpu.max").write_text(f"{'max' if quota_us is None else quota_us} {PERIOD_US}")
        else:
            (self._group / "cpu.cfs_quota_us").write_text(str(-1 if quota_us is None else quota_us))

    def __enter__(self) -> Group:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the group; its process must be gone."""
        if self.missing is None:
            with suppress(OSError):
                self._group.rmdir()


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
