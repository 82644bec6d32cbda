"""A locustfile with a recorder plugin of its own: it names the seconds in which an endpoint was slow.

    locust -f examples/slow_seconds.py --headless -u 20 -r 10 -t 10s -H http://127.0.0.1:8099 \
        --enable-telemetry-recorder json,slow_seconds --slow-above 100

It takes finished windows instead of single requests, so it costs the test nothing.
"""

from locust import FastHttpUser, between, task
from locust_telemetry import entrypoint, telemetry_recorder_plugin
from locust_telemetry.core.plugin import TelemetryRecorderPluginBase
from locust_telemetry.recorder import TelemetryBaseRecorder

entrypoint.initialize()


class SlowSecondsRecorder(TelemetryBaseRecorder):
    name = "slow_seconds"

    def take(self, window):
        limit_ms = self.env.parsed_options.slow_above
        for name, requests, p99_ms in zip(window.names, window.requests, window.quantile_ms(0.99), strict=True):
            if p99_ms > limit_ms:
                self.log_telemetry({"second": window.start, "endpoint": name, "requests": requests, "p99_ms": p99_ms})


@telemetry_recorder_plugin
class SlowSeconds(TelemetryRecorderPluginBase):
    RECORDER_PLUGIN_ID = "slow_seconds"
    recorder = None

    def add_cli_arguments(self, group):
        group.add_argument("--slow-above", type=float, default=500, metavar="MS", help="What counts as slow, in ms.")

    # The master's windows hold those of all workers; a local run has this recorder too, a worker none.
    def load_master_telemetry_recorders(self, environment, **kwargs):
        self.recorder = SlowSecondsRecorder(environment)

    def on_window(self, window):
        if self.recorder:
            self.recorder.take(window)


class Visitor(FastHttpUser):
    wait_time = between(0.1, 0.3)

    @task(3)
    def start_page(self):
        self.client.get("/")

    @task
    def search(self):
        self.client.get("/search")
