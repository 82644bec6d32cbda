"""Locust Telemetry: the flight recorder for load tests that run on Locust.

Importing this package starts no thread, opens no file and loads nothing heavy: names are loaded when they
are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from locust_telemetry.core.plugin import telemetry_recorder_plugin as telemetry_recorder_plugin
    from locust_telemetry.library import setup as setup
    from locust_telemetry.session import Session as Session

_HOMES = {
    "Session": "locust_telemetry.session",
    "setup": "locust_telemetry.library",
    "telemetry_recorder_plugin": "locust_telemetry.core.plugin",
}

__all__ = ["Session", "setup", "telemetry_recorder_plugin"]


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name == "__version__":
        from locust_telemetry._native import __version__

        return __version__
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(home), name)
