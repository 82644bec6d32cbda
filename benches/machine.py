"""Describes the machine and what is installed, so that figures can be read later."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from settings import BenchmarkFailed

_VERSIONS = """
import importlib.metadata, json, platform
names = ["locust", "gevent", "geventhttpclient", "requests", "locust-telemetry", "locust-telemetry-rs",
         "opentelemetry-sdk", "grpcio"]
versions = {"python": platform.python_version()}
for name in names:
    try:
        versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(versions))
"""


def describe() -> dict[str, Any]:
    """Return the machine's processor, cores, memory, kernel and present load."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory_bytes / 2**30, 1),
        "system": platform.platform(),
        "load_average": list(os.getloadavg()),
    }


def versions(python: Path) -> dict[str, str]:
    """Return the versions of an interpreter and its packages of interest."""
    try:
        done = subprocess.run([python, "-c", _VERSIONS], capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise BenchmarkFailed(f"cannot run {python}: {error}") from error
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
