"""The native core: counts requests, closes a window each second, writes files, samples the system.

Everything here is safe to call from any greenlet or thread. Times are milliseconds unless the name says
otherwise. An `Engine` starts no thread and opens nothing until it is told to, so it may be made before a fork.
"""

from collections.abc import Callable
from os import PathLike
from typing import Any, Final, final

__all__ = [
    "DEFAULT_MAX_SERIES",
    "Engine",
    "Flush",
    "Histogram",
    "LiveView",
    "LocalRecorder",
    "OtelExporter",
    "OtelInstrument",
    "ReportWriting",
    "Subscription",
    "SystemSample",
    "Window",
    "__version__",
    "command",
    "default_store_path",
    "now_ns",
    "otel_variables",
    "to_json",
]

__version__: Final[str]

#: How many series a process keeps before it counts new ones together as `(overflow)`.
DEFAULT_MAX_SERIES: Final[int]

@final
class Engine:
    """Records the runs of one process: one for each process, or each `Environment` of a library user."""

    def __new__(cls, max_series: int = ...) -> Engine:
        """Make an engine that keeps at most `max_series` series: no thread, no file."""

    @property
    def listener(self) -> Callable[..., None]:
        """The callable to register on Locust's `request` event.

        Takes the event's keywords, ignores positional arguments, returns None and never raises: what it cannot
        read is counted (`Window.anomalies`). Keeps no reference to anything it is given.
        """

    def set_max_series(self, max_series: int) -> None:
        """Change the limit on series (at least 1) for what comes; series that are there stay."""

    def start(self, system_interval_s: float) -> None:
        """Start the native threads, once and after any fork; the system is sampled at this interval.

        An interval outside of what the sampler can do is moved to the nearest that it can. Raises ValueError for
        one that is negative or not finite, OSError where the system refuses a thread.
        """

    def start_run(
        self,
        run_id: str,
        testplan: str,
        role: str,
        source: str,
        source_id: str,
        metadata: dict[str, Any],
        labels: dict[str, str],
    ) -> None:
        """Begin a run; nothing of the last one is in it.

        `role` is `master`, `worker` or `local`; raises ValueError for anything else. Values of `metadata` are
        taken as their `str()`.
        """

    def stop_run(self) -> None:
        """End the run. Requests that still finish are counted to it until the next run starts."""

    def hold(self) -> None:
        """Keep finished windows back until `release`, for a process that does not know its source yet."""

    def release(
        self,
        run_id: str,
        testplan: str,
        role: str,
        source: str,
        source_id: str,
        metadata: dict[str, Any],
        labels: dict[str, str],
    ) -> None:
        """Name the run's process and let the windows go. Arguments and errors as for `start_run`."""

    def tick(self, lag_s: float, users: int) -> None:
        """Take one tick of the gevent hub: how many seconds late it came, and how many users there are."""

    def event(self, name: str, attributes: dict[str, Any]) -> None:
        """Mark a moment in the open window; attributes are taken as their `str()`."""

    def submit(self, level: str, name: str, message: str, telemetry: dict[str, Any]) -> None:
        """Pass one record to the recorders that write single records. Never waits for them."""

    def open_local(
        self,
        path: str | PathLike[str],
        keep: tuple[int, int | None],
        compact_after_s: float | None,
        max_lateness_s: float,
        notes: list[str],
    ) -> LocalRecorder:
        """Open the run store at `path`, or make it, and record to it. Raises OSError if that cannot be.

        `keep` is how many runs are kept, and for how many days. Each run gets the notes, as annotations of its start.
        """

    def open_json_file(
        self,
        path: str | PathLike[str],
        max_bytes: int,
        keep: int,
        interval_s: float,
        endpoint_intervals: bool,
    ) -> None:
        """Open a JSON file and record to it, one line a record.

        At `max_bytes` the file is moved to `<path>.1`, and so on; `keep` moved ones stay. `interval_s` is the time
        between what endpoints did, which `endpoint_intervals` turns on. Raises OSError if the file cannot be
        opened.
        """

    def open_otel(self, exporter: OtelExporter) -> None:
        """Give this engine's windows to the exporter from now on; summaries show them as delivered to `otel`."""

    def end_run(self) -> None:
        """Take that the run has its closing record: recorders may mark its series as ended."""

    def subscribe(self, id: str) -> Subscription:
        """Return a queue of the windows that finish from now on; summaries show the subscriber as `id`."""

    def flush(self) -> Flush:
        """Close the open window and ask all recorders to pass on what they have. Does not wait.

        On a master this closes every second that still waits for workers.
        """

    # --- on a worker

    def send_frames(self) -> None:
        """From now on keep closed windows for the master, which has said that it reads frames. Safe to repeat."""

    def frame(self) -> bytes | None:
        """Return one frame with every window closed since the last one; None before `send_frames` or without a run.

        After `stop_run` the frame is marked as the last one. Closes no window: call `flush` first where the open
        one belongs in.
        """

    def frames_again(self, first: int, last: int) -> list[bytes]:
        """Return those of the frames with these sequence numbers, both included, that this run still keeps."""

    def acknowledge(self, sequence: int) -> None:
        """Take that the master has everything up to and including this sequence number of the present run."""

    @property
    def is_acknowledged(self) -> bool:
        """Whether the master has every frame that was given out for this run; True where none was."""

    def clock_sample(self, sent_ns: int, received_ns: int, replied_ns: int, returned_ns: int) -> None:
        """Take one exchange with the master, in Unix nanoseconds.

        `sent_ns` and `returned_ns` are by this process's clock, the others by the master's. The exchange with the
        smallest error bound wins; windows are labelled in the master's time from then on.
        """

    @property
    def clock(self) -> tuple[int, int] | None:
        """Offset to the master's clock and its error bound, in ns; None before the first sample."""

    def await_clock(self) -> None:
        """Hold windows back until the first `clock_sample`, or `clock_unknown`."""

    def clock_unknown(self) -> None:
        """Take that no answer came: windows go out by this process's own clock."""

    # --- on the master

    def merge(self, client_id: str, frame: bytes) -> None:
        """Take a worker's frame. Returns at once; a native thread reads and merges it."""

    def worker(self, client_id: str, source_id: str, state: str) -> None:
        """Take what Locust knows of a worker: `state` is `ready`, `running`, `missing`, `back` or `gone`."""

    def worker_messages(self) -> list[tuple[str, str, int, int]]:
        """Return what is to be sent to workers since the last call: client id, kind, first and last sequence number.

        The kind is `resend`, or `acknowledge`, whose two numbers are the same.
        """

    @property
    def is_merged(self) -> bool:
        """Whether every worker that sent frames in this run has sent its last one without gaps, or cannot any more.

        Workers that are gone or missing cannot.
        """

    def worker_losses(self) -> list[dict[str, Any]]:
        """Return what became of each worker's windows in this run.

        Fields: `source_id`, `client_id`, `state`, `requests`, `received`, `resent`, `reordered`, `replayed`,
        `refused`, `lost` (counts), `lost_from` and `lost_until` (Unix seconds or None), `silent` (it never sent a
        frame).
        """

    # --- anywhere

    def configure_merge(self, history_s: float, max_lateness_s: float) -> None:
        """Set how long a worker keeps its frames, and how long a master's second waits for slow workers."""

    def configure_confidence(
        self, hub_lag_ms: float, cpu_percent: float, run_queue_percent: float, throttled_percent: float
    ) -> None:
        """Set above what a window is marked suspect.

        CPU is in percent of a core, waiting for a core and being stopped by a quota in percent of the time.
        """

    def endpoints(self) -> list[tuple[str, str, int, int, Histogram]]:
        """Return method, name, requests, failures and response times of each endpoint of the run so far.

        Up to the last closed second; on a master, of all workers together.
        """

    def reconciliation(
        self, locust: list[tuple[str, str, int, int]], statistics_were_reset: bool, requests_after_locust: int
    ) -> dict[str, Any] | None:
        """Return the fields of the record that compares what was recorded with Locust's own counts.

        `locust` holds method, name, requests and failures of each endpoint; `requests_after_locust` is how many
        requests workers told of when Locust no longer counted any. None before any run.
        """

    def latency(self) -> Histogram:
        """Return the response times of the whole run so far, over all endpoints."""

    def summary(self) -> dict[str, Any] | None:
        """Return what the run and each recorder counted, as the fields of the closing record; None before any run."""

    def take_notices(self) -> list[str]:
        """Return what the recorders want the user to know; each notice once."""

    def system(self) -> SystemSample | None:
        """Return the newest system sample; None before the first and after `shutdown`."""

    def renew_after_fork(self) -> None:
        """In the child of a fork during a run: forget the inherited engine and begin with an empty one."""

    def shutdown(self) -> None:
        """End the native threads, which work off what is queued. Does not wait."""

