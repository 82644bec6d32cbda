"""Options: what each accepts, what it says about the rest, and how a process takes them."""

import os
import re
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from locust.argument_parser import get_empty_argument_parser
from locust.rpc.protocol import Message
from locust_telemetry import options as o
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.core.plugin import TelemetryRecorderPluginBase
from locust_telemetry.recorders.json.plugin import LocustJsonRecorderPlugin

from tests.isolation import own_manager

ROOT = Path(__file__).resolve().parent.parent
ALL = o.ALL_OPTIONS


class Mine(TelemetryRecorderPluginBase):
    RECORDER_PLUGIN_ID = "mine"


@pytest.fixture(autouse=True)
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecorderPluginManager]:
    for option in ALL:
        monkeypatch.delenv(option.env_var, raising=False)
    with own_manager() as manager:
        manager.register_recorder_plugin(LocustJsonRecorderPlugin())
        manager.register_recorder_plugin(Mine())
        yield manager


def parse(*arguments: str, config: Path | None = None) -> Any:
    parser = get_empty_argument_parser(default_config_files=[str(config)] if config else [])
    o.add_options(parser.add_argument_group("telemetry"), ALL)
    return parser.parse_args(list(arguments))


# --- the table itself


@pytest.mark.parametrize("option", ALL, ids=lambda option: option.flag)
def test_an_option_has_all_that_its_help_and_reference_need(option: o.Option) -> None:
    assert option.flag.startswith("--")
    assert option.env_var.startswith("LOCUST_")
    assert option.is_flag or (option.metavar and option.metavar.isupper())
    assert option.help.strip().endswith(".")
    assert "\n" not in option.help


def test_no_flag_or_variable_stands_twice() -> None:
    assert len({option.flag for option in ALL}) == len({option.env_var for option in ALL}) == len(ALL)


@pytest.mark.parametrize(
    ("flag", "env_var", "default"),
    [
        ("--testplan", "LOCUST_TESTPLAN_NAME", None),
        ("--enable-telemetry-recorder", "LOCUST_ENABLE_TELEMETRY_RECORDER", ["json", "local"]),
        ("--lt-stats-recorder-interval", "LOCUST_TELEMETRY_STATS_RECORDER_INTERVAL", 3),
        ("--lt-system-usage-recorder-interval", "LOCUST_TELEMETRY_SYSTEM_USAGE_RECORDER_INTERVAL", None),
        ("--lt-log-level", "LOCUST_TELEMETRY_LOG_LEVEL", "info"),
        ("--lt-otel-exporter-otlp-endpoint", "LOCUST_OTEL_EXPORTER_OTLP_ENDPOINT", None),
        ("--lt-otel-exporter-otlp-insecure", "LOCUST_OTEL_EXPORTER_OTLP_INSECURE", None),
    ],
)
def test_what_start_scripts_rely_on(flag: str, env_var: str, default: Any) -> None:
    (option,) = [option for option in ALL if option.flag == flag]
    assert (option.env_var, option.default) == (env_var, default)
    assert getattr(parse(), option.dest) == default


def test_a_percent_sign_in_a_help_text_is_shown_as_it_is() -> None:
    odd = o.Option("--odd", "LOCUST_ODD", "50%", str, "ODD", "At most 100% of %s.")
    parser = get_empty_argument_parser(default_config_files=[])
    o.add_options(parser.add_argument_group("telemetry"), [odd])
    assert "At most 100% of %s. Default: 50%." in " ".join(parser.format_help().split())


def test_adding_options_twice_is_harmless() -> None:
    parser = get_empty_argument_parser(default_config_files=[])
    group = parser.add_argument_group("telemetry")
    o.add_options(group, ALL)
    o.add_options(group, ALL)
    assert parser.parse_args(["--testplan", "x"]).testplan == "x"


# --- values

NUMBERS = [
    o.STATS_INTERVAL,
    o.SYSTEM_INTERVAL,
    o.FLUSH_TIMEOUT,
    o.FRAME_HISTORY,
    o.MAX_LATENESS,
    o.STORE_COMPACT_AFTER,
]

PERCENTS = [o.SUSPECT_CPU, o.SUSPECT_RUN_QUEUE, o.SUSPECT_THROTTLED]

TRUTHS = [o.JSON_ENDPOINT_INTERVALS, o.WEB, o.OTEL_INSECURE, o.OTEL_SEMCONV]

