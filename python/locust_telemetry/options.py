"""Every option of the command line: its name, variable, default, check and help. The one list of them.

A bad value ends Locust before the test with one line that names the option and what it takes, and exit
status 2. The reference table in the documentation is generated from here.

Named tuples rather than dataclasses: this module is imported with every locustfile, and they cost milliseconds less.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

from locust_telemetry import config
from locust_telemetry import option_values as values
from locust_telemetry.core.exceptions import OptionError

_LOG_LEVELS = ("debug", "info", "warning", "error", "critical")

#: What `--lt-otel-export-from` takes.
EXPORT_FROM_WORKERS = "workers"
EXPORT_FROM_MASTER = "master"

#: What `--lt-otel-log-level` takes for no logs.
NO_LOGS = "none"

#: What `--lt-otel-end-of-run` takes.
END_STALE = "stale"
END_KEEP = "keep"


class Option(NamedTuple):
    """One option of the command line."""

    flag: str
    env_var: str
    default: Any
    #: Turns the text into the value; raises ValueError with what would be accepted.
    parse: Callable[[str], Any]
    metavar: str
    help: str
    #: How often it may stand: once, or many times (a list).
    repeatable: bool = False
    #: The default in words, where the value does not say it.
    default_text: str | None = None
    #: Whether it stands alone, without a value.
    is_flag: bool = False

    @property
    def dest(self) -> str:
        """The attribute of `parsed_options`."""
        return self.flag.removeprefix("--").replace("-", "_")

    def value(self, text: str) -> Any:
        """Return the value of `text`; raises OptionError that names the option."""
        try:
            return self.parse(text)
        except (ValueError, OSError) as error:
            raise OptionError(f"{self.flag} (or {self.env_var}): {error}") from None


def fail(message: str) -> NoReturn:
    """End the process before the test: one line, exit status 2."""
    sys.stderr.write(f"locust: error: {message}\n")
    sys.stderr.flush()
    sys.exit(2)


class _Set(argparse.Action):
    """Parses the value; a bad one ends the process. A repeatable option replaces its default when first given."""

    def __init__(self, *args: Any, option: Option, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.option = option

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        option = self.option
        try:
            # A list is what a configuration file gives.
            parsed = [option.value(str(value)) for value in (values if isinstance(values, list) else [values])]
        except OptionError as error:
            fail(str(error))
        if not option.repeatable:
            setattr(namespace, self.dest, parsed[-1])
            return
        given = getattr(namespace, self.dest, None)
        kept = given if isinstance(given, _Given) else _Given()
        setattr(namespace, self.dest, _Given([*kept, *(item for items in parsed for item in items)]))


class _SetEach(_Set, argparse._AppendAction):
    """The same for repeatable options: a configuration file's lists are for actions that append."""


class _Given(list[Any]):
    """A list that somebody gave, as opposed to a default."""


def add_options(group: Any, options: Iterable[Option]) -> None:
    """Add options to an argparse group of Locust's parser; those that are there already stay."""
    present = {flag for action in getattr(group, "_group_actions", ()) for flag in action.option_strings}
    for option in options:
        if option.flag in present:
            continue
        if option.is_flag:
            group.add_argument(option.flag, action="store_true", env_var=option.env_var, help=option.help)
        else:
            shown = option.default_text if option.default_text is not None else option.default
            group.add_argument(
                option.flag,
                action=_SetEach if option.repeatable else _Set,
                option=option,
                default=option.default,
                env_var=option.env_var,
                metavar=option.metavar,
                help=f"{option.help} Default: {shown}.".replace("%", "%%"),
            )


