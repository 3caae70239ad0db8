"""Time as the flow sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """A calendar, a stopwatch and a pause; the calendar may be set for tests, the stopwatch never is."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...

    def monotonic_ms(self) -> int:
        """Return milliseconds of a clock that never goes back."""
        ...

    def pause_ms(self, milliseconds: int) -> None:
        """Wait that long."""
        ...
