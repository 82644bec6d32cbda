"""The shop, in a process that forks a child amid the test; the child outlives it."""

import os

import gevent
from gevent.monkey import get_original
from independent_counter import FOLDER
from locust import User, constant, task
from locust_telemetry import entrypoint
from shop_users import Shopper  # noqa: F401

entrypoint.initialize()

LONG_S = 60


class Forker(User):
    fixed_count = 1
    wait_time = constant(LONG_S)

    @task
    def fork(self):
        # By then the run is in the store.
        gevent.sleep(2.5)
        if os.fork() == 0:
            # Not gevent's, which would go on with the test.
            get_original("time", "sleep")(LONG_S)
            os._exit(0)
        (FOLDER / "forked").touch()
