"""Requests under a name that an option of the locustfile's own gives, which the web page may set for each run."""

from independent_counter import IndependentCounter
from locust import FastHttpUser, constant, events, task
from locust_telemetry import entrypoint

entrypoint.initialize()
IndependentCounter(events)


@events.init_command_line_parser.add_listener
def add_endpoint_name(parser, **kwargs):
    parser.add_argument("--endpoint-name", default="/unnamed")


class Visitor(FastHttpUser):
    wait_time = constant(0.02)

    @task
    def home(self):
        self.client.get("/", name=self.environment.parsed_options.endpoint_name)

    @task
    def missing(self):
        self.client.get("/status/404", name="/missing")