@final
class Flush:
    """A flush under way."""

    @property
    def done(self) -> bool:
        """Whether everything offered before the flush has been passed on or counted as dropped."""

    def wait(self, timeout_s: float) -> bool:
        """Wait until done, at most `timeout_s` seconds; return whether it is. Blocks the hub: for exit hooks."""

@final
class Subscription:
    """A bounded queue of finished windows. Fetching never waits."""

    def next(self) -> Window | None:
        """Return the next finished window, or None if none waits."""

    @property
    def dropped_requests(self) -> int:
        """Requests in windows that were dropped because nobody fetched them in time."""

@final
class Window:
    """What one process counted in one second.

    Columns have one entry for each series (method, name, status, error type), all in the same order. Columns of
    numbers are read-only memoryviews.
    """

    @property
    def start(self) -> int:
        """The second: whole seconds since the Unix epoch."""

    @property
    def run_id(self) -> str:
        """The run that the window belongs to."""

    @property
    def testplan(self) -> str:
        """The name of the test."""

    @property
    def source(self) -> str:
        """The runner's class name, such as `WorkerRunner`."""

    @property
    def source_id(self) -> str:
        """`worker-<index>`, `master` or `local`."""

    @property
    def users(self) -> int:
        """Simulated users at the end of the second."""

    @property
    def hub_lag_ms(self) -> float | None:
        """How late the latest tick of the gevent hub came; None without a tick."""

    @property
    def suspect_reasons(self) -> list[str]:
        """Why not to trust it: `hub_lag`, `process_cpu`, `run_queue_delay`, `throttled`, `worker_missing`; or empty."""

    @property
    def workers(self) -> list[dict[str, Any]]:
        """On a master, what each worker did in the second: a dict each, with the keys of a worker's record.

        `worker`, `state`, `user_count`, `num_requests`, `num_failures`, `latency` (a Histogram), `cpu_percent`,
        `hub_lag_ms`, `suspect_reasons`.
        """

    @property
    def events(self) -> list[str]:
        """The names of the events of this second."""

    @property
    def total_requests(self) -> int:
        """All requests of the window."""

    @property
    def total_failures(self) -> int:
        """All failed requests of the window."""

    @property
    def anomalies(self) -> dict[str, int]:
        """How often each kind of odd input occurred; kinds that did not are absent."""

    @property
    def errors(self) -> list[tuple[str, str, int | None, str, str, int]]:
        """What failed requests said: method, name, status, error type, message, count; each message of each series.

        The message is the text by which Locust tells errors apart, with every address in memory left out, control
        characters escaped, and cut after 512 characters (it ends in `…` then). A process keeps 200 messages in a run;
        further ones are counted as `(other messages)` of their series.
        """

    @property
    def names(self) -> tuple[str, ...]:
        """Column: the requests' names."""

    @property
    def methods(self) -> tuple[str, ...]:
        """Column: the requests' types (HTTP methods)."""

    @property
    def statuses(self) -> tuple[int | None, ...]:
        """Column: status codes, None without a response."""

    @property
    def error_types(self) -> tuple[str | None, ...]:
        """Column: the exceptions' classes, None for successes."""

    @property
    def requests(self) -> memoryview[int]:
        """Column: how many requests."""

    @property
    def timed(self) -> memoryview[int]:
        """Column: how many of them had a usable response time."""

    @property
    def response_bytes(self) -> memoryview[int]:
        """Column: bytes of the responses."""

    @property
    def sum_ms(self) -> memoryview[float]:
        """Column: the sum of the response times."""

    @property
    def min_ms(self) -> memoryview[float]:
        """Column: the shortest response time, NaN without one."""

    @property
    def max_ms(self) -> memoryview[float]:
        """Column: the longest response time, NaN without one."""

    def quantile_ms(self, q: float) -> memoryview[float]:
        """Return a column: the q-quantile of each series, NaN without a time.

        Raises ValueError for a q that is not between 0 and 1.
        """

    def histogram(self, row: int) -> Histogram:
        """Return the histogram of one row. Raises IndexError for a row that is not there."""

    def __len__(self) -> int:
        """Return how many rows the columns have."""

