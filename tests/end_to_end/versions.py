"""The environments of the checkout that the tests run: the newest Locust and the oldest supported one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
_FOLDERS = {"newest": ".venv", "oldest": ".venv-oldest"}

VERSION_IDS = tuple(_FOLDERS)


class MissingProgram(Exception):
    """A program that the tests need is not there; the message says how it is made."""


@dataclass(frozen=True)
class Version:
    """One environment with Locust and the installed package."""

    name: str
    programs: Path

    @classmethod
    def of(cls, name: str) -> Version:
        """Return the environment; raises MissingProgram where it is not set up."""
        programs = _CHECKOUT / _FOLDERS[name] / "bin"
        version = cls(name, programs)
        for program in (version.python, version.locust, version.telemetry):
            if not Path(program).exists():
                raise MissingProgram(f"{program} is missing; `make test-python` sets the environments up.")
        return version

    @property
    def python(self) -> str:
        return str(self.programs / "python")

    @property
    def locust(self) -> str:
        return str(self.programs / "locust")

    @property
    def telemetry(self) -> str:
        return str(self.programs / "locust-telemetry")
