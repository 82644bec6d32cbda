"""Failures that say all kinds of things, so many of each user; at `quit`, what windows and what Locust have of it."""

import json
import os
from collections import Counter
from pathlib import Path

from locust import FastHttpUser, HttpUser, constant, events, task
from locust.stats import StatsError
from locust_telemetry import telemetry_recorder_plugin
from locust_telemetry.core.plugin import BaseRecorderPlugin
from statuses import every_ending

ROUNDS = 6

#: By method, name and message.
IN_WINDOWS = Counter()


class OddError(Exception):
    """Says the address of what it carries."""


def odd_endings(user):
    failures = [
        OddError(object()),
        "text with\ttab and käse",
        OddError("x" * 2_000),
        user.client,
        OddError(f"user {id(user) % 7}"),
    ]
    for failure in failures:
        user.environment.events.request.fire(
            request_type="ODD",
            name=f"{user.prefix} odd",
            response_time=1.0,
            response_length=0,
            response=None,
            context={},
            exception=failure,
        )


def play(user):
    # Nothing is under way when the run ends.
    if user.rounds < ROUNDS:
        user.rounds += 1
        every_ending(user)
        odd_endings(user)


class Visitor(HttpUser):
    wait_time = constant(0.1)
    prefix = "http"
    rounds = 0

    @task
    def play(self):
        play(self)


class FastVisitor(FastHttpUser):
    wait_time = constant(0.1)
    prefix = "fast"
    rounds = 0

    @task
    def play(self):
        play(self)


@telemetry_recorder_plugin
class MessagesPlugin(BaseRecorderPlugin):
    RECORDER_PLUGIN_ID = "messages"

    def add_test_metadata(self):
        return {}

    def add_cli_arguments(self, group):
        pass

    def load_master_recorders(self, environment, **kwargs):
        pass

    def load_worker_recorders(self, environment, **kwargs):
        pass

    def on_window(self, window):
        for method, name, _status, _error_type, message, count in window.errors:
            IN_WINDOWS[method, name, message] += count


# Behind the package's own `quit` listener, which delivers the last windows.
@events.init.add_listener
def write_at_the_end(environment, **kwargs):
    environment.events.quit.add_listener(lambda **kwargs: write(environment))


def write(environment):
    of_locust = [
        [error.method, error.name, StatsError.parse_error(error.error), error.occurrences]
        for error in environment.stats.errors.values()
    ]
    kind = type(environment.runner).__name__.removesuffix("Runner").lower()
    said = {"in_windows": [[*row, count] for row, count in IN_WINDOWS.items()], "of_locust": of_locust}
    path = Path(os.environ["INDEPENDENT_COUNTS_FOLDER"]) / f"messages-{kind}-{os.getpid()}.json"
    path.write_text(json.dumps(said))
