"""A recorder plugin in the earlier spelling: three methods, none of them abstract, and a recorder that logs."""

from locust_telemetry import entrypoint, telemetry_recorder_plugin
from locust_telemetry.core.plugin import TelemetryRecorderPluginBase
from locust_telemetry.recorder import TelemetryBaseRecorder
from shop_users import FastShopper, Shopper  # noqa: F401


class ProbeRecorder(TelemetryBaseRecorder):
    name = "probe_recorder"

    def __init__(self, env, probe):
        super().__init__(env=env)
        self.probe = probe
        self.env.events.test_start.add_listener(self.on_probe)

    def on_probe(self, **kwargs):
        self.log_telemetry({"probe": self.probe, "every": self.env.parsed_options.probe_every}, source="probing")


@telemetry_recorder_plugin
class ProbePlugin(TelemetryRecorderPluginBase):
    RECORDER_PLUGIN_ID = "probe"

    def add_cli_arguments(self, group):
        group.add_argument("--probe-every", type=int, default=5, help="Stands in each record.")

    def load_master_telemetry_recorders(self, environment, **kwargs):
        ProbeRecorder(env=environment, probe="master")

    def load_worker_telemetry_recorders(self, environment, **kwargs):
        ProbeRecorder(env=environment, probe="worker")


entrypoint.initialize()
