"""Requests that end in every way, from both HTTP clients of Locust, under names that tell the client."""

import socket

from independent_counter import IndependentCounter
from locust import FastHttpUser, HttpUser, constant, events, task
from locust_telemetry import entrypoint

entrypoint.initialize()
IndependentCounter(events)

# Bound but not listening: nobody else takes the port, and a connection to it is refused.
REFUSING = socket.socket()
REFUSING.bind(("127.0.0.1", 0))
REFUSED_URL = f"http://127.0.0.1:{REFUSING.getsockname()[1]}/"


def every_ending(user):
    prefix, client = user.prefix, user.client
    client.get("/status/404", name=f"{prefix} missing")
    client.get("/status/500", name=f"{prefix} broken")
    client.get(REFUSED_URL, name=f"{prefix} refused")
    with client.get("/status/404", name=f"{prefix} missing as it should", catch_response=True) as response:
        response.success()
    with client.get("/", name=f"{prefix} wrong content", catch_response=True) as response:
        response.failure("not what was asked for")
    client.get("/status/204", name=f"{prefix} empty")


class Visitor(HttpUser):
    wait_time = constant(0.1)
    prefix = "http"

    @task
    def every_ending(self):
        every_ending(self)


class FastVisitor(FastHttpUser):
    wait_time = constant(0.1)
    prefix = "fast"

    @task
    def every_ending(self):
        every_ending(self)
