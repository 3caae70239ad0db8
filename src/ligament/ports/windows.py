"""What the governor needs kept between processes and runs: when calls were made, slots in use, small numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FREE_PART = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """At most `calls` calls with `since_ms < at_ms <= until_ms`, all in milliseconds since 1970; `calls` may be 0."""

    name: str
    calls: int
    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedQuota:
    """What many scopes use together: at most `calls` calls of all of them in any `span_ms`.

    Who had to wait within that time shares evenly, with the others who had to, what those leave who did not. The server
    said at `said_ms` that `said_used` calls had been made, perhaps by others too; 0 when it said nothing.
    """

    scope: str
    calls: int
    span_ms: int
    said_used: int = 0
    said_ms: int = 0

    def has_room(self, used: int, since_said: int, waiting: Mapping[str, int], scope: str) -> bool:
        """Say whether a scope may make one more call; `waiting` says how many those made who had to wait."""
        known = max(used, self.said_used + since_said) if self.said_ms else used
        if known >= self.calls:
            return False
        # A little stays free, so that whoever asks for little finds room at once.
        left = self.calls - self.calls // _FREE_PART - (used - sum(waiting.values()))
        return scope not in waiting or waiting[scope] * len(waiting) < left


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """The window that has no room; `blocking_ms` is when the call was made that must leave it first.

    That is the `calls`-th newest call inside the window, or None when the window takes no call at all. Without a window
    it is the quota that has no room.
    """

    window: Window | None
    blocking_ms: int | None


class WindowStore(Protocol):
    """Calls, slots and numbers per scope (one scope is one allowance); every method is atomic across processes."""

    def take(self, scope: str, windows: Sequence[Window], at_ms: int, quota: SharedQuota | None = None) -> Full | None:
        """Record a call at that moment and return None, or record nothing and return the first full window.

        With a `quota` the call counts there too. Calls older than 25 hours before `at_ms` may be forgotten.
        """
        ...

    def enter(self, scope: str, slots: int, at_ms: int, lease_ms: int) -> str | None:
        """Occupy one of `slots` places until `leave`, at longest `lease_ms`; None when all are occupied."""
        ...

    def leave(self, scope: str, slot: str) -> None:
        """Give the place back; unknown ones are no trouble."""
        ...

    def numbers(self, scope: str) -> Mapping[str, int]: ...

    def keep(self, scope: str, numbers: Mapping[str, int]) -> None:
        """Keep small numbers under their names, the others stay."""
        ...
