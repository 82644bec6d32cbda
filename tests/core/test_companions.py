"""What lives as long as a recording: each is looked after, and one that fails harms nobody."""

from typing import Any

from locust_telemetry.core.companions import Companions

from tests.locust_doubles import LoggedRecords
from tests.otel_doubles import FakeFlush


class Noting:
    """Notes what it is told; fails if it is made to."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.told: list[str] = []
        self.flush = FakeFlush()

    def _note(self, what: str) -> None:
        self.told.append(what)
        if self.fails:
            raise RuntimeError("on purpose")

    def look(self) -> None:
        self._note("look")

    def prepare_end(self) -> None:
        self._note("prepare_end")

    def end(self) -> Any:
        self._note("end")
        return self.flush

    def abandon(self) -> None:
        self.told.append("abandon")


def test_each_is_looked_after_and_ends_once() -> None:
    companions = Companions()
    one, other = Noting(), Noting()
    for companion in (one, other, one):
        companions.add(companion)
    companions.look()
    companions.prepare_end()
    assert companions.end() == [one.flush, other.flush]
    companions.look()
    assert companions.end() == []
    assert one.told == other.told == ["look", "prepare_end", "end"]


def test_one_that_fails_harms_no_other(logged: LoggedRecords) -> None:
    companions = Companions()
    failing, other = Noting(fails=True), Noting()
    companions.add(failing)
    companions.add(other)
    companions.look()
    companions.prepare_end()
    assert companions.end() == [other.flush]
    assert other.told == ["look", "prepare_end", "end"]
    assert ["on purpose" in str(record.exc_info) for record in logged.records] == [True] * 3


def test_in_a_forked_child_they_are_forgotten() -> None:
    companions = Companions()
    one = Noting()
    companions.add(one)
    companions.abandon()
    companions.look()
    assert one.told == ["abandon"]
