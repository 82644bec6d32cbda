"""A small shop to put load on: `python -m locust_telemetry.demo.shop`.

It listens on a free port of 127.0.0.1, prints its address, and ends when its standard input does, and so with whoever
started it. Its report gets slow half a minute after the start: something to find on the live page.
"""

from __future__ import annotations

import itertools
import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: Seconds after the start from which on the report is slow, and how many times as slow.
REPORT_SLOWS_AFTER_S = 30
REPORT_SLOWS_BY = 6

#: Every so many carts one fails.
CARTS_FOR_A_FAILURE = 100


class Shop(BaseHTTPRequestHandler):
    """Answers each request after a time that is typical for what is asked."""

    protocol_version = "HTTP/1.1"
    opened_at = time.monotonic()
    carts = itertools.count(1)

    def do_GET(self) -> None:
        """Show a page."""
        if self.path.startswith("/item/"):
            # Mostly quick, with a long tail.
            self._answer(200, random.lognormvariate(-4.0, 0.5))
        elif self.path == "/search":
            # Two speeds: four in five answers come from a cache.
            self._answer(200, 0.008 if random.random() < 0.8 else 0.12)
        elif self.path == "/report":
            is_slow = time.monotonic() - self.opened_at > REPORT_SLOWS_AFTER_S
            self._answer(200, random.uniform(0.02, 0.03) * (REPORT_SLOWS_BY if is_slow else 1))
        elif self.path == "/":
            self._answer(200, 0.001)
        else:
            self._answer(404, 0)

    def do_POST(self) -> None:
        """Take something into the cart."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(503 if next(self.carts) % CARTS_FOR_A_FAILURE == 0 else 200, 0.01)

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


def main() -> None:
    """Serve until standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
