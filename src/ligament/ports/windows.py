"""What the governor needs kept between processes and runs: when calls were made, slots in use, small numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """At most `calls` calls with `since_ms < at_ms <= until_ms`, all in milliseconds since 1970; `calls` may be 0."""

    name: str
    calls: int
    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """The window that has no room; `blocking_ms` is when the call was made that must leave it first.

    That is the `calls`-th newest call inside the window, or None when the window takes no call at all.
    """

    window: Window
    blocking_ms: int | None


class WindowStore(Protocol):
    """Calls, slots and numbers per scope (one scope is one allowance); every method is atomic across processes."""

    def take(self, scope: str, windows: Sequence[Window], at_ms: int) -> Full | None:
        """Record a call at that moment and return None, or record nothing and return the first full window.

        Calls older than 25 hours before `at_ms` may be forgotten.
        """
        ...

    def enter(self, scope: str, slots: int, at_ms: int, lease_ms: int) -> str | None:
        """Occupy one of `slots` places until `leave`, at longest `lease_ms`; None when all are occupied."""
        ...

    def leave(self, scope: str, slot: str) -> None:
        """Give the place back; unknown ones are no trouble."""
        ...

    def numbers(self, scope: str) -> Mapping[str, int]:
        """Return the small numbers kept for the scope."""
        ...

    def keep(self, scope: str, numbers: Mapping[str, int]) -> None:
        """Keep small numbers under their names, the others stay."""
        ...
