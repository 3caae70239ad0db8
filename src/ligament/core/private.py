"""A wrapper that keeps personal values out of logs and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
U = TypeVar("U")

MASK = "•••"


class Private(Generic[T]):
    """A personal value that prints masked; `reveal` is for wire encoders, matching and the clinic's own screen."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value in clear."""
        return self._value

    def map(self, change: Callable[[T], U]) -> Private[U]:
        """Return the changed value, still wrapped."""
        return Private(change(self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Private) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Private, self._value))

    def __repr__(self) -> str:
        return MASK if self._value else "''"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)


NOTHING: Private[str] = Private("")
