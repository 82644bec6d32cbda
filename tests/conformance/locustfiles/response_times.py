"""Writes down each request without any help of the package, at once, for the tests to compare with.

One file for each process, one line for each request; what a killed process did is in it too.
"""

import json
import os
import time
from pathlib import Path

FOLDER = Path(os.environ["INDEPENDENT_COUNTS_FOLDER"])


class ResponseTimes:
    """Writes number of the run, end, source, what was asked, how it ended, and Locust's own response time."""

    def __init__(self, events):
        self.environment = None
        self.run = 0
        self.file = None
        events.init.add_listener(self.on_init)
        events.test_start.add_listener(self.on_test_start)
        events.request.add_listener(self.on_request)

    def on_init(self, environment, **kwargs):
        self.environment = environment

    def on_test_start(self, environment, **kwargs):
        self.environment = environment
        self.run += 1

    def on_request(self, request_type, name, response_time, response=None, exception=None, **kwargs):
        if self.file is None:
            # Not before the first request, for which a forked process has its own.
            self.file = os.open(FOLDER / f"times-{os.getpid()}.jsonl", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        status = getattr(response, "status_code", None) or None
        line = [self.run, time.time(), self.source_id(), request_type, name, status, bool(exception), response_time]
        os.write(self.file, f"{json.dumps(line)}\n".encode())

    def source_id(self):
        runner = self.environment.runner
        kind = type(runner).__name__.removesuffix("Runner").lower()
        return f"worker-{runner.worker_index}" if kind == "worker" else kind
