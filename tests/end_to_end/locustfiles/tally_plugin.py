"""A recorder plugin that uses all of the API: options, metadata, windows, single requests, the JSON handlers.

What it saw is written at `quit` to a file of this process.
"""

import json
import os
from collections import Counter
from pathlib import Path

from locust import events
from locust_telemetry import entrypoint, telemetry_recorder_plugin
from locust_telemetry.core.plugin import BaseRecorderPlugin
from locust_telemetry.core.recorder import LocalNodeRecorder, MasterNodeRecorder, WorkerNodeRecorder
from locust_telemetry.recorders.json.handlers import (
    JsonTelemetryLifecycleHandler,
    JsonTelemetryOutputHandler,
    JsonTelemetryRequestHandler,
    JsonTelemetrySystemMetricsHandler,
)
from shop_users import FastShopper, Shopper  # noqa: F401

IN_WINDOWS = Counter()
SINGLE = Counter()
META_AT_START = {}


class TallyRequestHandler(JsonTelemetryRequestHandler):
    def on_request(self, request_type, name, exception=None, response=None, **kwargs):
        SINGLE[request_type, name, getattr(response, "status_code", None) or None, bool(exception)] += 1


@telemetry_recorder_plugin
class TallyPlugin(BaseRecorderPlugin):
    RECORDER_PLUGIN_ID = "tally"

    def add_test_metadata(self):
        return {"build": "42", "host_pid": os.getpid}

    def add_cli_arguments(self, group):
        group.add_argument("--tally-words", type=str, default="unset")

    def load_master_recorders(self, environment, **kwargs):
        self.record(MasterNodeRecorder, environment)

    def load_worker_recorders(self, environment, **kwargs):
        self.record(WorkerNodeRecorder, environment)

    def load_local_recorders(self, environment, **kwargs):
        self.record(LocalNodeRecorder, environment)

    def on_window(self, window):
        columns = (window.methods, window.names, window.statuses, window.error_types)
        for method, name, status, error_type, count in zip(*columns, window.requests, strict=True):
            IN_WINDOWS[method, name, status, error_type is not None] += count

    def record(self, recorder_class, environment):
        self.environment = environment
        recorder_class(
            env=environment,
            output_handler_cls=JsonTelemetryOutputHandler,
            lifecycle_handler_cls=JsonTelemetryLifecycleHandler,
            system_handler_cls=JsonTelemetrySystemMetricsHandler,
            requests_handler_cls=TallyRequestHandler,
        )
        environment.events.test_start.add_listener(self.on_test_start)

    def on_test_start(self, environment, **kwargs):
        META_AT_START.update(vars(environment.telemetry_meta))


entrypoint.initialize()


# Behind the package's own `quit` listener, which delivers the last windows.
@events.init.add_listener
def write_at_the_end(environment, **kwargs):
    environment.events.quit.add_listener(lambda **kwargs: write(environment))


def write(environment):
    runner = environment.runner
    kind = type(runner).__name__.removesuffix("Runner").lower()

    def rows(counts):
        return [[*outcome, count] for outcome, count in counts.items()]

    seen = {
        "source_id": f"worker-{runner.worker_index}" if kind == "worker" else kind,
        "in_windows": rows(IN_WINDOWS),
        "single": rows(SINGLE),
        "meta_at_start": META_AT_START,
        "words": environment.parsed_options.tally_words,
    }
    (Path(os.environ["INDEPENDENT_COUNTS_FOLDER"]) / f"tally-{os.getpid()}.json").write_text(json.dumps(seen))
