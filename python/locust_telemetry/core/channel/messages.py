"""The messages beside Locust's own: their names, and how their fields are read.

| message | from, to | fields |
|---|---|---|
| `locust_telemetry_clock_ping` | worker, master | `sent` |
| `locust_telemetry_clock_reply` | master, worker | `sent` as it came, `received`, `replied` |
| `locust_telemetry_frames` | worker, master | `frames`: a list of bytes |
| `locust_telemetry_resend` | master, worker | `first`, `last`: sequence numbers, both included |
| `locust_telemetry_acknowledge` | master, worker | `sequence`: everything up to here has arrived |
| `locust_telemetry_leave` | master, worker | none: the master's process ends and takes nothing more |

Times are Unix nanoseconds. A worker sends a frame each second (`dispatch.py`); where Locust reports, the report carries
it, under `FRAME_KEY`.
"""

from __future__ import annotations

from typing import Any

#: The key in a worker's report that carries a frame, as bytes.
FRAME_KEY = "locust_telemetry_frame"

CLOCK_PING = "locust_telemetry_clock_ping"
CLOCK_REPLY = "locust_telemetry_clock_reply"
FRAMES = "locust_telemetry_frames"
RESEND = "locust_telemetry_resend"
ACKNOWLEDGE = "locust_telemetry_acknowledge"
LEAVE = "locust_telemetry_leave"

#: The largest integer of a message: what fits 64 bits with a sign.
LARGEST = 2**63 - 1


class OddMessage(ValueError):
    """A message that is not as it should be; whoever receives it ignores and counts it."""


def integers(data: Any, *names: str) -> tuple[int, ...]:
    """Return these fields, integers from 0 to `LARGEST`; raises OddMessage for anything else."""
    given = data if isinstance(data, dict) else {}
    # A bool is an int to Python, but no time and no number in a sequence.
    values = [value for name in names if type(value := given.get(name)) is int and 0 <= value <= LARGEST]
    if len(values) != len(names):
        raise OddMessage(f"it needs integers {', '.join(names)}")
    return tuple(values)


def frames(data: Any) -> list[Any]:
    """Return what stands in the list of frames; raises OddMessage where there is none."""
    values = data.get("frames") if isinstance(data, dict) else None
    if not isinstance(values, list):
        raise OddMessage("it needs a list of frames")
    return values
