"""Every documented name is where it is documented, and is what it is documented to be."""

import ast
import enum
import importlib
import inspect
from typing import Any

import pytest

from tests import documented_api as documented


def owner_and_name(path: str) -> tuple[Any, str]:
    """Return the module or class that has the last name of the path, and that name."""
    module, _, names = path.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = names.split(".")
    for part in outer:
        owner = getattr(owner, part)
    return owner, name


def find(path: str) -> Any:
    return getattr(*owner_and_name(path))


def signature_problem(thing: Any, written: str) -> str | None:
    """Return what is wrong with the parameters of `thing`; more of them are no fault if they are optional."""
    if written == "*args, **kwargs":
        return None  # Documents a pass-through: explicit parameters may stand in its place.
    wanted = ast.parse(f"def f({written}): ...").body[0].args  # type: ignore[attr-defined]
    positional = wanted.posonlyargs + wanted.args
    defaults = dict(zip([a.arg for a in positional][::-1], wanted.defaults[::-1], strict=False))
    defaults |= {a.arg: d for a, d in zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True) if d is not None}
    actual = [p for p in inspect.signature(thing).parameters.values() if p.name != "self"]
    named = [p for p in actual if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    names = [a.arg for a in positional + wanted.kwonlyargs]
    if [p.name for p in named[: len(positional)]] != [a.arg for a in positional]:
        return f"takes {[p.name for p in named]}, not {names}"
    if missing := set(names) - {p.name for p in named}:
        return f"lacks {missing}"
    kinds = {p.kind for p in actual}
    if wanted.vararg and inspect.Parameter.VAR_POSITIONAL not in kinds:
        return "takes no further positional arguments"
    if wanted.kwarg and inspect.Parameter.VAR_KEYWORD not in kinds:
        return "takes no further keywords"
    for parameter in named:
        if parameter.name not in names:
            if parameter.default is inspect.Parameter.empty:
                return f"needs {parameter.name}, which is not documented"
        elif parameter.name not in defaults:
            if parameter.default is not inspect.Parameter.empty:
                return f"{parameter.name} has a default"
        else:
            default = ast.literal_eval(defaults[parameter.name])
            if parameter.default is inspect.Parameter.empty or default not in (..., parameter.default):
                return f"the default of {parameter.name} is {parameter.default!r}, not {default!r}"
    return None


@pytest.mark.parametrize("path", documented.FUNCTIONS)
def test_functions(path: str) -> None:
    assert inspect.isfunction(find(path))
    assert signature_problem(find(path), documented.FUNCTIONS[path]) is None


@pytest.mark.parametrize("path", documented.CLASSES)
def test_classes(path: str) -> None:
    assert inspect.isclass(find(path))
    assert find(path).__module__ == path.partition(":")[0]
    written = documented.CLASSES[path]
    assert written is None or signature_problem(find(path).__init__, written) is None


@pytest.mark.parametrize("path", documented.EXCEPTIONS)
def test_exceptions(path: str) -> None:
    assert issubclass(find(path), Exception)


@pytest.mark.parametrize("path", documented.BASES)
def test_bases(path: str) -> None:
    assert documented.BASES[path] in [base.__name__ for base in find(path).__mro__[1:]]


@pytest.mark.parametrize("path", documented.METHODS)
def test_methods(path: str) -> None:
    assert inspect.isfunction(find(path))
    assert signature_problem(find(path), documented.METHODS[path]) is None


@pytest.mark.parametrize("path", documented.METHODS)
def test_exactly_the_documented_methods_are_abstract(path: str) -> None:
    cls, name = owner_and_name(path)
    assert (name in getattr(cls, "__abstractmethods__", ())) == (path in documented.ABSTRACT)


@pytest.mark.parametrize("path", documented.PROPERTIES)
def test_properties(path: str) -> None:
    assert isinstance(inspect.getattr_static(*owner_and_name(path)), property)


@pytest.mark.parametrize("path", documented.FIELDS)
def test_fields(path: str) -> None:
    cls, name = owner_and_name(path)
    assert name in cls.__dataclass_fields__


@pytest.mark.parametrize("path", documented.VALUES)
def test_values(path: str) -> None:
    found = find(path)
    assert (found.value if isinstance(found, enum.Enum) else found) == documented.VALUES[path]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("locust_telemetry.core.plugin", "TelemetryRecorderPluginBase"),
        ("locust_telemetry.core.plugin", "telemetry_recorder_plugin"),
        ("locust_telemetry.core.manager", "TelemetryRecorderPluginManager"),
        ("locust_telemetry.recorder", "TelemetryBaseRecorder"),
    ],
)
def test_the_names_of_the_guide_for_plugin_authors_are_there(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)
