"""The reference: a few plain sockets that time the target's fixed delays, each at its own steady pace.

A process of its own, hardly busy; what it measures is the truth that the generator's figures are compared with. Prints
one line for each answer: the Unix time at which it came, the delay that was asked for and the time it took, in ms.
"""

from __future__ import annotations

import argparse
import socket
import sys
import threading
import time

#: How many answers a second and delay are timed: enough for a 95th percentile of a second.
ANSWERS_PER_SECOND = 60
#: Time that a socket keeps free between its answers, as a share of the delay, and at least in seconds.
SLACK_SHARE, SLACK_S = 0.5, 0.02


def ask(connection: socket.socket, request: bytes) -> None:
    """Send one request and read its whole answer."""
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _more(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    left = next(int(value) for name, _, value in lines if name == b"content-length") - len(body)
    while left > 0:
        left -= len(_more(connection))


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise ConnectionError("the target closed the connection")
    return part


def measure(host: str, port: int, delay_ms: float, every_s: float, first_s: float, end_s: float) -> None:
    """Time one request every `every_s` seconds, from `first_s` to `end_s` of the monotonic clock."""
    request = f"GET /delay/{delay_ms:g} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    with socket.create_connection((host, port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        due_s = first_s
        while due_s < end_s:
            time.sleep(max(0.0, due_s - time.monotonic()))
            began = time.perf_counter()
            ask(connection, request)
            elapsed_ms = (time.perf_counter() - began) * 1000
            sys.stdout.write(f"{time.time():.6f} {delay_ms:g} {elapsed_ms:.3f}\n")
            sys.stdout.flush()
            # A slot that was missed is left out, so that a slow target is not asked the more often.
            due_s = max(due_s + every_s, time.monotonic())


def main() -> None:
    """Measure until the time is up."""
    parser = argparse.ArgumentParser(description="Times fixed delays of the demo target with plain sockets.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("delays_ms", type=float, nargs="+")
    arguments = parser.parse_args()
    start_s = time.monotonic()
    threads = []
    for delay_ms in arguments.delays_ms:
        every_s = delay_ms / 1000 * (1 + SLACK_SHARE) + SLACK_S
        sockets = max(1, round(ANSWERS_PER_SECOND * every_s))
        for number in range(sockets):
            first_s = start_s + every_s * number / sockets
            place = ("127.0.0.1", arguments.port, delay_ms, every_s, first_s, start_s + arguments.seconds)
            threads.append(threading.Thread(target=measure, args=place, daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