TESTPLAN = Option(
    "--testplan",
    "LOCUST_TESTPLAN_NAME",
    None,
    values.printable,
    "NAME",
    "Names the test; recorded with everything, so that runs of the same test can be found and compared.",
    default_text="the locustfile's name without .py",
)
ENABLE = Option(
    "--enable-telemetry-recorder",
    "LOCUST_ENABLE_TELEMETRY_RECORDER",
    list(config.DEFAULT_RECORDERS),
    values.recorder_ids,
    "ID",
    "Which recorders run; repeat the option or separate ids with commas. 'none' turns all off.",
    repeatable=True,
    default_text=",".join(config.DEFAULT_RECORDERS),
)
STATS_INTERVAL = Option(
    "--lt-stats-recorder-interval",
    "LOCUST_TELEMETRY_STATS_RECORDER_INTERVAL",
    config.DEFAULT_STATS_RECORDER_INTERVAL,
    values.seconds,
    "SECONDS",
    "Seconds between periodic records; fractions are allowed.",
)
SYSTEM_INTERVAL = Option(
    "--lt-system-usage-recorder-interval",
    "LOCUST_TELEMETRY_SYSTEM_USAGE_RECORDER_INTERVAL",
    None,
    values.seconds,
    "SECONDS",
    "Seconds between samples of CPU, memory and network.",
    default_text="the interval of periodic records",
)
LOG_LEVEL = Option(
    "--lt-log-level",
    "LOCUST_TELEMETRY_LOG_LEVEL",
    config.DEFAULT_TELEMETRY_LOG_LEVEL,
    values.one_of(*_LOG_LEVELS, what="level"),
    "LEVEL",
    "Level of the locust_telemetry logger. Records are logged at info: a higher level keeps them off the log.",
)
MAX_SERIES = Option(
    "--lt-max-series",
    "LOCUST_TELEMETRY_MAX_SERIES",
    10_000,
    values.series,
    "COUNT",
    "How many series (method, name, status, error) a process keeps; later ones are counted together as '(overflow)'.",
)
LABEL = Option(
    "--lt-label",
    "LOCUST_TELEMETRY_LABELS",
    [],
    values.label,
    "KEY=VALUE",
    "Labels the run, such as env=staging; repeat the option or separate labels with commas.",
    repeatable=True,
    default_text="none",
)
FLUSH_TIMEOUT = Option(
    "--lt-flush-timeout",
    "LOCUST_TELEMETRY_FLUSH_TIMEOUT",
    config.DEFAULT_FLUSH_TIMEOUT,
    values.seconds,
    "SECONDS",
    "How long the end of a run, and of the process, may wait for recorders; what they still hold then is told.",
)
FRAME_HISTORY = Option(
    "--lt-frame-history",
    "LOCUST_TELEMETRY_FRAME_HISTORY",
    300.0,
    values.seconds,
    "SECONDS",
    "How long a worker keeps what it sent to the master, which asks for it again where something got lost.",
)
MAX_LATENESS = Option(
    "--lt-max-lateness",
    "LOCUST_TELEMETRY_MAX_LATENESS",
    10.0,
    values.seconds,
    "SECONDS",
    "How long the master waits for slow workers before it records a second; what comes later counts in the totals.",
)
SUSPECT_HUB_LAG = Option(
    "--lt-suspect-hub-lag",
    "LOCUST_TELEMETRY_SUSPECT_HUB_LAG",
    10.0,
    values.milliseconds,
    "MS",
    "A second is marked suspect if Locust's own loop was later than this: response times then hold its delay too.",
)
SUSPECT_CPU = Option(
    "--lt-suspect-cpu",
    "LOCUST_TELEMETRY_SUSPECT_CPU",
    70.0,
    values.percent,
    "PERCENT",
    "A second is marked suspect if this process used more than this of a CPU core: it can hardly use a second one.",
)
SUSPECT_RUN_QUEUE = Option(
    "--lt-suspect-run-queue",
    "LOCUST_TELEMETRY_SUSPECT_RUN_QUEUE",
    15.0,
    values.percent,
    "PERCENT",
    "A second is marked suspect if this process was ready to run but waited for a core for more than this of the time.",
)
SUSPECT_THROTTLED = Option(
    "--lt-suspect-throttled",
    "LOCUST_TELEMETRY_SUSPECT_THROTTLED",
    5.0,
    values.percent,
    "PERCENT",
    "A second is marked suspect if a CPU limit (of a container) stopped this process for more than this of the time.",
)
JSON_FILE = Option(
    "--lt-json-file",
    "LOCUST_TELEMETRY_JSON_FILE",
    None,
    values.writable_file("run.jsonl"),
    "PATH",
    "Also write all records to this file, one JSON object a line; a worker puts its name before the ending.",
    default_text="no file",
)
JSON_FILE_MAX_SIZE = Option(
    "--lt-json-file-max-size",
    "LOCUST_TELEMETRY_JSON_FILE_MAX_SIZE",
    256.0,
    values.mebibytes,
    "MIB",
    "Size in MiB at which the JSON file is moved to PATH.1 (and that to PATH.2, and so on) and begun anew.",
)
JSON_FILE_KEEP = Option(
    "--lt-json-file-keep",
    "LOCUST_TELEMETRY_JSON_FILE_KEEP",
    4,
    values.files,
    "COUNT",
    "How many moved JSON files are kept; older ones are deleted.",
)
JSON_ENDPOINT_INTERVALS = Option(
    "--lt-json-endpoint-intervals",
    "LOCUST_TELEMETRY_JSON_ENDPOINT_INTERVALS",
    True,
    values.truth,
    "BOOL",
    "Whether the JSON file gets what each endpoint did in each interval, with exact percentiles and the histogram.",
)