GOOD = [
    (o.TESTPLAN, "checkout", "checkout"),
    (o.TESTPLAN, "Ünïcode 日本 / v1.2", "Ünïcode 日本 / v1.2"),
    (o.ENABLE, "json", ["json"]),
    (o.ENABLE, " json , mine ,", ["json", "mine"]),
    (o.ENABLE, "none", ["none"]),
    *[
        (option, text, value)
        for option in NUMBERS
        for text, value in [("3", 3), ("0.5", 0.5), ("1e2", 100), ("86400", 86_400)]
    ],
    (o.SUSPECT_HUB_LAG, "0.1", 0.1),
    (o.SUSPECT_HUB_LAG, "60000", 60_000),
    *[(option, text, value) for option in PERCENTS for text, value in [("0.1", 0.1), ("90", 90), ("10000", 10_000)]],
    (o.LOG_LEVEL, "debug", "debug"),
    (o.LOG_LEVEL, "WARNING", "warning"),
    (o.MAX_SERIES, "1", 1),
    (o.MAX_SERIES, "1000000", 1_000_000),
    (o.LABEL, "env=staging", [("env", "staging")]),
    (o.LABEL, "a=1, b = x=y ,c=", [("a", "1"), ("b", "x=y"), ("c", "")]),
    (o.NOTE, " new cache, 2 GB ", ["new cache, 2 GB"]),
    (o.NOTE, "x" * 1000, ["x" * 1000]),
    (o.JSON_FILE_MAX_SIZE, "0.001", 0.001),
    (o.JSON_FILE_MAX_SIZE, "1048576", 1_048_576),
    (o.JSON_FILE_KEEP, "0", 0),
    (o.JSON_FILE_KEEP, "1000", 1000),
    *[(option, text, True) for option in TRUTHS for text in ("true", "True", "1", "yes", " YES ")],
    *[(option, text, False) for option in TRUTHS for text in ("false", "False", "0", "no")],
    (o.OTEL_ENDPOINT, " collector:4317 ", "collector:4317"),
    (o.OTEL_ENDPOINT, "https://collector.test/otlp", "https://collector.test/otlp"),
    (o.OTEL_EXPORT_FROM, "Master", "master"),
    (o.OTEL_LOG_LEVEL, "NONE", "none"),
    (o.OTEL_LOG_LEVEL, "Warning", "warning"),
    (o.OTEL_END_OF_RUN, "keep", "keep"),
    (o.STORE_KEEP_RUNS, "1", 1),
    (o.STORE_KEEP_DAYS, "36500", 36_500),
    (o.WEB_HOST, "::1", "::1"),
    (o.WEB_PORT, "0", 0),
    (o.WEB_PORT, "65535", 65_535),
    (o.WEB_TOKEN, "0123456789._~-aZ", "0123456789._~-aZ"),
]

BAD = [
    (o.TESTPLAN, "", "empty"),
    (o.TESTPLAN, "  ", "empty"),
    (o.TESTPLAN, "a\nb", "printed"),
    (o.TESTPLAN, "a\ud800", "printed"),
    (o.ENABLE, "", "json, mine, none"),
    (o.ENABLE, " , ", "json, mine, none"),
    (o.ENABLE, "json,unknown", "'unknown'; there are: json, mine, none"),
    (o.ENABLE, "JSON", "'JSON'"),
    *[
        (option, text, "is not a number of seconds from 0.01")
        for option in NUMBERS
        for text in ("", "0", "0.0", "-1", "nan", "inf", "86401", "three", "1s", "1,5")
    ],
    *[(o.SUSPECT_HUB_LAG, text, "milliseconds from 0.1 to 60000") for text in ("0", "-1", "60001", "nan", "50ms")],
    *[
        (option, text, "percent from 0.1 to 10000")
        for option in PERCENTS
        for text in ("", "0", "-1", "nan", "10001", "9%")
    ],
    (o.LOG_LEVEL, "loud", "debug, info, warning, error, critical"),
    (o.LOG_LEVEL, "", "debug, info"),
    *[(o.MAX_SERIES, text, "whole number from 1 to 1000000") for text in ("0", "-1", "1.5", "1000001", "many", "")],
    *[(o.LABEL, text, "key=value") for text in ("", "env", "=x", " =x", "a=1,b", "a=1,,b=2")],
    *[(o.NOTE, text, "1 to 1000 characters") for text in ("", "  ", "a\nb", "x" * 1001)],
    *[(o.JSON_FILE_MAX_SIZE, text, "MiB") for text in ("0", "-1", "nan", "1048577", "1MB")],
    *[(o.JSON_FILE_KEEP, text, "from 0 to 1000") for text in ("-1", "1001", "1.5", "")],
    *[
        (option, text, "neither true, 1, yes nor false, 0, no")
        for option in TRUTHS
        for text in ("", "maybe", "2", "on")
    ],
    *[(o.OTEL_ENDPOINT, text, "host:port for gRPC") for text in ("", " ", "a\nb")],
    *[(o.OTEL_EXPORT_FROM, text, "workers, master") for text in ("", "both")],
    *[(o.OTEL_LOG_LEVEL, text, "none, debug, info") for text in ("", "loud", "30")],
    *[(o.OTEL_END_OF_RUN, text, "stale, keep") for text in ("", "drop")],
    *[(o.STORE_KEEP_RUNS, text, "from 1 to 1000000") for text in ("0", "-1", "1.5", "")],
    *[(o.STORE_KEEP_DAYS, text, "from 1 to 36500") for text in ("0", "-1", "0.5", "36501", "")],
    *[(o.WEB_PORT, text, "to 65535") for text in ("-1", "65536", "http", "")],
    *[(o.WEB_TOKEN, text, "16 or more") for text in ("", "0123456789abcde", "0123456789 abcdef", "0123456789abcdéf")],
    *[(o.STORE, text, "such as runs.db") for text in ("", "/", "a\0b")],
    (o.STORE, "/missing/runs.db", "no folder '/missing'"),
    (o.REPORT, "", "such as report.html"),
]


