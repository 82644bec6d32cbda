"""What an exporter is made from: options, variables, and which process it is."""

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest
from locust.env import Environment
from locust_telemetry._native import __version__
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.options import Options
from locust_telemetry.recorders.otel.exporter import make_exporter, resource_of, server_of

from tests.locust_doubles import RUNNERS, environment
from tests.otel_doubles import FakeExporter

Recorded = Callable[..., Environment]


def settings(role: str = "local", single: bool = False, **options: Any) -> dict[str, Any]:
    make_exporter(environment(RUNNERS[role]()), Options(**options), single)
    return FakeExporter.made[-1].settings


def test_defaults_leave_all_to_the_standard_variables() -> None:
    made = settings()
    assert (made["endpoint"], made["insecure"], made["server"]) == (None, None, None)
    assert (made["interval_s"], made["flush_timeout_s"]) == (3, 5)
    assert (made["semantic_conventions"], made["mark_end"]) == (False, True)


def test_options_are_passed_on() -> None:
    made = settings(
        otel_endpoint="collector:4317",
        otel_insecure=False,
        otel_semconv=True,
        otel_end_of_run="keep",
        stats_interval_s=0.5,
        flush_timeout_s=2,
    )
    assert (made["endpoint"], made["insecure"]) == ("collector:4317", False)
    assert (made["interval_s"], made["flush_timeout_s"]) == (0.5, 2)
    assert (made["semantic_conventions"], made["mark_end"]) == (True, False)


def test_only_variables_of_opentelemetry_and_proxies_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        monkeypatch.delenv(name)
    passed_on = {"OTEL_EXPORTER_OTLP_TIMEOUT": "100", "HTTPS_PROXY": "http://proxy", "no_proxy": "localhost"}
    for name, value in {**passed_on, "SECRET": "x", "MY_OTEL_TOKEN": "x"}.items():
        monkeypatch.setenv(name, value)
    settings()
    assert FakeExporter.made[-1].variables == passed_on


@pytest.mark.parametrize(
    ("role", "side", "exports_requests", "speaks_for_workers"),
    [
        ("local", "workers", True, False),
        ("local", "master", True, False),
        ("worker", "workers", True, False),
        ("master", "workers", False, False),
        ("master", "master", True, True),
    ],
)
def test_requests_and_workers_are_exported_by_one_side(
    role: str, side: str, exports_requests: bool, speaks_for_workers: bool
) -> None:
    made = settings(role, otel_export_from=side)
    assert (made["export_requests"], made["speak_for_workers"]) == (exports_requests, speaks_for_workers)


def test_requests_that_a_recorder_takes_one_by_one_are_not_exported_natively() -> None:
    assert settings(single=True)["export_requests"] is False


def test_what_is_wrong_is_an_option_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeExporter, "error", "OTEL_EXPORTER_OTLP_TIMEOUT: 'x' is no number")
    with pytest.raises(OptionError, match="^OTEL_EXPORTER_OTLP_TIMEOUT: 'x' is no number$"):
        settings()


@pytest.mark.parametrize(("role", "instance"), [("master", "master"), ("worker", "worker-0"), ("local", "local")])
def test_the_resource_says_which_process_exports(role: str, instance: str) -> None:
    resource = resource_of(environment(RUNNERS[role]()))
    assert resource["service.name"] == "locust_telemetry"
    assert resource["service.instance.id"] == instance
    assert resource["service.version"] == resource["telemetry.sdk.version"] == __version__
    assert (resource["host.name"], resource["process.pid"]) == (socket.gethostname(), str(os.getpid()))
    assert {"telemetry.sdk.name", "telemetry.sdk.language"} <= set(resource)
    assert all(type(value) is str for value in resource.values())


def test_the_server_is_what_is_tested_where_that_is_known() -> None:
    class Shopper:
        host = "http://of-the-class"

    env = environment()
    env.user_classes = [Shopper]  # type: ignore[list-item]
    assert server_of(env) == "http://of-the-class"
    env.parsed_options.host = "http://of-the-option"  # type: ignore[union-attr]
    assert server_of(env) == "http://of-the-option"
    env.host = "http://of-the-environment"
    assert server_of(env) == "http://of-the-environment"
    assert server_of(environment()) is None
