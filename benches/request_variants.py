"""The listeners whose cost is compared: each variant is an event hook with exactly one listener, or none.

Runs in the interpreter that has what the variant needs; each import stands where it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from locust.env import Environment
from locust.event import EventHook, Events


def _hook(listener: Callable[..., Any]) -> EventHook:
    hook = EventHook()
    hook.add_listener(listener)
    return hook


def empty() -> EventHook:
    """No listener: what firing itself costs."""
    return EventHook()


def python_listener() -> EventHook:
    """A Python function that does nothing: the least that any Python listener costs."""

    def listener(**keywords: Any) -> None:
        pass

    return _hook(listener)


def native_floor() -> EventHook:
    """A function in C that takes any keywords and does next to nothing: the least that a native listener costs."""
    return _hook("".format)


def ours() -> EventHook:
    """The native listener, in a run, with the threads that close windows and sample the system."""
    from locust_telemetry._native import Engine

    engine = Engine()
    engine.start(3.0)
    engine.start_run(
        run_id="bench", testplan="bench", role="local", source="LocalRunner", source_id="local", metadata={}, labels={}
    )
    return _hook(engine.listener)


def ours_otel() -> EventHook:
    """The same with the otel recorder, which exports each 3 s to a sink."""
    import os

    from locust_telemetry._native import Engine, OtelExporter

    engine = Engine()
    exporter = OtelExporter(
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        endpoint=os.environ["BENCH_OTLP"],
        insecure=None,
        interval_s=3.0,
        flush_timeout_s=5.0,
        resource={},
        export_requests=True,
        speak_for_workers=False,
        semantic_conventions=False,
        server=None,
        mark_end=True,
    )
    engine.open_otel(exporter)
    exporter.start()
    engine.start(3.0)
    engine.start_run(
        run_id="bench", testplan="bench", role="local", source="LocalRunner", source_id="local", metadata={}, labels={}
    )
    return _hook(engine.listener)


def locust_statistics() -> EventHook:
    """Locust's own statistics, which a runner registers."""
    environment = Environment(events=Events())
    environment.create_local_runner()
    hook: EventHook = environment.events.request
    return hook


def locust_otel() -> EventHook:
    """The listener that `locust --otel` registers, with the SDK's provider and a reader in memory."""
    import os

    import locust
    from locust import opentelemetry as locust_opentelemetry
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    os.environ["OTEL_TRACES_EXPORTER"] = "none"
    os.environ["OTEL_LOGS_EXPORTER"] = "none"
    locust_opentelemetry._setup_meter_provider = lambda resource, exporters: MeterProvider(
        resource=resource, metric_readers=[InMemoryMetricReader()]
    )
    before = list(locust.events.request._handlers)
    if not locust_opentelemetry.setup_opentelemetry("bench.py", None):
        raise RuntimeError("locust --otel did not set itself up")
    (listener,) = [handler for handler in locust.events.request._handlers if handler not in before]
    return _hook(listener)


def peer_otel() -> EventHook:
    """The other package's OpenTelemetry recorder of a worker, with a reader in memory."""
    from locust.runners import WorkerRunner
    from locust_telemetry import config
    from locust_telemetry.recorders.otel import handlers
    from locust_telemetry.recorders.otel.otel import InstrumentRegistry
    from locust_telemetry.recorders.otel.recorder import LocustOtelWorkerNodeRecorder
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    # As on a worker that has been told the test's metadata, without the connection to a master.
    environment = Environment(events=Events(), parsed_options=SimpleNamespace(testplan="bench"))
    runner = WorkerRunner.__new__(WorkerRunner)
    runner.worker_index = 0
    environment.runner = runner
    environment.telemetry_meta = SimpleNamespace(run_id="bench")
    provider = MeterProvider(metric_readers=[InMemoryMetricReader()])
    environment.otel_registry = InstrumentRegistry(provider.get_meter(config.TELEMETRY_OTEL_METRICS_METER))
    LocustOtelWorkerNodeRecorder(
        env=environment,
        output_handler_cls=handlers.OtelOutputHandler,
        lifecycle_handler_cls=handlers.OtelLifecycleHandler,
        system_handler_cls=handlers.OtelSystemMetricsHandler,
        requests_handler_cls=handlers.OtelRequestHandler,
    )
    hook: EventHook = environment.events.request
    return hook


VARIANTS: dict[str, Callable[[], EventHook]] = {
    "empty": empty,
    "python_listener": python_listener,
    "native_floor": native_floor,
    "ours": ours,
    "ours_otel": ours_otel,
    "locust_statistics": locust_statistics,
    "locust_otel": locust_otel,
    "peer_otel": peer_otel,
}