OTEL_ENDPOINT = Option(
    "--lt-otel-exporter-otlp-endpoint",
    "LOCUST_OTEL_EXPORTER_OTLP_ENDPOINT",
    None,
    values.endpoint,
    "URL",
    "Where the otel recorder exports to: a URL, or host:port for gRPC. Wins over the standard variables.",
    default_text="what the `OTEL_EXPORTER_OTLP_*` variables say",
)
OTEL_INSECURE = Option(
    "--lt-otel-exporter-otlp-insecure",
    "LOCUST_OTEL_EXPORTER_OTLP_INSECURE",
    None,
    values.truth,
    "BOOL",
    "Whether an endpoint without a scheme is spoken to without TLS.",
    default_text="`OTEL_EXPORTER_OTLP_INSECURE`, or else false",
)
OTEL_SEMCONV = Option(
    "--lt-otel-semconv",
    "LOCUST_TELEMETRY_OTEL_SEMCONV",
    False,
    values.truth,
    "BOOL",
    "Whether requests are also exported as OpenTelemetry's conventions name them: http.client.request.duration.",
)
OTEL_EXPORT_FROM = Option(
    "--lt-otel-export-from",
    "LOCUST_TELEMETRY_OTEL_EXPORT_FROM",
    EXPORT_FROM_WORKERS,
    values.one_of(EXPORT_FROM_WORKERS, EXPORT_FROM_MASTER, what="side"),
    "SIDE",
    "Who exports what workers did: the workers, or the master for all (one connection). The master's choice holds.",
)
OTEL_LOG_LEVEL = Option(
    "--lt-otel-log-level",
    "LOCUST_TELEMETRY_OTEL_LOG_LEVEL",
    NO_LOGS,
    values.one_of(NO_LOGS, *_LOG_LEVELS, what="level"),
    "LEVEL",
    "Python log records of this level and above are exported too, as far as Locust's --loglevel lets them pass.",
)
OTEL_END_OF_RUN = Option(
    "--lt-otel-end-of-run",
    "LOCUST_TELEMETRY_OTEL_END_OF_RUN",
    END_STALE,
    values.one_of(END_STALE, END_KEEP, what="end"),
    "END",
    "'stale' marks an ended run's series as ended; 'keep' is for a Collector whose page is scraped at long intervals.",
)

