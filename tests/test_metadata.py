"""A run's metadata: made on the master, carried in the options, taken on a worker."""

import json
from argparse import Namespace
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from locust_telemetry import metadata

from tests.locust_doubles import environment


def carried(values: dict[str, Any]) -> Any:
    """Return a worker's environment after a master with these metadata sent its options."""
    master, worker = environment(), environment()
    metadata.set_test_metadata(master, values)
    metadata.publish(master)
    worker.parsed_options = Namespace(**msgpack.loads(msgpack.dumps(vars(master.parsed_options))))
    metadata.receive(worker)
    return worker


def test_values_are_attached_and_callables_called_once() -> None:
    calls: list[int] = []
    env = environment()
    metadata.set_test_metadata(env, {"run_id": "r1", "build": lambda: calls.append(1) or 7})
    assert (env.telemetry_meta.run_id, env.telemetry_meta.build) == ("r1", 7)
    assert metadata.get_test_metadata(env) == {"run_id": "r1", "build": 7}
    assert calls == [1]


def test_new_metadata_replaces_the_old() -> None:
    env = environment()
    metadata.set_test_metadata(env, {"old": 1})
    metadata.set_test_metadata(env, {"new": 2})
    assert metadata.get_test_metadata(env) == {"new": 2}


def test_before_the_first_run_there_is_none() -> None:
    assert metadata.get_test_metadata(environment()) == {}


def test_what_is_returned_is_a_copy() -> None:
    env = environment()
    metadata.set_test_metadata(env, {"run_id": "r1"})
    metadata.get_test_metadata(env)["run_id"] = "changed"
    assert env.telemetry_meta.run_id == "r1"


def test_a_worker_has_what_the_master_has() -> None:
    worker = carried({"run_id": "r1", "team": "shop", "ratio": 0.5, "tags": ["a", {"b": None}], "with space": "ü"})
    assert metadata.get_test_metadata(worker) == {
        "run_id": "r1",
        "team": "shop",
        "ratio": 0.5,
        "tags": ["a", {"b": None}],
        "with space": "ü",
    }


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no str")


def test_values_that_cannot_travel_arrive_as_text_or_null() -> None:
    odd = {"run_id": "r1", "object": Unprintable(), "nan": float("nan"), "bytes": b"x", "set": {1}, "lone": "\ud800"}
    arrived = metadata.get_test_metadata(carried(odd))
    assert arrived["run_id"] == "r1"
    assert (arrived["object"], arrived["nan"], arrived["bytes"], arrived["set"]) == (
        "(unprintable Unprintable)",
        None,
        "b'x'",
        [1],
    )


@given(st.dictionaries(st.text(min_size=1), st.none() | st.integers() | st.floats() | st.text() | st.binary()))
def test_any_metadata_travels(values: dict[str, Any]) -> None:
    arrived = metadata.get_test_metadata(carried(values))
    assert set(arrived) == {*(key.encode("utf-8", "replace").decode() for key in values), "run_id"}


@pytest.mark.parametrize(
    "garbage",
    ["", "no json", "[1, 2]", "null", "7", '"text"', "{", "[" * 100_000, 5, 1.5, b"\xff", ["a"], {"a": 1}, object()],
    ids=lambda garbage: repr(garbage)[:20],
)
def test_garbage_from_the_master_leaves_the_worker_an_own_run_id(garbage: Any) -> None:
    worker = environment(**{metadata.METADATA_OPTION: garbage})
    metadata.receive(worker)
    found = metadata.get_test_metadata(worker)
    assert set(found) == {"run_id"}
    assert isinstance(found["run_id"], str) and found["run_id"]


@pytest.mark.parametrize("options", [None, Namespace()])
def test_a_master_that_does_not_record_leaves_the_worker_an_own_run_id(options: Any) -> None:
    worker = environment()
    worker.parsed_options = options
    metadata.receive(worker)
    first = metadata.get_test_metadata(worker)["run_id"]
    metadata.receive(worker)
    assert first and metadata.get_test_metadata(worker)["run_id"] != first


def test_without_options_nothing_is_published() -> None:
    env = environment()
    env.parsed_options = None
    metadata.publish(env)


def test_what_is_published_is_one_json_text() -> None:
    env = environment()
    metadata.set_test_metadata(env, {"run_id": "r1"})
    metadata.publish(env)
    assert json.loads(getattr(env.parsed_options, metadata.METADATA_OPTION)) == {"run_id": "r1"}
