"""The two runs of the web page's tests, with each request written down too."""

from locust import events
from named_runs import Visitor  # noqa: F401
from response_times import ResponseTimes

ResponseTimes(events)
