"""A second locustfile that turns telemetry on once more, under the other documented name."""

from locust import HttpUser, constant, task
from locust_telemetry import entrypoint

entrypoint.setup_telemetry()


class Searcher(HttpUser):
    wait_time = constant(0.1)

    @task
    def search(self):
        self.client.get("/search")
