"""A locustfile of pytest functions; it is copied to a name that begins with `test_` to be run."""

import time

from independent_counter import IndependentCounter
from locust import events
from locust_telemetry import entrypoint

entrypoint.initialize()
IndependentCounter(events)


def test_home(session):
    session.get("/")
    session.get("/status/404", name="/missing")
    time.sleep(0.02)


def test_fast_home(fastsession):
    fastsession.get("/")
    time.sleep(0.02)
