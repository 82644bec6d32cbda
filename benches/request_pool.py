"""Pools of `request` events as Locust's clients fire them, built from their own response classes."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

# Before requests: Locust patches the modules that requests is built on.
import locust  # noqa: F401  # isort: skip
import requests
from geventhttpclient.response import HTTPResponse
from locust.contrib.fasthttp import ErrorResponse, FastResponse, LocustBadStatusCode

#: Events of a pool; small enough to stay in the cache, as the few names of a real test do.
EVENTS = 1000
NAMES = 50
#: One event in so many is a failure; every second failure has no response.
FAILURE_EVERY = 100


def _requests_response(status: int) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = b"ok"
    return response


def _fast_response(status: int) -> FastResponse:
    parsed = HTTPResponse()
    parsed.feed(b"HTTP/1.1 %d X\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok" % status)
    return FastResponse(parsed)


def _failure(client: str, status: int) -> tuple[Any, Exception]:
    """Return the response and exception of a failed request; status 0 is a refused connection."""
    refused = ConnectionRefusedError(111, "Connection refused")
    if client == "requests":
        if status == 0:
            return None, requests.ConnectionError(refused)
        return _requests_response(status), requests.HTTPError(f"{status} Server Error")
    if status == 0:
        return ErrorResponse(None, refused), refused
    return _fast_response(status), LocustBadStatusCode(f"{status}", 0, "")


def _event(client: str, number: int, name: str, elapsed_ms: float, failing: bool) -> dict[str, Any]:
    make = _requests_response if client == "requests" else _fast_response
    response, exception = make(200 if number % 10 else 201), None
    if failing:
        response, exception = _failure(client, 0 if number % (2 * FAILURE_EVERY) == 0 else 503)
    # The keywords of Locust's clients, in their order.
    return {
        "request_type": "POST" if number % 5 == 0 else "GET",
        "response_time": elapsed_ms,
        "name": name,
        "context": {},
        "response": response,
        "exception": exception,
        "start_time": 1_700_000_000.0 + number,
        "url": f"http://127.0.0.1{name}",
        "response_length": 200 + number % 4000,
    }


def _call(number: int, name: str, elapsed_ms: float, failing: bool) -> dict[str, Any]:
    """Return the event of a client that speaks no HTTP: there is no response to tell of."""
    return {
        "request_type": "rpc",
        "name": name,
        "response_time": elapsed_ms,
        "response_length": 200 + number % 4000,
        "exception": TimeoutError("deadline exceeded") if failing else None,
        "context": {},
    }


def _pool(client: str, own_names: bool = False) -> list[dict[str, Any]]:
    """Make the events of a client; with `own_names` no two share the object of their name."""
    source = random.Random(1)
    names = [f"/api/resource-{number}/[id]" for number in range(NAMES)]
    make = _call if client == "calls" else partial(_event, client)
    return [
        make(
            number,
            "".join([*names[source.randrange(NAMES)]]) if own_names else names[source.randrange(NAMES)],
            source.lognormvariate(3.5, 0.8),
            failing=number % FAILURE_EVERY == 0,
        )
        for number in range(EVENTS)
    ]


def build(name: str) -> list[dict[str, Any]]:
    """Return the events of a pool: `single`, `requests`, `paths`, `fast` or `calls`."""
    if name == "single":
        return [_event("requests", 1, "/", 12.5, failing=False)] * EVENTS
    if name == "paths":
        # HttpUser makes a name of the path anew for each request, where the test gives none.
        return _pool("requests", own_names=True)
    return _pool(name)
