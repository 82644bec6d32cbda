"""The names of everything that is recorded."""

from __future__ import annotations

from enum import Enum


class TelemetryEventsEnum(str, Enum):
    """Moments of a test."""

    TEST = "locust.tl.event.test.events"
    TEST_START = "locust.tl.event.test.start"
    TEST_STOP = "locust.tl.event.test.stop"
    SPAWNING_COMPLETE = "locust.tl.event.spawn.complete"
    CPU_WARNING = "locust.tl.event.cpu.warning"
    #: Locust's statistics were set back: by a click in the web UI, or by `--reset-stats` once all users are there.
    STATS_RESET = "locust.tl.event.stats.reset"
    #: A worker joined the running test.
    WORKER_READY = "locust.tl.event.worker.ready"
    #: A worker's heartbeats stay away; Locust gives its users to others.
    WORKER_MISSING = "locust.tl.event.worker.missing"
    #: A worker that was missing is heard again.
    WORKER_BACK = "locust.tl.event.worker.back"
    #: A worker left the running test, or was missing for too long.
    WORKER_GONE = "locust.tl.event.worker.gone"
    #: The closing record of a run: what was recorded, delivered, dropped.
    RUN_SUMMARY = "locust.tl.run.summary"
    #: What Locust counted beside what was recorded, endpoint by endpoint, and why they differ.
    RUN_RECONCILIATION = "locust.tl.run.reconciliation"


class TelemetryMetricsEnum(str, Enum):
    """Figures."""

    CPU = "locust.tl.system.metric.cpu"
    MEMORY = "locust.tl.system.metric.mem"
    NETWORK = "locust.tl.system.metric.network"
    REQUEST_STATS = "locust.tl.request.metric.stats"
    REQUEST_SUCCESS = "locust.tl.request.metric.success"
    REQUEST_ERROR = "locust.tl.request.metric.error"
    USER = "locust.tl.user.metric.count"
    #: Users of each user class.
    USER_CLASS = "locust.tl.user.metric.class.count"
    #: How late the gevent hub was, in ms: a saturated load generator measures itself.
    HUB_LAG = "locust.tl.system.metric.hub.lag"
    #: How long threads of this process waited for a core since the last record, in ms.
    RUN_QUEUE_DELAY = "locust.tl.system.metric.run.queue.delay"
    #: How long a CPU quota stopped this process since the last record, in ms.
    THROTTLED = "locust.tl.system.metric.throttled"