@final
class Histogram:
    """A latency histogram: base-2 exponential buckets, in milliseconds. Read-only."""

    @property
    def scale(self) -> int:
        """OpenTelemetry's scale: bucket i covers (base^i, base^(i+1)] ms with base = 2^(2^-scale)."""

    @property
    def count(self) -> int:
        """How many times were recorded."""

    @property
    def zero_count(self) -> int:
        """How many of them were zero."""

    @property
    def sum_ns(self) -> int:
        """The exact sum in nanoseconds."""

    @property
    def offset(self) -> int:
        """Index of the first bucket in `counts`."""

    @property
    def counts(self) -> list[int]:
        """Counts of the buckets from `offset` on."""

    def quantile_ms(self, q: float) -> float | None:
        """Return the q-quantile, or None without a time."""

@final
class LocalRecorder:
    """The run store of this process, as it is written, and its live page."""

    def set_facts(self, run_id: str, facts: dict[str, Any]) -> None:
        """Keep these facts (JSON types) with the run of this id, which is on or starts next."""

    def serve(self, host: str, port: int, token: str | None) -> str:
        """Serve the live page on `port`, or the next free one (0: any); return its address, the token in it.

        Raises ValueError for a host that others can reach without a token, OSError where no port can be had.
        """

    def write_report(self, run_id: str, path: str | PathLike[str]) -> ReportWriting:
        """Write a report of a run to `path`, on a thread of its own."""

    def close_page(self) -> None:
        """End the live page, if there is one. Safe to call again."""

