"""Fires events and tells what a listener costs; runs as a child, in the interpreter under test.

Each line of standard input is a JSON order `{"variant", "pool", "fires", "slices"}`; the answer is one line,
`{"cost_us", "empty_us"}` or `{"error"}`. Every slice fires without a listener and with it, in turn, and the
answer is the median of the slices, so that what disturbs the machine meets both alike.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from typing import Any

import request_pool
from locust.event import EventHook
from request_variants import VARIANTS

_hooks: dict[str, EventHook] = {}
_pools: dict[str, list[dict[str, Any]]] = {}


def hook_of(variant: str) -> EventHook:
    """Return the variant's hook, made at first use."""
    if variant not in _hooks:
        hook = VARIANTS[variant]()
        if len(hook._handlers) != (variant != "empty"):
            raise RuntimeError(f"{variant} has {len(hook._handlers)} listeners")
        _hooks[variant] = hook
    return _hooks[variant]


def pool_of(name: str) -> list[dict[str, Any]]:
    """Return the pool, made at first use."""
    if name not in _pools:
        _pools[name] = request_pool.build(name)
    return _pools[name]


def fire_ns(hook: EventHook, pool: list[dict[str, Any]], passes: int) -> float:
    """Return the CPU time of this thread for one fire, in nanoseconds."""
    fire = hook.fire
    started = time.thread_time_ns()
    for _ in range(passes):
        for event in pool:
            fire(**event)
    return (time.thread_time_ns() - started) / (passes * len(pool))


def measure(variant: str, pool: str, fires: int, slices: int) -> dict[str, float]:
    """Return the cost over an empty fire and that of an empty fire, in µs."""
    empty, hook, events = hook_of("empty"), hook_of(variant), pool_of(pool)
    passes = max(1, fires // len(events))
    fire_ns(hook, events, 1)
    gc.collect()
    gc.disable()
    try:
        pairs = [(fire_ns(empty, events, passes), fire_ns(hook, events, passes)) for _ in range(slices)]
    finally:
        gc.enable()
    return {
        "cost_us": statistics.median(full - bare for bare, full in pairs) / 1000,
        "empty_us": statistics.median(bare for bare, _ in pairs) / 1000,
    }


def main() -> None:
    """Answer orders until the input ends."""
    for line in sys.stdin:
        try:
            answer: dict[str, Any] = dict(measure(**json.loads(line)))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