def test_a_token_is_not_repeated_where_it_is_refused() -> None:
    with pytest.raises(o.OptionError) as refused:
        o.WEB_TOKEN.value("almost-a-token")
    assert "almost-a-token" not in str(refused.value)


@pytest.mark.parametrize(("option", "text", "value"), GOOD, ids=lambda part: getattr(part, "flag", None))
def test_good_values(option: o.Option, text: str, value: Any) -> None:
    assert option.value(text) == value
    assert getattr(parse(f"{option.flag}={text}"), option.dest) == value


@pytest.mark.parametrize(("option", "text", "accepted"), BAD, ids=lambda part: getattr(part, "flag", None))
def test_bad_values_name_the_option_and_what_would_be_accepted(
    option: o.Option, text: str, accepted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OptionError) as caught:
        option.value(text)
    assert option.flag in str(caught.value)
    assert option.env_var in str(caught.value)
    assert accepted in str(caught.value)
    with pytest.raises(SystemExit) as ended:
        parse(f"{option.flag}={text}")
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert error.count("\n") == 1
    assert option.flag in error


@given(st.text(max_size=30))
def test_any_text_is_a_value_or_an_option_error_of_one_line(text: str) -> None:
    for option in ALL:
        if option is not o.ENABLE:
            try:
                msgpack.dumps(option.value(text))
            except OptionError as error:
                assert "\n" not in str(error)


def test_a_note_keeps_its_commas_and_may_be_repeated() -> None:
    parsed = parse("--lt-note", "a, b", "--lt-note", "c")
    assert o.Options.of(parsed).notes == ("a, b", "c")


# --- the JSON file


