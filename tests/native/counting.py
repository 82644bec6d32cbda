"""An engine that counts without threads: what was fired comes back as one window."""

from typing import Any

from locust_telemetry._native import Engine, Subscription, Window

IDENTITY: dict[str, Any] = {
    "run_id": "run-1",
    "testplan": "checkout",
    "role": "local",
    "source": "LocalRunner",
    "source_id": "local",
    "metadata": {},
    "labels": {},
}

#: What Locust fires for an ordinary request.
REQUEST: dict[str, Any] = {
    "request_type": "GET",
    "name": "/",
    "response_time": 12.5,
    "response_length": 100,
    "exception": None,
    "context": {},
    "start_time": 0.0,
    "url": "http://localhost/",
    "response": None,
}


class Counting:
    """A run under way on an engine of its own."""

    def __init__(self, max_series: int = 10_000) -> None:
        self.engine = Engine(max_series)
        self.subscription: Subscription = self.engine.subscribe("test")
        self.engine.start_run(**IDENTITY)

    def fire(self, **changes: Any) -> None:
        """Fire an ordinary request with changes; a value that is `...` is left out."""
        event = {key: value for key, value in {**REQUEST, **changes}.items() if value is not ...}
        assert self.engine.listener(**event) is None

    def window(self) -> Window:
        """Close the window; return it."""
        self.engine.flush()
        window = self.subscription.next()
        assert window is not None
        assert self.subscription.next() is None
        return window

    def only(self, **changes: Any) -> dict[str, Any]:
        """Fire one request; return its row, with what was odd about it."""
        self.fire(**changes)
        window = self.window()
        assert window.total_requests == 1
        (row,) = rows(window)
        return {**row, "anomalies": window.anomalies}


def rows(window: Window) -> list[dict[str, Any]]:
    """Return the series of a window as dicts."""
    columns = {
        "name": window.names,
        "method": window.methods,
        "status": window.statuses,
        "error_type": window.error_types,
        "requests": list(window.requests),
        "timed": list(window.timed),
        "response_bytes": list(window.response_bytes),
        "sum_ms": list(window.sum_ms),
        "min_ms": list(window.min_ms),
        "max_ms": list(window.max_ms),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def drain(subscription: Subscription) -> int:
    """Return how many requests the waiting windows have."""
    requests = 0
    while (window := subscription.next()) is not None:
        requests += window.total_requests
    return requests
