"""The shop on workers whose frames meet accidents on their way; TAMPER names them, one for each new frame in turn."""

import itertools
import json
import os
from pathlib import Path

import locust.runners
from locust import events
from locust.rpc.protocol import Message
from locust_telemetry import entrypoint
from locust_telemetry.core.channel.line import WorkerLine
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
        #: What was sent once; a frame that goes out again is left alone.
        self.known = set()
        self.overtaken = None
        self.done = []
        self.send_message = WorkerLine.send
        WorkerLine.send = lambda line, name, data: self.on_message(line, name, data)
        environment.events.report_to_master.add_listener(self.on_report)
        environment.events.quit.add_listener(self.write)

    def on_message(self, line, name, data):
        if name == FRAMES:
            data = {"frames": [changed for frame in data["frames"] for changed in self.tamper(frame)]}
        return self.send_message(line, name, data)

    def on_report(self, client_id, data, **kwargs):
        frame = data.pop(FRAME_KEY, None)
        if frame is None:
            return
        *early, last = [None, *self.tamper(frame)]
        for changed in filter(None, early):
            self.runner.client.send(Message(FRAMES, {"frames": [changed]}, self.runner.client_id))
        if last is not None:
            data[FRAME_KEY] = last

    def tamper(self, frame):
        """Return what goes on its way in a new frame's stead."""
        if frame in self.known:
            return [frame]
        self.known.add(frame)
        if self.overtaken is not None:
            late, self.overtaken = self.overtaken, None
            self.done.append("overtake")
            return [frame, late]
        fate = next(self.fates)
        if fate == "overtake":
            self.overtaken = frame
            return []
        self.done.append(fate)
        return {
            "keep": [frame],
            "drop": [],
            "double": [frame, frame],
            "truncate": [frame[: len(frame) // 2]],
            "corrupt": [frame[:-9] + bytes([frame[-9] ^ 1]) + frame[-8:]],
        }[fate]

    def write(self, **kwargs):
        folder = Path(os.environ["INDEPENDENT_COUNTS_FOLDER"])
        (folder / f"fates-{self.runner.worker_index}.json").write_text(json.dumps(self.done))


@events.init.add_listener
def on_init(environment, **kwargs):
    # Behind the package's own listener, which was registered before.
    if isinstance(environment.runner, locust.runners.WorkerRunner):
        Tampering(environment)