@final
class LiveView:
    """Shows the runs of another process in this process's terminal."""

    def __new__(cls, announcement: str | PathLike[str]) -> LiveView:
        """Show runs that are announced in this file, which need not be there yet.

        A run is announced by a line of JSON, `{"store": PATH, "run_id": ID}`. Raises OSError if the system refuses a
        thread.
        """

    def take_line(self, line: str, is_error: bool) -> None:
        """Take a line that the process wrote: passed on at once while nothing is drawn, else once that is over."""

    def pause(self) -> None:
        """Give the terminal back and write what was kept, until `resume`."""

    def resume(self) -> None:
        """Draw again."""

    def close(self) -> None:
        """End the view, give the terminal back and write what was kept. Safe to call again."""

@final
class ReportWriting:
    """A report under way."""

    @property
    def path(self) -> str:
        """The file that it is written to."""

    @property
    def done(self) -> bool:
        """Whether it was written, or cannot be."""

    @property
    def error(self) -> str | None:
        """Why it could not be written; None while it is written, and after it was."""

    def wait(self, timeout_s: float) -> bool:
        """Wait until done, at most `timeout_s` seconds, without the GIL; return whether it is."""

@final
class OtelExporter:
    """Exports the metrics and logs of one process by OTLP, from native threads that never wait for Python.

    Made before the threads are: none exists, and no connection, until `start`.
    """

    def __new__(
        cls,
        variables: dict[str, str],
        *,
        endpoint: str | None,
        insecure: bool | None,
        interval_s: float,
        flush_timeout_s: float,
        resource: dict[str, str],
        export_requests: bool,
        speak_for_workers: bool,
        semantic_conventions: bool,
        server: str | None,
        mark_end: bool,
    ) -> OtelExporter:
        """Check everything that can be checked without a connection.

        `variables` are the environment's; `endpoint` and `insecure` win over them where they are not None.
        `interval_s` is the time between exports unless OTEL_METRIC_EXPORT_INTERVAL gives one; `resource` holds
        attributes that OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME may replace. `export_requests` says whether
        windows become metrics of requests; `speak_for_workers`, on a master, whether its workers export nothing
        themselves, so that their users, system and verdicts are exported here too;
        `semantic_conventions` adds http.client.request.duration, whose server is that of the tested URL `server`.
        `mark_end` says whether series of an ended run get an end marker.

        Raises ValueError, with one line for the user, for a variable, an endpoint or a certificate that cannot be used.
        """

    @property
    def disabled(self) -> bool:
        """Whether OTEL_SDK_DISABLED is true: nothing is recorded or exported."""

    def start(self) -> None:
        """Start the threads: once, after any fork. Raises OSError where the system refuses a thread."""

    def set_server(self, url: str | None) -> None:
        """Take the URL that is tested from now on; None if it is not known."""

    def instrument(
        self,
        scope: str,
        scope_version: str,
        kind: str,
        name: str,
        unit: str,
        description: str,
        boundaries: list[float] | None,
    ) -> OtelInstrument:
        """Return an instrument; the same one for the same scope, name, kind and unit.

        The kind is `counter`, `up_down_counter`, `histogram`, `gauge`, `observable_counter`,
        `observable_up_down_counter` or `observable_gauge`. `boundaries` are a histogram's, None for the defaults.
        Raises ValueError for another kind.
        """

    def log(self, time_ns: int, severity: int, severity_text: str, body: str, attributes: dict[str, Any]) -> None:
        """Export a log record. Never waits: beyond the queue's limit it is dropped and counted.

        `time_ns` is Unix time, `severity` OpenTelemetry's number from 1 to 24.
        """

    @property
    def wants_observations(self) -> bool:
        """Whether an export is due and waits, 0.5 s at most, for the callbacks of observables to be run."""

    def observed(self) -> None:
        """Take that the callbacks have been run."""

    def flush(self) -> Flush:
        """Export everything now. Does not wait."""

    def shutdown(self) -> Flush:
        """Export for the last time, mark the series' ends, and end the threads. Does not wait.

        The flush is done after `flush_timeout_s` at the latest.
        """

    def abandon(self) -> None:
        """In the child of a fork: forget the parent's threads and connections."""

