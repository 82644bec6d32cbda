"""A collector that accepts everything over OTLP/gRPC and keeps nothing; runs with the peer's interpreter.

Prints its port, then serves until it is ended.
"""

from __future__ import annotations

from concurrent import futures
from typing import Any

import grpc


class AcceptAll(grpc.GenericRpcHandler):
    """Answers every call with an empty message, which OTLP reads as full success."""

    def service(self, call: Any) -> Any:
        """Return the handler of any method."""
        return grpc.unary_unary_rpc_method_handler(lambda request, context: b"")


def main() -> None:
    """Serve on a free port of 127.0.0.1."""
    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=(AcceptAll(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
