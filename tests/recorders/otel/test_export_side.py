"""Who exports what a worker did: never both sides, and the master's word holds."""

from typing import Any

import pytest
from locust_telemetry.options import Options
from locust_telemetry.recorders.otel.export_side import leaves_export_to_master, master_has_spoken

from tests.locust_doubles import RUNNERS, environment


@pytest.mark.parametrize(
    ("own", "masters", "leaves"),
    [
        ("workers", None, False),
        ("master", None, True),
        ("workers", "master", True),
        ("master", "workers", False),
        ("workers", "workers", False),
    ],
)
def test_a_workers_own_option_holds_until_its_master_has_spoken(own: str, masters: str | None, leaves: bool) -> None:
    sent: dict[str, Any] = {} if masters is None else {"lt_run_metadata": "{}", "lt_otel_export_from": masters}
    env = environment(RUNNERS["worker"](), **({"lt_otel_export_from": own} | sent))
    assert master_has_spoken(env) is (masters is not None)
    assert leaves_export_to_master(env, Options(otel_export_from=own)) is leaves


def test_a_master_without_the_option_leaves_it_to_the_worker() -> None:
    env = environment(RUNNERS["worker"](), lt_run_metadata="{}")
    assert leaves_export_to_master(env, Options(otel_export_from="master"))
    assert not leaves_export_to_master(env, Options())


@pytest.mark.parametrize("role", ["master", "local"])
def test_only_workers_leave_their_export_to_a_master(role: str) -> None:
    env = environment(RUNNERS[role](), lt_otel_export_from="master", lt_run_metadata="{}")
    assert not leaves_export_to_master(env, Options(otel_export_from="master"))
