"""Runs Locust as a library, without its command line: `library.py HOST JSON_FILE ORDER END RUNS`.

ORDER is `runner-first` or `setup-first`; END is `close` or `exit`: whether the session is closed or left to the exit.
"""

import sys

import gevent
import locust_telemetry
from independent_counter import IndependentCounter
from locust import HttpUser, constant, task
from locust.env import Environment


class Visitor(HttpUser):
    wait_time = constant(0.02)

    @task
    def home(self):
        self.client.get("/", name=f"/run-{len(counter.runs)}")

    @task
    def missing(self):
        self.client.get("/status/404", name="/missing")


host, json_file, order, end, runs = sys.argv[1:]
environment = Environment(user_classes=[Visitor], host=host)
counter = IndependentCounter(environment.events)
if order == "runner-first":
    environment.create_local_runner()
session = locust_telemetry.setup(environment, testplan="library", lt_json_file=json_file, lt_stats_recorder_interval=1)
if order == "setup-first":
    environment.create_local_runner()
for _ in range(int(runs)):
    environment.runner.start(4, spawn_rate=4)
    gevent.sleep(1.5)
    environment.runner.stop()
    print("total", environment.stats.total.num_requests, environment.stats.total.num_failures, flush=True)
environment.runner.quit()
if end == "close":
    session.close()
    session.close()
