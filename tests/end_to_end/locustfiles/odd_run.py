"""A run of the odd requests that Locust's own statistics can take, among usual ones."""

from locust import User, constant, events, task
from locust_telemetry import entrypoint
from odd_requests import HARMLESS, USUAL, odd_request

entrypoint.initialize()


class Odd(User):
    wait_time = constant(0.1)

    @task
    def fire_all(self):
        for key, value in HARMLESS:
            events.request.fire(**odd_request(key, value))
        events.request.fire(**USUAL)
