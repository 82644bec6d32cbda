"""`to_json` makes one valid JSON text of any Python value, and never raises."""

import collections
import dataclasses
import enum
import json
import subprocess
import sys
import textwrap
import types
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from locust_telemetry._native import to_json


def refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


def back(value: Any) -> Any:
    text = to_json(value)
    assert "\n" not in text and "\r" not in text
    text.encode("utf-8")
    return json.loads(text, parse_constant=refuse)


class Color(enum.Enum):
    RED = "red"
    PAIR = (1, float("nan"))


class Level(enum.IntEnum):
    HIGH = 3


class Flags(enum.Flag):
    A = 1
    B = 2


class Name(str, enum.Enum):
    CART = "/cart"


@dataclasses.dataclass(frozen=True)
class Point:
    x: int = 1


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no str")


class Unreadable:
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class Float64:
    """A numpy-like floating scalar that is no float."""

    def __float__(self) -> float:
        return 2.5


class Int64:
    """A numpy-like integer scalar that is no int."""

    def __index__(self) -> int:
        return 7

    def __float__(self) -> float:
        return 7.0


class BadFloat:
    def __float__(self) -> float:
        raise TypeError("only length-1 arrays can be converted")

    def __str__(self) -> str:
        return "[1 2]"


class BadIndex:
    def __index__(self) -> Any:
        return "seven"

    def __str__(self) -> str:
        return "bad index"


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (False, False),
        (0, 0),
        (-(2**63), -(2**63)),
        (2**64 - 1, 2**64 - 1),
        (2**64, str(2**64)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        (10**5000, "(unprintable int)"),
        (1.5, 1.5),
        (1e-320, 1e-320),
        (float("nan"), None),
        (float("inf"), None),
        (float("-inf"), None),
        ("text", "text"),
        ('\x00\n"\\\u2028\U0001f980', '\x00\n"\\\u2028\U0001f980'),
        ("\ud800", "\ufffd\ufffd\ufffd"),
        (Text("sub"), "sub"),
        (b"raw\xff", "b'raw\\xff'"),
        (bytearray(b"x"), "bytearray(b'x')"),
        (Decimal("1.25"), 1.25),
        (Decimal("NaN"), None),
        (1j, "1j"),
        (Color.RED, "red"),
        (Color.PAIR, [1, None]),
        (Level.HIGH, 3),
        (Flags.A | Flags.B, 3),
        (Name.CART, "/cart"),
        (Point(), "Point(x=1)"),
        (datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc), "2025-01-02T03:04:05.678901+00:00"),
        (date(2025, 1, 2), "2025-01-02"),
        (time(1, 2), "01:02:00"),
        (timedelta(seconds=1), "0:00:01"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Path("/a/b"), "/a/b"),
        ([1, (2, {3})], [1, [2, [3]]]),
        (frozenset([1]), [1]),
        ({1: 2, None: 3, (1, 2): 4, b"k": 5}, {"1": 2, "None": 3, "(1, 2)": 4, "b'k'": 5}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.ChainMap({"a": 1}, {"b": 2}), {"a": 1, "b": 2}),
        (types.MappingProxyType({"a": float("inf")}), {"a": None}),
        (collections.namedtuple("Pair", "a b")(1, 2), [1, 2]),
        (Float64(), 2.5),
        (Int64(), 7),
        (BadFloat(), "[1 2]"),
        (Unprintable(), "(unprintable Unprintable)"),
        ({Unprintable(): Unprintable()}, {"(unprintable Unprintable)": "(unprintable Unprintable)"}),
        (int, "<class 'int'>"),
        (datetime, "<class 'datetime.datetime'>"),
        (KeyError("k"), "'k'"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values(value: Any, expected: Any) -> None:
    assert back(value) == expected


@pytest.mark.parametrize("value", [object(), len, ..., iter([1]), (n for n in ()), sys, Color, lambda: None])
def test_objects_of_any_kind_are_texts(value: Any) -> None:
    assert isinstance(back(value), str)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_object_of_which_nothing_can_be_read_is_a_text() -> None:
    # Not a parameter: pytest reads those itself.
    assert isinstance(back([Unreadable()])[0], str)


def test_an_enum_like_class_without_a_value_is_a_text() -> None:
    class Membered:
        __members__ = ()

    assert isinstance(back(Membered()), str)


@pytest.mark.parametrize("depth", [10, 31, 32, 33, 100, 100_000])
@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"k": inner}, lambda inner: (inner,)])
def test_deep_nesting_ends_in_text(depth: int, wrap: Any) -> None:
    value: Any = 1
    for _ in range(depth):
        value = wrap(value)
    found = back(value)
    levels = 0
    while isinstance(found, (list, dict)):
        found = found[0] if isinstance(found, list) else found["k"]
        levels += 1
    assert levels <= 40
    assert found == 1 or isinstance(found, str)


