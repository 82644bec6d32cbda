"""The logger: one valid JSON line a record, with the documented names, beside a user's own handlers."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from locust_telemetry.logger import RFC3339JsonFormatter, configure_logging
from pythonjsonlogger.json import JsonFormatter

from tests.isolation import own_logger
from tests.locust_doubles import LoggedRecords

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(autouse=True)
def logged() -> Iterator[LoggedRecords]:
    with own_logger() as logged:
        yield logged


class Console:
    """What was written to standard error so far."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self.captured = captured
        self.text = ""

    def getvalue(self) -> str:
        self.text += self.captured.readouterr().err
        return self.text


@pytest.fixture
def console(capsys: pytest.CaptureFixture[str]) -> Console:
    return Console(capsys)


def record(message: str = "hello", created: float = 1_700_000_000.0, **fields: Any) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "locust_telemetry.x", "levelname": "INFO", "msg": message, **fields})
    made.created = created
    return made


def child() -> logging.Logger:
    return logging.getLogger("locust_telemetry.core")


@pytest.mark.parametrize(
    ("created", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000.0, "2023-11-14T22:13:20.000Z"),
        (1_700_000_000.5, "2023-11-14T22:13:20.500Z"),
        (1_700_000_000.9999, "2023-11-14T22:13:20.999Z"),
    ],
)
def test_times_are_utc_with_milliseconds_whatever_datefmt_says(created: float, text: str) -> None:
    formatter = RFC3339JsonFormatter()
    assert formatter.formatTime(record(created=created)) == text
    assert formatter.formatTime(record(created=created), datefmt="%Y") == text


def test_a_line_has_the_documented_names(console: Console) -> None:
    configure_logging()
    child().info("Recording", extra={"telemetry": {"value": 1}})
    line = json.loads(console.getvalue())
    assert set(line) == {"time", "level", "name", "message", "telemetry"}
    assert (line["level"], line["name"], line["message"]) == ("INFO", "locust_telemetry.core", "Recording")
    assert line["telemetry"] == {"value": 1}
    assert RFC3339.fullmatch(line["time"])


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no str")


def test_a_line_is_one_line_of_valid_json_whatever_it_holds(console: Console) -> None:
    configure_logging()
    odd = {
        "nan": float("nan"),
        "bytes": b"\n",
        "line": "a\nb\u2028c",
        "odd": Unprintable(),
        "set": {1},
        "lone": "\ud800",
    }
    child().info("first\nsecond", extra={"telemetry": odd})
    text = console.getvalue()
    assert text.count("\n") == 1 and text.endswith("\n")
    line = json.loads(text)
    assert line["message"] == "first\nsecond"
    assert line["telemetry"] | {"lone": None} == {
        "nan": None,
        "bytes": "b'\\n'",
        "line": "a\nb\u2028c",
        "odd": "(unprintable Unprintable)",
        "set": [1],
        "lone": None,
    }


def test_lines_are_ascii_unless_told_otherwise() -> None:
    text = RFC3339JsonFormatter().format(record("Ünïcode 日本 🦀"))
    assert text.isascii()
    assert json.loads(text)["message"] == "Ünïcode 日本 🦀"
    assert "日本" in RFC3339JsonFormatter(json_ensure_ascii=False).format(record("日本"))


def test_an_exception_is_part_of_the_line(console: Console) -> None:
    configure_logging()
    try:
        raise KeyError("gone")
    except KeyError:
        child().exception("failed")
    text = console.getvalue()
    assert text.count("\n") == 1
    assert "KeyError" in json.loads(text)["exc_info"]


def test_configuring_again_does_not_double_lines(console: Console) -> None:
    for _ in range(3):
        configure_logging()
    child().info("once")
    assert console.getvalue().count("\n") == 1


def test_configuring_again_changes_the_level(console: Console) -> None:
    configure_logging("warning")
    child().info("not shown")
    configure_logging("debug")
    child().debug("shown")
    assert [json.loads(line)["message"] for line in console.getvalue().splitlines()] == ["shown"]


def test_a_users_own_handlers_stay_and_see_the_records(logged: LoggedRecords, console: Console) -> None:
    configure_logging()
    configure_logging()
    child().info("seen", extra={"telemetry": {"a": 1}})
    assert logged.telemetry == [{"a": 1}]


def test_records_do_not_reach_the_root_logger(console: Console) -> None:
    root = LoggedRecords()
    logging.getLogger().addHandler(root)
    try:
        configure_logging()
        child().info("ours alone")
    finally:
        logging.getLogger().removeHandler(root)
    assert root.records == []


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        configure_logging("loud")


def test_it_is_a_json_formatter_with_its_fields() -> None:
    formatter = RFC3339JsonFormatter(
        "%(levelname)s %(message)s", rename_fields={"levelname": "severity"}, static_fields={"app": "x"}
    )
    assert isinstance(formatter, JsonFormatter)
    line = json.loads(formatter.format(record()))
    assert line == {"severity": "INFO", "message": "hello", "app": "x"}


def test_an_own_json_default_is_honoured() -> None:
    formatter = RFC3339JsonFormatter("%(message)s", json_default=lambda value: f"<{type(value).__name__}>")
    assert json.loads(formatter.format(record(odd=object())))["odd"] == "<object>"


def test_an_own_json_encoder_is_honoured() -> None:
    class Encoder(json.JSONEncoder):
        def default(self, o: Any) -> Any:
            return "encoded"

    formatter = RFC3339JsonFormatter("%(message)s", json_encoder=Encoder)
    assert json.loads(formatter.format(record(odd=object())))["odd"] == "encoded"


def test_an_own_serializer_and_indent_are_honoured() -> None:
    assert RFC3339JsonFormatter(json_serializer=lambda *args, **kwargs: "mine").format(record()) == "mine"
    assert "\n  " in RFC3339JsonFormatter("%(message)s", json_indent=2).format(record())
