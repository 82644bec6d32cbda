"""Errors of ours stay ours."""

import pytest
from locust_telemetry.core.guard import never_raises

from tests.locust_doubles import LoggedRecords


def test_an_error_is_logged_with_the_listeners_name_and_not_raised(logged: LoggedRecords) -> None:
    @never_raises
    def careless(number: int, *, divisor: int) -> None:
        number // divisor

    careless(1, divisor=1)
    assert logged.records == []
    careless(1, divisor=0)
    (record,) = logged.records
    assert "careless" in record.getMessage()
    assert record.exc_info and record.exc_info[0] is ZeroDivisionError


def test_what_ends_a_process_or_a_greenlet_goes_through() -> None:
    @never_raises
    def ends() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        ends()