STORE = Option(
    "--lt-store",
    "LOCUST_TELEMETRY_STORE",
    None,
    values.writable_file("runs.db"),
    "PATH",
    "The file that keeps the runs (SQLite); many tests may share it. Workers keep nothing: their master has it all.",
    default_text="`locust-telemetry/runs.db` in the user's data directory",
)
STORE_KEEP_RUNS = Option(
    "--lt-store-keep-runs",
    "LOCUST_TELEMETRY_STORE_KEEP_RUNS",
    200,
    values.runs,
    "COUNT",
    "How many runs are kept; older ones are deleted when another begins.",
)
STORE_KEEP_DAYS = Option(
    "--lt-store-keep-days",
    "LOCUST_TELEMETRY_STORE_KEEP_DAYS",
    None,
    values.days,
    "DAYS",
    "Runs that ended longer ago are deleted when another begins.",
    default_text="however old",
)
STORE_COMPACT_AFTER = Option(
    "--lt-store-compact-after",
    "LOCUST_TELEMETRY_STORE_COMPACT_AFTER",
    None,
    values.seconds,
    "SECONDS",
    "For very long runs: what is older than this is kept by the minute instead of by the second.",
    default_text="every second is kept",
)
WEB = Option(
    "--lt-web",
    "LOCUST_TELEMETRY_WEB",
    True,
    values.truth,
    "BOOL",
    "Whether the live page is served while Locust runs.",
)
WEB_HOST = Option(
    "--lt-web-host",
    "LOCUST_TELEMETRY_WEB_HOST",
    "127.0.0.1",
    values.printable,
    "HOST",
    "Address that the live page is served on; one that others can reach needs --lt-web-token.",
)
WEB_PORT = Option(
    "--lt-web-port",
    "LOCUST_TELEMETRY_WEB_PORT",
    8090,
    values.port,
    "PORT",
    "Port of the live page, or the next free one; 0 takes any that is free.",
)
WEB_TOKEN = Option(
    "--lt-web-token",
    "LOCUST_TELEMETRY_WEB_TOKEN",
    None,
    values.token,
    "TOKEN",
    "What a browser must bring to see the live page (better given by the variable: others can read command lines).",
    default_text="none",
)
REPORT = Option(
    "--lt-report",
    "LOCUST_TELEMETRY_REPORT",
    None,
    values.writable_file("report.html"),
    "PATH",
    "Write a report of each run to this file: one page that needs nothing else. '{run_id}' in it is replaced.",
    default_text="no report",
)

NOTE = Option(
    "--lt-note",
    "LOCUST_TELEMETRY_NOTE",
    [],
    values.note,
    "TEXT",
    "A note kept with each run from its start, as those of 'locust-telemetry annotate'; repeat the option for more.",
    repeatable=True,
    default_text="none",
)
LIVE = Option(
    "--lt-live",
    "LOCUST_TELEMETRY_LIVE",
    False,
    values.truth,
    "",
    "With 'locust-telemetry run': the terminal shows the run while it is on; elsewhere a line every 10 s does.",
    default_text="off",
    is_flag=True,
)

#: The options that concern all recorders.
CORE_OPTIONS = (
    TESTPLAN,
    ENABLE,
    STATS_INTERVAL,
    SYSTEM_INTERVAL,
    LOG_LEVEL,
    MAX_SERIES,
    LABEL,
    FLUSH_TIMEOUT,
    FRAME_HISTORY,
    MAX_LATENESS,
    SUSPECT_HUB_LAG,
    SUSPECT_CPU,
    SUSPECT_RUN_QUEUE,
    SUSPECT_THROTTLED,
)

#: The options of the JSON recorder.
JSON_OPTIONS = (JSON_FILE, JSON_FILE_MAX_SIZE, JSON_FILE_KEEP, JSON_ENDPOINT_INTERVALS)

#: The options of the otel recorder.
OTEL_OPTIONS = (OTEL_ENDPOINT, OTEL_INSECURE, OTEL_SEMCONV, OTEL_EXPORT_FROM, OTEL_LOG_LEVEL, OTEL_END_OF_RUN)

#: The options of the local recorder.
LOCAL_OPTIONS = (
    STORE,
    STORE_KEEP_RUNS,
    STORE_KEEP_DAYS,
    STORE_COMPACT_AFTER,
    WEB,
    WEB_HOST,
    WEB_PORT,
    WEB_TOKEN,
    REPORT,
    NOTE,
    LIVE,
)

#: Every option of the package.
ALL_OPTIONS = (*CORE_OPTIONS, *JSON_OPTIONS, *LOCAL_OPTIONS, *OTEL_OPTIONS)


