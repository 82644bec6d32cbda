"""What the events of tests carry in place of a client's own objects."""

from typing import Any


def not_interned(text: str) -> str:
    """An equal string that is another object."""
    return "".join(list(text))


class Raises:
    """An object of which nothing can be read."""

    def __str__(self) -> str:
        raise RuntimeError("no str")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __bool__(self) -> bool:
        raise RuntimeError("no bool")

    def __float__(self) -> float:
        raise RuntimeError("no float")

    def __index__(self) -> int:
        raise RuntimeError("no index")

    @property
    def status_code(self) -> int:
        raise RuntimeError("no status")


class Response:
    """A response that is true or false, as it likes."""

    def __init__(self, status_code: Any, truth: bool = True) -> None:
        self.status_code = status_code
        self.truth = truth

    def __bool__(self) -> bool:
        return self.truth
