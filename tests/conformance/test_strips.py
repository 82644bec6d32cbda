"""The reader of strips reads what the recorder wrote, golden file by golden file."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .strips import Gained, merged, read_strip

_GOLDEN = Path(__file__).resolve().parents[2] / "crates" / "store" / "tests" / "golden" / "strips.json"
_STRIPS = json.loads(_GOLDEN.read_text())


def meaning(told: dict[str, Any]) -> Gained:
    """Return what a golden file says that a gain means."""
    buckets = json.loads(told["buckets"])
    return Gained(
        told["requests"],
        int(told["response_bytes"]),
        told["count"],
        told["zeros"],
        int(told["sum_ns"]),
        told["min_ns"],
        told["max_ns"],
        Counter(dict(buckets)),
    )


@pytest.mark.parametrize("strip", _STRIPS, ids=[strip["name"] for strip in _STRIPS])
def test_a_strip_says_what_was_written(strip: dict[str, Any]) -> None:
    gains = read_strip(base64.b64decode(strip["strip"]))
    assert gains == {row["slot"]: meaning(row["gain"]) for row in strip["slots"]}
    assert merged(gains.values()) == meaning(strip["merged"])
