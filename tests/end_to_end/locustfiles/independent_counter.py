"""Counts requests without any help of the package, for the tests to compare with.

Written to a file of this process at `quit`, and again at its exit; or, request by request, at once.
"""

import atexit
import json
import os
import time
from collections import Counter
from pathlib import Path

FOLDER = Path(os.environ["INDEPENDENT_COUNTS_FOLDER"])
AT_ONCE = bool(os.environ.get("INDEPENDENT_COUNTS_AT_ONCE"))


class IndependentCounter:
    """Counts the requests of each run by method, name, status and failure."""

    def __init__(self, events):
        self.environment = None
        self.outside = Counter()
        self.runs = []
        self.at_once = None
        events.init.add_listener(self.on_init)
        events.test_start.add_listener(self.on_test_start)
        events.request.add_listener(self.on_request)
        events.quit.add_listener(self.write)
        atexit.register(self.write)

    def on_init(self, environment, **kwargs):
        self.environment = environment

    def on_test_start(self, environment, **kwargs):
        self.environment = environment
        self.runs.append(Counter())

    def on_request(self, request_type, name, response=None, exception=None, **kwargs):
        outcome = (request_type, name, getattr(response, "status_code", None) or None, bool(exception))
        (self.runs[-1] if self.runs else self.outside)[outcome] += 1
        if AT_ONCE:
            self.append(outcome)

    def append(self, outcome):
        if self.at_once is None:
            flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY
            self.at_once = os.open(FOLDER / f"at-once-{os.getpid()}.jsonl", flags)
        os.write(self.at_once, f"{json.dumps([time.time(), self.source_id(), *outcome])}\n".encode())

    def source_id(self):
        runner = self.environment.runner
        kind = type(runner).__name__.removesuffix("Runner").lower()
        return f"worker-{runner.worker_index}" if kind == "worker" else kind

    def write(self, **kwargs):
        if self.environment is None or self.environment.runner is None:
            return  # Options were wrong, or only help was asked for.

        def rows(counts):
            return [[*outcome, count] for outcome, count in counts.items()]

        counts = {
            "source_id": self.source_id(),
            "outside": rows(self.outside),
            "runs": [rows(run) for run in self.runs],
        }
        (FOLDER / f"counts-{os.getpid()}.json").write_text(json.dumps(counts))
