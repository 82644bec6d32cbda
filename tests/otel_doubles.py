"""Doubles of the native exporter and its instruments: they keep what they are told, and take what those take."""

from __future__ import annotations

from typing import Any

Key = frozenset[tuple[str, Any]]


class FakeFlush:
    """A flush that is done."""

    def __init__(self, done: bool = True) -> None:
        self.done = done
        self.waited: list[float] = []

    def wait(self, timeout_s: float) -> bool:
        self.waited.append(timeout_s)
        return self.done


class FakeInstrument:
    """An instrument whose figures can be read."""

    def __init__(self, *made_from: Any) -> None:
        #: Scope, its version, kind, name, unit, description, boundaries.
        self.made_from = made_from
        #: What was added, recorded or set, in order.
        self.taken: list[tuple[str, float, dict[str, Any] | None]] = []
        #: By callback, what it gave last.
        self.observed: dict[int, list[tuple[float, dict[str, Any] | None]]] = {}

    def _take(self, how: str, amount: float, attributes: dict[str, Any] | None) -> None:
        if not isinstance(amount, (int, float)) or not (attributes is None or type(attributes) is dict):
            raise TypeError("what the extension does with other types")
        self.taken.append((how, amount, attributes))

    def add(self, amount: float, attributes: dict[str, Any] | None = None) -> None:
        self._take("add", amount, attributes)

    def record(self, amount: float, attributes: dict[str, Any] | None = None) -> None:
        self._take("record", amount, attributes)

    def set(self, amount: float, attributes: dict[str, Any] | None = None) -> None:
        self._take("set", amount, attributes)

    def observe(self, callback: int, observations: list[tuple[float, dict[str, Any] | None]]) -> None:
        self.observed[callback] = observations

    @property
    def observations(self) -> list[tuple[float, dict[str, Any] | None]]:
        """What all callbacks gave last."""
        return [observation for given in self.observed.values() for observation in given]


class FakeExporter:
    """An exporter that exports nothing. `made` holds each one that was made, in order."""

    made: list[FakeExporter] = []
    #: What the constructor says is wrong, and whether the SDK is disabled.
    error: str | None = None
    is_disabled = False

    def __init__(self, variables: dict[str, str] | None = None, **settings: Any) -> None:
        if FakeExporter.error is not None:
            raise ValueError(FakeExporter.error)
        self.variables = variables or {}
        self.settings = settings
        self.disabled = FakeExporter.is_disabled
        self.calls: list[str] = []
        self.instruments: dict[tuple[str, str, str, str], FakeInstrument] = {}
        self.logged: list[tuple[int, int, str, str, dict[str, Any]]] = []
        self.wants_observations = False
        self.flush_done = FakeFlush()
        FakeExporter.made.append(self)

    def __getitem__(self, name: str) -> FakeInstrument:
        """Return the instrument of this name."""
        (found,) = [instrument for key, instrument in self.instruments.items() if key[2] == name]
        return found

    def start(self) -> None:
        self.calls.append("start")

    def set_server(self, url: str | None) -> None:
        self.settings["server"] = url

    def instrument(
        self, scope: str, scope_version: str, kind: str, name: str, unit: str, description: str, boundaries: Any
    ) -> FakeInstrument:
        made = FakeInstrument(scope, scope_version, kind, name, unit, description, boundaries)
        return self.instruments.setdefault((scope, kind, name, unit), made)

    def log(self, time_ns: int, severity: int, severity_text: str, body: str, attributes: dict[str, Any]) -> None:
        self.logged.append((time_ns, severity, severity_text, body, attributes))

    def observed(self) -> None:
        self.wants_observations = False
        self.calls.append("observed")

    def flush(self) -> FakeFlush:
        self.calls.append("flush")
        return self.flush_done

    def shutdown(self) -> FakeFlush:
        self.calls.append("shutdown")
        return self.flush_done

    def abandon(self) -> None:
        self.calls.append("abandon")


class FakeEngine:
    """The part of the engine that the otel recorder uses."""

    def __init__(self) -> None:
        self.opened: list[Any] = []
        self.sample: Any = None

    def open_otel(self, exporter: Any) -> None:
        self.opened.append(exporter)

    def system(self) -> Any:
        return self.sample
