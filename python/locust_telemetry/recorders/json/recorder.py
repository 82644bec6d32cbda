"""The JSON recorders, one for each kind of process."""

from __future__ import annotations

from locust_telemetry.core.recorder import LocalNodeRecorder, MasterNodeRecorder, WorkerNodeRecorder


class LocustJsonMasterNodeRecorder(MasterNodeRecorder):
    """Records a master as JSON."""


class LocustJsonWorkerNodeRecorder(WorkerNodeRecorder):
    """Records a worker as JSON."""


class LocustJsonLocalNodeRecorder(LocalNodeRecorder):
    """Records a run in one process as JSON."""
