"""A load test as a program of its own, without Locust's command line.

python examples/library.py http://127.0.0.1:8099 run.jsonl
"""

import sys

import gevent
import locust_telemetry
from locust import FastHttpUser, constant, task
from locust.env import Environment


class Visitor(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def start_page(self):
        self.client.get("/")


def main(host: str, json_file: str) -> None:
    environment = Environment(user_classes=[Visitor], host=host)
    runner = environment.create_local_runner()
    session = locust_telemetry.setup(environment, testplan="library", lt_json_file=json_file, lt_label="kind=example")
    runner.start(user_count=10, spawn_rate=10)
    gevent.spawn_later(3, runner.quit)
    runner.greenlet.join()
    session.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
