"""How a run of the tests exports: the options and variables of the otel recorder, and the runs themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..end_to_end.launcher import Cluster, Launcher, LocustProcess, free_port, headless, wait_until

LOCUSTFILES = Path(__file__).resolve().parent / "locustfiles"

EXPLICIT = "explicit_bucket_histogram"
EXPONENTIAL = "base2_exponential_bucket_histogram"


@dataclass(frozen=True)
class Export:
    """One way to export, to one endpoint."""

    endpoint: str
    protocol: str = "grpc"
    aggregation: str = EXPLICIT
    temporality: str = "cumulative"
    export_from: str = "workers"
    end_of_run: str = "stale"
    #: Prometheus takes none.
    with_logs: bool = True

    @classmethod
    def to_prometheus(cls, endpoint: str, aggregation: str = EXPLICIT) -> Export:
        """Return what Prometheus takes: protobuf over HTTP, and no logs."""
        return cls(endpoint, "http/protobuf", aggregation, with_logs=False)

    @property
    def options(self) -> list[str]:
        """The options, for the process that is started with them: a master or a local run."""
        return [
            *("--lt-otel-exporter-otlp-endpoint", self.endpoint),
            *("--lt-otel-export-from", self.export_from),
            *("--lt-otel-end-of-run", self.end_of_run),
        ]

    @property
    def variables(self) -> dict[str, str]:
        """The variables of each process; a cluster's workers have the options as variables."""
        return {
            "LOCUST_OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint,
            "LOCUST_TELEMETRY_OTEL_EXPORT_FROM": self.export_from,
            "LOCUST_TELEMETRY_OTEL_END_OF_RUN": self.end_of_run,
            "OTEL_EXPORTER_OTLP_PROTOCOL": self.protocol,
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": self.aggregation,
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": self.temporality,
            "OTEL_LOGS_EXPORTER": "otlp" if self.with_logs else "none",
            "NO_PROXY": "127.0.0.1",
        }

    def cluster(self, launcher: Launcher, locustfile: str = "timed_shop.py", *options: str, **run: object) -> Cluster:
        """Start a master and its workers."""
        settings = {"recorder": "otel", "variables": self.variables, **run}
        return Cluster.headless(launcher, path(locustfile), *self.options, *options, **settings)  # type: ignore[arg-type]

    def local(self, launcher: Launcher, locustfile: str = "timed_shop.py", **run: object) -> LocustProcess:
        """Start a run in one process."""
        settings = {"recorder": "otel", "variables": self.variables, **run}
        return launcher.local(path(locustfile), *self.options, **settings)

    def forked(self, launcher: Launcher, processes: int, seconds: float, users: int) -> None:
        """Run a master with forked workers to its end."""
        port = str(free_port())
        bind = ["--processes", str(processes), "--master-bind-host", "127.0.0.1", "--master-bind-port", port]
        options = [*bind, "--master-port", port, *headless(seconds, users), *self.options]
        parent = launcher.locust("parent", path("timed_shop.py"), *options, recorder="otel", variables=self.variables)
        parent.wait()
        wait_until("the end of the children", lambda: not parent.group_runs)


def path(locustfile: str) -> str:
    """Return the path of one of these tests' locustfiles."""
    return str(LOCUSTFILES / locustfile)
