"""A small shop to put load on: `python -m locust_telemetry.demo.shop [--slow-after SECONDS]`.

It listens on a free port of 127.0.0.1, prints its address, and ends when its standard input does, and so with whoever
started it. Its checkout may get slow some time after the first request: something to find on the live page.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: How many times as slow the checkout gets.
CHECKOUT_SLOWS_BY = 4

#: Every so many carts one fails.
CARTS_FOR_A_FAILURE = 100


class Shop(BaseHTTPRequestHandler):
    """Answers each request after a time that is typical for what is asked."""

    protocol_version = "HTTP/1.1"
    # An answer is one packet: its body would wait for the client's acknowledgement of its head.
    wbufsize = -1
    #: Seconds after the first request from which on the checkout is slow.
    slow_after_s = math.inf
    first_request_at: float | None = None
    carts = itertools.count(1)

    def do_GET(self) -> None:
        """Show a page."""
        if self.path.startswith("/item/"):
            # Mostly quick, with a long tail.
            self._answer(200, random.lognormvariate(-4.0, 0.5))
        elif self.path == "/search":
            # Two speeds: four in five answers come from a cache.
            self._answer(200, 0.008 if random.random() < 0.8 else 0.12)
        elif self.path == "/":
            self._answer(200, 0.001)
        else:
            self._answer(404, 0)

    def do_POST(self) -> None:
        """Take something into the cart, or the money for it."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/checkout":
            self._answer(200, random.uniform(0.05, 0.07) * (CHECKOUT_SLOWS_BY if self._is_slow() else 1))
        elif self.path == "/cart":
            self._answer(503 if next(self.carts) % CARTS_FOR_A_FAILURE == 0 else 200, 0.01)
        else:
            self._answer(404, 0)

    def parse_request(self) -> bool:
        """Note when the first request came, whatever it asks for."""
        if Shop.first_request_at is None:
            Shop.first_request_at = time.monotonic()
        return super().parse_request()

    def _is_slow(self) -> bool:
        return Shop.first_request_at is not None and time.monotonic() - Shop.first_request_at >= self.slow_after_s

    def _answer(self, status: int, after_s: float) -> None:
        time.sleep(after_s)
        body = f"{self.command} {self.path}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: Locust tells of the requests."""


class Door(ThreadingHTTPServer):
    """Lets everybody in, each to a thread of their own."""

    daemon_threads = True
    # How many may come at once: others would be let in after a second.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever leaves in the middle, as all do at the end of a test, has hung up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="shop", description="A small shop to put load on.")
    parser.add_argument("--slow-after", type=float, default=math.inf, metavar="SECONDS")
    Shop.slow_after_s = parser.parse_args().slow_after
    server = Door(("127.0.0.1", 0), Shop)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
