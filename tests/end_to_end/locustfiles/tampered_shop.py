"""The shop on workers whose frames meet accidents on their way; TAMPER names them, one for each report in turn."""

import itertools
import json
import os
from pathlib import Path

import locust.runners
from locust import events
from locust.rpc.protocol import Message
from locust_telemetry import entrypoint
from locust_telemetry.core.channel.messages import FRAME_KEY, FRAMES
from shop_users import FastShopper, Shopper  # noqa: F401

entrypoint.initialize()

# Many reports in a short run.
locust.runners.WORKER_REPORT_INTERVAL = 0.5


class Tampering:
    def __init__(self, environment):
        self.runner = environment.runner
        fates = os.environ["TAMPER"].split(",")
        first = self.runner.worker_index % len(fates)
        self.fates = itertools.cycle(fates[first:] + fates[:first])
        self.overtaken = None
        self.done = []
        environment.events.report_to_master.add_listener(self.on_report)
        environment.events.quit.add_listener(self.write)

    def on_report(self, client_id, data, **kwargs):
        frame = data.get(FRAME_KEY)
        if frame is None:
            return
        if self.overtaken is not None:
            # The newer one goes first, the older one rides in the report.
            self.send(frame)
            data[FRAME_KEY], self.overtaken = self.overtaken, None
            self.done.append("overtake")
            return
        fate = next(self.fates)
        if fate == "drop":
            del data[FRAME_KEY]
        elif fate == "double":
            self.send(frame)
        elif fate == "overtake":
            self.overtaken = data.pop(FRAME_KEY)
            return
        elif fate == "truncate":
            data[FRAME_KEY] = frame[: len(frame) // 2]
        elif fate == "corrupt":
            data[FRAME_KEY] = frame[:-9] + bytes([frame[-9] ^ 1]) + frame[-8:]
        self.done.append(fate)

    def send(self, frame):
        self.runner.client.send(Message(FRAMES, {"frames": [frame]}, self.runner.client_id))

    def write(self, **kwargs):
        folder = Path(os.environ["INDEPENDENT_COUNTS_FOLDER"])
        (folder / f"fates-{self.runner.worker_index}.json").write_text(json.dumps(self.done))


@events.init.add_listener
def on_init(environment, **kwargs):
    # Behind the package's own listener, which was registered before.
    if isinstance(environment.runner, locust.runners.WorkerRunner):
        Tampering(environment)
