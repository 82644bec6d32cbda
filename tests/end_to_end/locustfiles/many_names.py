"""One user that fires as many requests as NAMES_TO_FIRE says, each under a name of its own."""

import os

import gevent
from independent_counter import IndependentCounter
from locust import User, constant, events, task
from locust_telemetry import entrypoint

NAMES = int(os.environ["NAMES_TO_FIRE"])

entrypoint.initialize()
IndependentCounter(events)


class Namer(User):
    wait_time = constant(60)

    @task
    def fire_all(self):
        for number in range(NAMES):
            self.environment.events.request.fire(
                request_type="GET",
                name=f"/page/{number}",
                response_time=number % 100,
                response_length=10,
                exception=None,
                context={},
            )
            if number % 100 == 0:
                gevent.sleep(0)
        print("all fired", flush=True)
