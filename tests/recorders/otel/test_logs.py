"""Log records become OTLP log records: severity, attributes, and which of them do not."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from locust.env import Environment
from locust_telemetry.recorders.otel.lease import Lease
from locust_telemetry.recorders.otel.logs import OtelLogHandler, severity_of
from locust_telemetry.recorders.otel.otel import configure_otel

from tests.isolation import own_logger
from tests.otel_doubles import FakeExporter

IDENTITY = {"run_id": "r1", "testplan": "checkout", "source": "LocalRunner", "source_id": "local"}


@pytest.fixture
def exporter() -> FakeExporter:
    return FakeExporter()


@pytest.fixture
def handler(exporter: FakeExporter) -> Iterator[OtelLogHandler]:
    with own_logger():
        made = OtelLogHandler(exporter, "info", lambda: dict(IDENTITY))  # type: ignore[arg-type]
        made.install()
        yield made
        made.uninstall()


@pytest.fixture
def theirs() -> Iterator[logging.Logger]:
    logger = logging.getLogger("shop.cart")
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (-5, 1),
        (0, 1),
        (9, 4),
        (10, 5),
        (11, 6),
        (19, 8),
        (20, 9),
        (25, 12),
        (30, 13),
        (40, 17),
        (50, 21),
        (53, 24),
        (1000, 24),
    ],
)
def test_levels_have_opentelemetrys_numbers(level: int, severity: int) -> None:
    assert severity_of(level) == severity


def test_a_record_has_the_attributes_of_the_conventions(
    exporter: FakeExporter, handler: OtelLogHandler, theirs: logging.Logger
) -> None:
    theirs.warning("%d left", 3, extra={"item": "x", "price": 1.5, "sold_out": False, "cart": object(), "none": None})
    ((time_ns, severity, text, body, attributes),) = exporter.logged
    assert abs(time_ns / 1e9 - logging.time.time()) < 10  # type: ignore[attr-defined]
    assert (severity, text, body) == (13, "WARNING", "3 left")
    line = attributes.pop("code.line.number")
    assert isinstance(line, int) and line > 1
    assert attributes == {
        "logger.name": "shop.cart",
        "code.file.path": __file__,
        "code.function.name": "test_a_record_has_the_attributes_of_the_conventions",
        "item": "x",
        "price": 1.5,
        "sold_out": False,
        **IDENTITY,
    }


class CartError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "kind"), [(ValueError("on purpose"), "ValueError"), (CartError("on purpose"), f"{__name__}.CartError")]
)
def test_an_exception_is_told_with_its_stack(
    error: Exception, kind: str, exporter: FakeExporter, handler: OtelLogHandler, theirs: logging.Logger
) -> None:
    try:
        raise error
    except Exception:
        theirs.exception("failed")
    attributes = exporter.logged[0][-1]
    assert (attributes["exception.type"], attributes["exception.message"]) == (kind, "on purpose")
    assert "Traceback" in attributes["exception.stacktrace"] and "raise error" in attributes["exception.stacktrace"]


def test_no_exception_is_told_where_there_is_none(
    exporter: FakeExporter, handler: OtelLogHandler, theirs: logging.Logger
) -> None:
    theirs.error("failed", exc_info=True)
    assert [name for name in exporter.logged[0][-1] if name.startswith("exception")] == []


def test_records_below_the_level_stay(exporter: FakeExporter, handler: OtelLogHandler, theirs: logging.Logger) -> None:
    theirs.debug("quiet")
    theirs.info("loud")
    assert [body for _, _, _, body, _ in exporter.logged] == ["loud"]


def test_the_packages_own_warnings_are_exported_and_its_json_lines_are_not(
    exporter: FakeExporter, handler: OtelLogHandler
) -> None:
    ours = logging.getLogger("locust_telemetry.session")
    ours.info("Recording telemetry event", extra={"telemetry": {"telemetry_type": "event"}})
    ours.warning("A recorder did not finish")
    assert [body for _, _, _, body, _ in exporter.logged] == ["A recorder did not finish"]


def test_what_is_logged_while_a_record_is_taken_is_not_exported(
    exporter: FakeExporter, handler: OtelLogHandler, theirs: logging.Logger
) -> None:
    def identity() -> dict[str, Any]:
        theirs.warning("inside")
        return {}

    handler.identity = identity
    theirs.warning("outside")
    theirs.warning("after")
    assert [body for _, _, _, body, _ in exporter.logged] == ["outside", "after"]


def test_a_record_that_cannot_be_read_harms_nobody(
    exporter: FakeExporter,
    handler: OtelLogHandler,
    theirs: logging.Logger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    handler.handle(logging.LogRecord("x", logging.ERROR, "x.py", 1, "%d %d", ("one",), None))
    theirs.warning("after")
    assert [body for _, _, _, body, _ in exporter.logged] == ["after"]


def test_nothing_is_exported_once_it_is_uninstalled_or_mute(
    exporter: FakeExporter, handler: OtelLogHandler, theirs: logging.Logger
) -> None:
    handler.mute()
    theirs.warning("a")
    handler.uninstall()
    theirs.warning("b")
    assert exporter.logged == []
    assert handler not in logging.getLogger().handlers
    assert handler not in logging.getLogger("locust_telemetry").handlers


# --- with the recording


def messages() -> list[str]:
    return [body for exporter in FakeExporter.made for _, _, _, body, _ in exporter.logged]


def test_records_are_exported_by_option_and_while_the_recording_lasts(
    recorded: Callable[..., Environment], theirs: logging.Logger
) -> None:
    env: Any = recorded(otel_log_level="warning")
    theirs.warning("before")
    configure_otel(env)
    theirs.info("below")
    theirs.warning("meanwhile")
    Lease.of(env).end()
    theirs.warning("after")
    assert messages() == ["meanwhile"]


def test_by_default_no_records_are_exported(recorded: Callable[..., Environment], theirs: logging.Logger) -> None:
    configure_otel(recorded())
    theirs.critical("meanwhile")
    assert messages() == []


def test_with_two_environments_a_record_is_exported_once_and_as_long_as_one_is_there(
    recorded: Callable[..., Environment], theirs: logging.Logger
) -> None:
    first, second = recorded(otel_log_level="info"), recorded("master", otel_log_level="info")
    configure_otel(first)
    configure_otel(second)
    theirs.info("both")
    Lease.of(first).end()
    theirs.info("one")
    assert messages() == ["both", "one"]
    assert [record[-1]["source_id"] for record in FakeExporter.made[0].logged] == ["local", "master"]
