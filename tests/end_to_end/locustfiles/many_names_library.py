"""Fires 100,000 names without Locust's own statistics, whose memory grows with each: `many_names_library.py FILE`."""

import sys

import gevent
import locust_telemetry
from locust import User, task
from locust.env import Environment

NAMES = 100_000


class Idle(User):
    @task
    def nothing(self):
        gevent.sleep(1)


environment = Environment(user_classes=[Idle])
environment.create_local_runner()
# What remains after this listens for telemetry.
environment.events.request._handlers.clear()
session = locust_telemetry.setup(
    environment, lt_json_file=sys.argv[1], lt_max_series=1000, lt_stats_recorder_interval=1
)
environment.runner.start(1, spawn_rate=1)
environment.runner.spawning_greenlet.join()
for number in range(NAMES):
    failed = OSError("no") if number % 10 == 0 else None
    environment.events.request.fire(
        request_type="GET", name=f"/page/{number}", response_time=number % 100, response_length=10, exception=failed
    )
    if number % 100 == 0:
        gevent.sleep(0.001)
environment.runner.quit()
session.close()