@final
class OtelInstrument:
    """One instrument. Whole numbers stay whole numbers; values that cannot be taken are counted and never raise."""

    def add(self, amount: float, attributes: dict[str, Any] | None = None) -> None:
        """Add to a counter; a counter that only grows ignores what is negative."""

    def record(self, amount: float, attributes: dict[str, Any] | None = None) -> None:
        """Record a value in a histogram."""

    def set(self, amount: float, attributes: dict[str, Any] | None = None) -> None:
        """Set a gauge."""

    def observe(self, callback: int, observations: list[tuple[float, dict[str, Any] | None]]) -> None:
        """Take what one callback of an observable gave, in place of what it gave last.

        `callback` is any number that is the caller's own for it.
        """

@final
class SystemSample:
    """One reading of the machine and of this process. Read-only."""

    @property
    def time(self) -> float:
        """When the sample was taken: seconds since the Unix epoch."""

    @property
    def process_cpu_percent(self) -> float:
        """CPU of this process in percent of one core."""

    @property
    def process_memory_bytes(self) -> int:
        """Resident memory of this process."""

    @property
    def host_cpu_percent(self) -> float:
        """CPU of the host in percent of all its cores."""

    @property
    def host_memory_used_bytes(self) -> int:
        """Memory in use on the host."""

    @property
    def host_memory_total_bytes(self) -> int:
        """Memory of the host."""

    @property
    def network_sent_bytes(self) -> int:
        """Bytes sent in this network namespace since the sampler started."""

    @property
    def network_received_bytes(self) -> int:
        """Bytes received in this network namespace since the sampler started."""

    @property
    def run_queue_delay_ms(self) -> float | None:
        """Time that threads of this process waited for a core since the last sample; None if not known."""

    @property
    def throttled_ms(self) -> float | None:
        """Time that a CPU quota stopped this process's group since the last sample; None if not known."""

def default_store_path() -> str:
    """Return the path of the run store in the user's data directory. Raises OSError where there is none."""

def now_ns() -> int:
    """Return Unix time in nanoseconds by this process's clock."""

def otel_variables() -> list[tuple[str, str, str]]:
    """Return the variables that `OtelExporter` reads: name, default, meaning."""

def to_json(value: object) -> str:
    """Return any Python value as one JSON text.

    Never raises for a value that cannot be read; the text is always valid JSON. Numbers that are not finite
    become null, dates ISO 8601, enums their value, sets and tuples arrays, everything else its `str()`.
    """

def command(arguments: list[str]) -> tuple[list[str] | None, list[str] | None, tuple[int, int] | None, int]:
    """Run the `locust-telemetry` command, which prints what it has to say.

    Returns what is left to do: `(arguments, None, None, 0)` to run Locust with those, `(None, arguments, None, 0)` to
    call this command with those in another process and to show its runs, `(None, None, (seconds, users), 0)` to run the
    demo, `(None, None, None, status)` to end with that status.
    """
