"""A program that receives OTLP beside a test, by gRPC and by HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ..end_to_end.launcher import free_port
from .service import Service

_Receiver = TypeVar("_Receiver", bound="OtlpReceiver")


class OtlpReceiver:
    """One that runs, on ports of 127.0.0.1 of its own."""

    #: What its log is called.
    name: str

    def __init__(self, folder: Path, command: Callable[[int, int], Sequence[str]], page_url: str | None = None) -> None:
        """Start what `command` says for a port of gRPC and one of HTTP, and wait for its page, or for HTTP."""
        grpc, http = free_port(), free_port()
        self.grpc_endpoint = f"http://127.0.0.1:{grpc}"
        self.http_endpoint = f"http://127.0.0.1:{http}"
        self._service = Service(self.name, command(grpc, http), folder)
        self._service.wait_for(page_url or self.http_endpoint)

    @classmethod
    @contextmanager
    def running(cls: Callable[[Path], _Receiver], folder: Path) -> Iterator[_Receiver]:
        """Run it for a while."""
        receiver = cls(folder)
        try:
            yield receiver
        finally:
            receiver.close()

    def endpoint(self, protocol: str) -> str:
        """Return the endpoint for a value of OTEL_EXPORTER_OTLP_PROTOCOL."""
        return self.grpc_endpoint if protocol == "grpc" else self.http_endpoint

    def close(self) -> None:
        """End it, so that what it writes is whole."""
        self._service.close()
