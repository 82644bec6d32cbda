"""Fires all odd requests in an environment without Locust's own statistics: `odd_library.py JSON_FILE`.

Prints how many there were, and how many failed.
"""

import sys

import gevent
import locust_telemetry
from locust import User, task
from locust.env import Environment
from odd_requests import ALL, has_failed, odd_request


class Idle(User):
    @task
    def nothing(self):
        gevent.sleep(1)


environment = Environment(user_classes=[Idle])
environment.create_local_runner()
# What remains after this listens for telemetry.
environment.events.request._handlers.clear()
session = locust_telemetry.setup(environment, lt_json_file=sys.argv[1], lt_stats_recorder_interval=1)
environment.runner.start(1, spawn_rate=1)
environment.runner.spawning_greenlet.join()
failed = 0
for key, value in ALL:
    arguments = odd_request(key, value)
    environment.events.request.fire(**arguments)
    failed += has_failed(arguments)
# Arguments that are not even names of arguments.
environment.events.request.fire()
environment.events.request.fire(**{"na" + "me": "/usual", "more": 1})
environment.runner.quit()
print(len(ALL) + 2, failed, flush=True)