def test_a_file_in_a_folder_that_is_there_is_a_plain_string(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    assert o.JSON_FILE.value(str(path)) == str(path)
    path.touch()
    assert o.JSON_FILE.value(str(path)) == str(path)
    assert type(o.JSON_FILE.value(str(path))) is str


@pytest.mark.parametrize("name", ["missing/run.jsonl", "", ".", "a\0b", "a" * 300])
def test_a_path_that_cannot_be_a_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--lt-json-file"):
        o.JSON_FILE.value(str(tmp_path / name) if name else "")


def test_permission_is_asked_of_the_file_or_else_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def access(path: Any, mode: int) -> bool:
        asked.append((path, mode))
        return False

    monkeypatch.setattr(os, "access", access)
    there = tmp_path / "there.jsonl"
    there.touch()
    for path in (there, tmp_path / "new.jsonl"):
        with pytest.raises(OptionError, match="no permission"):
            o.JSON_FILE.value(str(path))
    assert asked == [(there, os.W_OK), (tmp_path, os.W_OK)]


# --- where values come from


def test_a_repeated_option_adds_to_what_was_given_and_replaces_the_default() -> None:
    parsed = parse("--enable-telemetry-recorder", "mine", "--enable-telemetry-recorder", "json,mine")
    assert parsed.enable_telemetry_recorder == ["mine", "json", "mine"]
    assert o.Options.of(parsed).recorders == ("mine", "json")
    assert parse().enable_telemetry_recorder == ["json", "local"]


def test_an_option_that_stands_once_takes_the_last() -> None:
    assert parse("--testplan", "a", "--testplan", "b").testplan == "b"


def test_labels_of_a_key_take_the_last() -> None:
    parsed = parse("--lt-label", "env=a,team=x", "--lt-label", "env=b")
    assert dict(o.Options.of(parsed).labels) == {"env": "b", "team": "x"}


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        (o.TESTPLAN, "checkout", "checkout"),
        (o.ENABLE, "mine,json", ["mine", "json"]),
        (o.ENABLE, "[mine, json]", ["mine", "json"]),
        (o.STATS_INTERVAL, "0.5", 0.5),
        (o.LABEL, "a=1,b=2", [("a", "1"), ("b", "2")]),
        (o.JSON_ENDPOINT_INTERVALS, "no", False),
    ],
)
def test_variables_of_the_environment_are_parsed_too(
    option: o.Option, text: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(option.env_var, text)
    assert getattr(parse(), option.dest) == value


def test_a_bad_variable_ends_the_process_with_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(o.STATS_INTERVAL.env_var, "0")
    with pytest.raises(SystemExit) as ended:
        parse()
    assert ended.value.code == 2
    assert o.STATS_INTERVAL.env_var in capsys.readouterr().err


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(o.ENABLE.env_var, "json")
    monkeypatch.setenv(o.STATS_INTERVAL.env_var, "9")
    parsed = parse("--enable-telemetry-recorder", "mine", "--lt-stats-recorder-interval", "1")
    assert (parsed.enable_telemetry_recorder, parsed.lt_stats_recorder_interval) == (["mine"], 1)


def test_a_configuration_file_gives_values_and_lists(tmp_path: Path) -> None:
    config = tmp_path / "locust.conf"
    config.write_text(
        "enable-telemetry-recorder = [mine, json]\nlt-stats-recorder-interval = 0.5\ntestplan = from-file\n"
    )
    parsed = parse(config=config)
    assert parsed.enable_telemetry_recorder == ["mine", "json"]
    assert (parsed.lt_stats_recorder_interval, parsed.testplan) == (0.5, "from-file")


def test_all_values_reach_workers_through_locusts_protocol(tmp_path: Path) -> None:
    given = [
        (o.TESTPLAN, "checkout"),
        (o.ENABLE, "json,mine"),
        (o.LOG_LEVEL, "debug"),
        (o.LABEL, "env=staging,team=x"),
        (o.JSON_FILE, str(tmp_path / "run.jsonl")),
        (o.OTEL_ENDPOINT, "collector:4317"),
        (o.OTEL_INSECURE, "yes"),
        (o.OTEL_EXPORT_FROM, "master"),
    ]
    for parsed in (parse(), parse(*[f"{option.flag}={text}" for option, text in given])):
        sent = Message("spawn", {"parsed_options": vars(parsed)}, "worker")
        received = Message.unserialize(sent.serialize()).data["parsed_options"]
        assert o.Options.of(Namespace(**received)) == o.Options.of(parsed)


# --- taken once


def test_options_of_nothing_are_the_defaults() -> None:
    for parsed in (None, Namespace(), parse(), Namespace(**{option.dest: None for option in ALL})):
        assert o.Options.of(parsed) == o.Options()


def test_the_defaults_are_those_of_the_table() -> None:
    taken = o.Options()
    assert taken.recorders == tuple(o.ENABLE.default)
    assert taken.stats_interval_s == taken.system_interval_s == o.STATS_INTERVAL.default
    assert (taken.log_level, taken.max_series) == (o.LOG_LEVEL.default, o.MAX_SERIES.default)
    assert (dict(taken.labels), taken.flush_timeout_s) == ({}, o.FLUSH_TIMEOUT.default)
    assert (
        (taken.frame_history_s, taken.max_lateness_s) == (o.FRAME_HISTORY.default, o.MAX_LATENESS.default) == (300, 10)
    )
    assert (taken.suspect_hub_lag_ms, taken.suspect_cpu_percent) == (o.SUSPECT_HUB_LAG.default, o.SUSPECT_CPU.default)
    assert taken.suspect_run_queue_percent == o.SUSPECT_RUN_QUEUE.default
    assert taken.suspect_throttled_percent == o.SUSPECT_THROTTLED.default
    assert (taken.json_file, taken.json_file_keep) == (None, o.JSON_FILE_KEEP.default)
    assert taken.json_file_max_size_mib == o.JSON_FILE_MAX_SIZE.default
    assert taken.json_endpoint_intervals is o.JSON_ENDPOINT_INTERVALS.default
    assert (taken.otel_endpoint, taken.otel_insecure) == (o.OTEL_ENDPOINT.default, o.OTEL_INSECURE.default)
    assert (taken.otel_semconv, taken.otel_export_from) == (o.OTEL_SEMCONV.default, o.OTEL_EXPORT_FROM.default)
    assert (taken.otel_log_level, taken.otel_end_of_run) == (o.OTEL_LOG_LEVEL.default, o.OTEL_END_OF_RUN.default)


def test_the_system_interval_follows_the_other_unless_given() -> None:
    assert o.Options.of(Namespace(lt_stats_recorder_interval=7)).system_interval_s == 7
    both = Namespace(lt_stats_recorder_interval=7, lt_system_usage_recorder_interval=2)
    assert o.Options.of(both).system_interval_s == 2


def test_what_concerns_frames_and_confidence_is_taken() -> None:
    merging = ["--lt-frame-history=60", "--lt-max-lateness=2.5"]
    limits = ["--lt-suspect-hub-lag=7", "--lt-suspect-cpu=80", "--lt-suspect-run-queue=15", "--lt-suspect-throttled=1"]
    taken = o.Options.of(parse(*merging, *limits))
    assert (taken.frame_history_s, taken.max_lateness_s) == (60, 2.5)
    assert (taken.suspect_hub_lag_ms, taken.suspect_cpu_percent) == (7, 80)
    assert (taken.suspect_run_queue_percent, taken.suspect_throttled_percent) == (15, 1)


def test_what_concerns_the_export_is_taken() -> None:
    taken = o.Options.of(
        parse(
            "--lt-otel-exporter-otlp-endpoint=collector:4317",
            "--lt-otel-exporter-otlp-insecure=no",
            "--lt-otel-semconv=yes",
            "--lt-otel-export-from=master",
            "--lt-otel-log-level=error",
            "--lt-otel-end-of-run=keep",
        )
    )
    assert (taken.otel_endpoint, taken.otel_insecure, taken.otel_semconv) == ("collector:4317", False, True)
    assert (taken.otel_export_from, taken.otel_log_level, taken.otel_end_of_run) == ("master", "error", "keep")


def test_seconds_are_suspect_from_the_same_figures_on_with_and_without_options() -> None:
    source = (ROOT / "crates" / "core" / "src" / "confidence.rs").read_text(encoding="utf-8")
    defaults = source.partition("impl Default for Thresholds")[2].partition("\n}")[0]
    core = {name: float(figure) for name, figure in re.findall(r"(\w+): ([\d_.]+)", defaults)}
    assert {
        "hub_lag_ns": o.SUSPECT_HUB_LAG.default * 1e6,
        "process_cpu_percent": o.SUSPECT_CPU.default,
        "run_queue_delay_share": pytest.approx(o.SUSPECT_RUN_QUEUE.default / 100),
        "throttled_share": pytest.approx(o.SUSPECT_THROTTLED.default / 100),
    } == core
    taken = o.Options.of(Namespace())
    assert taken == o.Options()
    assert (taken.suspect_hub_lag_ms, taken.suspect_cpu_percent) == (o.SUSPECT_HUB_LAG.default, o.SUSPECT_CPU.default)
    assert taken.suspect_run_queue_percent == o.SUSPECT_RUN_QUEUE.default
    assert taken.suspect_throttled_percent == o.SUSPECT_THROTTLED.default


@pytest.mark.parametrize("ids", [["none"], ["json", "none"], "none", "json,none"])
def test_none_turns_all_recorders_off(ids: Any) -> None:
    assert o.Options.of(Namespace(enable_telemetry_recorder=ids)).recorders == ()


def test_texts_are_parsed_and_checked() -> None:
    texts = Namespace(
        enable_telemetry_recorder="mine,json,mine",
        lt_stats_recorder_interval="0.5",
        lt_label="a=1,b=2",
        lt_max_series="7",
        lt_json_endpoint_intervals="no",
        lt_log_level="DEBUG",
    )
    taken = o.Options.of(texts)
    assert taken.recorders == ("mine", "json")
    assert (taken.stats_interval_s, dict(taken.labels), taken.max_series) == (0.5, {"a": "1", "b": "2"}, 7)
    assert (taken.json_endpoint_intervals, taken.log_level) == (False, "debug")
    with pytest.raises(OptionError, match="--enable-telemetry-recorder.*'unknown'"):
        o.Options.of(Namespace(enable_telemetry_recorder="unknown"))
    with pytest.raises(OptionError, match="--lt-max-series"):
        o.Options.of(Namespace(lt_max_series="none"))


def test_the_json_file_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    assert o.Options.of(Namespace(lt_json_file=str(path))).json_file == path
    assert o.Options.of(Namespace(lt_json_file=path)).json_file == path
