"""The listener behind Locust's real HTTP clients: true statuses, and one error type whichever client met it."""

import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import gevent.pywsgi
import pytest
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession
from locust.event import EventHook

from tests.native.counting import Counting, rows


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    status = environ["PATH_INFO"].strip("/")
    start_response(f"{status} Whatever", [("Content-Type", "text/plain")])
    return [b"0123456789"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    wsgi = gevent.pywsgi.WSGIServer(("127.0.0.1", 0), application, log=None)
    wsgi.start()
    yield f"http://127.0.0.1:{wsgi.server_port}"
    wsgi.stop()


@pytest.fixture
def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.fixture(params=[HttpSession, FastHttpSession], ids=["requests", "fasthttp"])
def client_cls(request: pytest.FixtureRequest) -> Any:
    return request.param


def row_of(client_cls: Any, base_url: str, path: str, **arguments: Any) -> dict[str, Any]:
    counting = Counting()
    hook = EventHook()
    hook.add_listener(counting.engine.listener)
    client_cls(base_url, request_event=hook, user=None).get(path, **arguments)
    window = counting.window()
    assert window.anomalies == {}
    (row,) = rows(window)
    return row


def test_a_success_has_its_status_and_length(client_cls: Any, server: str) -> None:
    row = row_of(client_cls, server, "/200")
    assert (row["status"], row["error_type"], row["response_bytes"]) == (200, None, 10)
    assert (row["name"], row["method"], row["timed"]) == ("/200", "GET", 1)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_bad_status_is_an_http_error_with_that_status(client_cls: Any, server: str, status: int) -> None:
    row = row_of(client_cls, server, f"/{status}")
    assert (row["status"], row["error_type"]) == (status, "HTTPError")


def test_a_refused_connection_is_that_and_has_no_status(client_cls: Any, closed_port: str) -> None:
    row = row_of(client_cls, closed_port, "/")
    assert (row["status"], row["error_type"]) == (None, "ConnectionRefusedError")


@pytest.fixture
def silent_port() -> Iterator[str]:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"


def test_a_timeout_of_requests_is_a_timeout_error_and_has_no_status(silent_port: str) -> None:
    row = row_of(HttpSession, silent_port, "/", timeout=0.1)
    assert (row["status"], row["error_type"]) == (None, "TimeoutError")


def test_a_timeout_of_fast_http_is_a_timeout_error_and_has_no_status(silent_port: str) -> None:
    row = row_of(partial(FastHttpSession, network_timeout=0.1), silent_port, "/")
    assert (row["status"], row["error_type"]) == (None, "TimeoutError")


def test_an_interrupt_amid_reading_a_response_reaches_the_program() -> None:
    class Interrupted:
        @property
        def status_code(self) -> int:
            raise KeyboardInterrupt

    counting = Counting()
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - raised by whatever Python does next
        counting.engine.listener(
            request_type="GET", name="/", response_time=1.0, response_length=0, exception=None, response=Interrupted()
        )
        sum(range(1000))
        [str(number) for number in range(1000)]
    assert [row["requests"] for row in rows(counting.window())] == [1]