class Options(NamedTuple):
    """The options of this process, taken once: the master's overwrite a worker's `parsed_options` later."""

    recorders: tuple[str, ...] = config.DEFAULT_RECORDERS
    stats_interval_s: float = config.DEFAULT_STATS_RECORDER_INTERVAL
    system_interval_s: float = config.DEFAULT_STATS_RECORDER_INTERVAL
    log_level: str = config.DEFAULT_TELEMETRY_LOG_LEVEL
    max_series: int = 10_000
    labels: Mapping[str, str] = MappingProxyType({})
    flush_timeout_s: float = config.DEFAULT_FLUSH_TIMEOUT
    frame_history_s: float = 300.0
    max_lateness_s: float = 10.0
    suspect_hub_lag_ms: float = 10.0
    suspect_cpu_percent: float = 70.0
    suspect_run_queue_percent: float = 15.0
    suspect_throttled_percent: float = 5.0
    json_file: Path | None = None
    json_file_max_size_mib: float = 256.0
    json_file_keep: int = 4
    json_endpoint_intervals: bool = True
    #: None: the user's data directory.
    store: Path | None = None
    store_keep_runs: int = 200
    store_keep_days: int | None = None
    store_compact_after_s: float | None = None
    web: bool = True
    web_host: str = "127.0.0.1"
    web_port: int = 8090
    web_token: str | None = None
    report: str | None = None
    notes: tuple[str, ...] = ()
    live: bool = False
    otel_endpoint: str | None = None
    #: None: not given.
    otel_insecure: bool | None = None
    otel_semconv: bool = False
    otel_export_from: str = EXPORT_FROM_WORKERS
    otel_log_level: str = NO_LOGS
    otel_end_of_run: str = END_STALE

    @classmethod
    def of(cls, parsed: Any) -> Options:
        """Take the options from Locust's `parsed_options`; what is missing has its default."""

        def get(option: Option) -> Any:
            value = getattr(parsed, option.dest, None)
            if value is None:
                return option.default
            # Text is what a program may set that makes its own `parsed_options`.
            return option.value(value) if isinstance(value, str) else value

        ids = list(dict.fromkeys(get(ENABLE)))
        system_interval_s = get(SYSTEM_INTERVAL)
        json_file = get(JSON_FILE)
        store = get(STORE)
        return cls(
            recorders=() if config.NO_RECORDER_ID in ids else tuple(ids),
            stats_interval_s=get(STATS_INTERVAL),
            system_interval_s=get(STATS_INTERVAL) if system_interval_s is None else system_interval_s,
            log_level=get(LOG_LEVEL),
            max_series=get(MAX_SERIES),
            labels=dict(get(LABEL)),
            flush_timeout_s=get(FLUSH_TIMEOUT),
            frame_history_s=get(FRAME_HISTORY),
            max_lateness_s=get(MAX_LATENESS),
            suspect_hub_lag_ms=get(SUSPECT_HUB_LAG),
            suspect_cpu_percent=get(SUSPECT_CPU),
            suspect_run_queue_percent=get(SUSPECT_RUN_QUEUE),
            suspect_throttled_percent=get(SUSPECT_THROTTLED),
            json_file=None if json_file is None else Path(json_file),
            json_file_max_size_mib=get(JSON_FILE_MAX_SIZE),
            json_file_keep=get(JSON_FILE_KEEP),
            json_endpoint_intervals=get(JSON_ENDPOINT_INTERVALS),
            store=None if store is None else Path(store),
            store_keep_runs=get(STORE_KEEP_RUNS),
            store_keep_days=get(STORE_KEEP_DAYS),
            store_compact_after_s=get(STORE_COMPACT_AFTER),
            web=get(WEB),
            web_host=get(WEB_HOST),
            web_port=get(WEB_PORT),
            web_token=get(WEB_TOKEN),
            report=get(REPORT),
            notes=tuple(get(NOTE)),
            live=get(LIVE),
            otel_endpoint=get(OTEL_ENDPOINT),
            otel_insecure=get(OTEL_INSECURE),
            otel_semconv=get(OTEL_SEMCONV),
            otel_export_from=get(OTEL_EXPORT_FROM),
            otel_log_level=get(OTEL_LOG_LEVEL),
            otel_end_of_run=get(OTEL_END_OF_RUN),
        )