def test_cycles_end() -> None:
    cyclic: list[Any] = [1]
    cyclic.append(cyclic)
    mapping: dict[str, Any] = {}
    mapping["self"] = mapping
    both: dict[str, Any] = {"list": []}
    both["list"].append(both)
    for value in (cyclic, mapping, both):
        back(value)


def test_a_mapping_that_cannot_be_read_is_a_text() -> None:
    class Broken(collections.abc.Mapping):  # type: ignore[type-arg]
        def __getitem__(self, key: Any) -> Any:
            raise RuntimeError(key)

        def __iter__(self) -> Any:
            raise RuntimeError("iter")

        def __len__(self) -> int:
            raise RuntimeError("len")

        def __str__(self) -> str:
            return "broken"

    assert back(Broken()) == "broken"


def test_a_dict_that_changes_while_it_is_read_does_no_harm() -> None:
    changing: dict[Any, Any] = {}

    class Key:
        def __str__(self) -> str:
            changing.clear()
            changing[object()] = 1
            return "key"

    changing.update({Key(): 1, "b": 2})
    assert back(changing) == {"key": 1, "b": 2}


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**62, max_value=2**66),
    st.floats(),
    st.text(st.characters(codec=None), max_size=20),
    st.binary(max_size=20),
    st.decimals(),
    st.fractions(),
    st.complex_numbers(),
    st.datetimes(timezones=st.none() | st.just(timezone.utc)),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.sampled_from(
        [*Color, *Level, *Name, Flags.A, Point(), Unprintable(), Float64(), Int64(), BadFloat(), BadIndex()]
    ),
    st.builds(object),
)
hashable = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.sampled_from([*Color, Point()]),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.tuples(inner, inner),
        st.sets(hashable, max_size=5),
        st.frozensets(hashable, max_size=5),
        st.dictionaries(hashable, inner, max_size=5),
        st.lists(inner, max_size=5).map(collections.deque),
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(values)
def test_any_value_is_valid_json(value: Any) -> None:
    back(value)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(plain)
def test_what_json_can_carry_comes_back_equal(value: Any) -> None:
    assert back(value) == value


def converts_within_limits(script: str) -> bool:
    """Run a script in a process of its own, with little time and memory."""
    limits = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\n"
    code = limits + "from locust_telemetry._native import to_json\n" + textwrap.dedent(script)
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=5, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def test_a_cycle_with_branches_ends() -> None:
    assert converts_within_limits(
        """
        branching = []
        branching.extend([branching, branching])
        to_json(branching)
        """
    )


def test_an_enum_like_value_that_is_its_own_value_ends() -> None:
    assert converts_within_limits(
        """
        class Own:
            __members__ = {}
            value = property(lambda self: self)

        to_json(Own())
        """
    )


def test_a_list_whose_iterator_always_raises_ends() -> None:
    assert converts_within_limits(
        """
        class Endless:
            def __iter__(self):
                return self

            def __next__(self):
                raise RuntimeError

        class Odd(list):
            def __iter__(self):
                return Endless()

        to_json(Odd())
        """
    )
