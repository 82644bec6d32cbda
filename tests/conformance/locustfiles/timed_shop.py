"""The shop, with requests that take their time, get no answer, or have no response time; each one is written down."""

import socket

from locust import FastHttpUser, HttpUser, constant, events, task
from locust_telemetry import entrypoint
from response_times import ResponseTimes

entrypoint.initialize()
ResponseTimes(events)

# Bound but not listening: nobody else takes the port, and a connection to it is refused.
REFUSING = socket.socket()
REFUSING.bind(("127.0.0.1", 0))
REFUSED_URL = f"http://127.0.0.1:{REFUSING.getsockname()[1]}/"


class Shopper(HttpUser):
    wait_time = constant(0.02)

    @task(4)
    def item(self):
        self.client.get("/item/3", name="/item/[id]")

    @task(2)
    def home(self):
        self.client.get("/")

    @task
    def post_home(self):
        self.client.post("/", data="x")

    @task
    def refused(self):
        self.client.get(REFUSED_URL, name="/refused")


class FastShopper(FastHttpUser):
    wait_time = constant(0.02)

    @task(4)
    def search(self):
        self.client.get("/search")

    @task
    def missing(self):
        self.client.get("/status/404", name="/missing")

    @task
    def missing_as_it_should(self):
        with self.client.get("/status/404", name="/missing", catch_response=True) as response:
            response.success()

    @task
    def no_content(self):
        self.client.get("/status/204", name='/é"\\{}')

    @task
    def without_a_response_time(self):
        self.environment.events.request.fire(
            request_type="JOB", name="/untimed", response_time=None, response_length=0, exception=None, context={}
        )
