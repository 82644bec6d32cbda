"""Tests of a user's own that each make an `Environment` and export it; copied to a name that pytest looks for."""

import json
import os
from pathlib import Path

import gevent.monkey

gevent.monkey.patch_all()

import gevent  # noqa: E402
import locust_telemetry  # noqa: E402
import pytest  # noqa: E402
from locust import HttpUser, constant, task  # noqa: E402
from locust.env import Environment  # noqa: E402
from locust_telemetry.recorders.otel.otel import configure_otel  # noqa: E402
from opentelemetry import metrics  # noqa: E402

visits = metrics.get_meter("of.the.user").create_counter("of.the.user.visits")


#: Requests of each run, in order, counted here.
runs: list[int] = []


def count(**keywords):
    runs[-1] += 1


class Visitor(HttpUser):
    wait_time = constant(0.02)

    @task
    def home(self):
        self.client.get("/")
        visits.add(1)


def native_threads() -> list[str]:
    tasks = Path("/proc/self/task").iterdir()
    return sorted(name for task in tasks if (name := (task / "comm").read_text().strip()).startswith("lt-"))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_recording(number):
    environment = Environment(user_classes=[Visitor], host=os.environ["TARGET_URL"])
    environment.events.request.add_listener(count)
    environment.create_local_runner()
    session = locust_telemetry.setup(environment, enable_telemetry_recorder="otel")
    registry = configure_otel(environment).otel_registry
    assert configure_otel(environment).otel_registry is registry
    for _ in range(2):
        runs.append(0)
        environment.runner.start(2, spawn_rate=2)
        gevent.sleep(0.7)
        environment.runner.stop()
    assert native_threads().count("lt-otel-export") == 1
    environment.runner.quit()
    session.close()
    with gevent.Timeout(5):
        while native_threads():
            gevent.sleep(0.01)
    Path("runs.json").write_text(json.dumps(runs))
