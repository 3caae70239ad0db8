"""The clock of a story."""

from __future__ import annotations

from datetime import datetime, timedelta

TICK = timedelta(milliseconds=20)


class StoryClock:
    """Calendar and stopwatch in one; it moves only when somebody asks over the wire or waits."""

    def __init__(self, at: datetime) -> None:
        self._at = self._began = at

    def now(self) -> datetime:
        """Return the instant of the story."""
        return self._at

    def monotonic_ms(self) -> int:
        """Return milliseconds since the story began."""
        return (self._at - self._began) // timedelta(milliseconds=1)

    def pause_ms(self, milliseconds: int) -> None:
        """Let that much time pass in the story."""
        self._at += timedelta(milliseconds=max(milliseconds, 0))

    def tick(self) -> datetime:
        """Return the instant at which a request arrives."""
        self._at += TICK
        return self._at

    def move_to(self, at: datetime) -> None:
        """Go forward to an instant; time never goes back."""
        self._at = max(self._at, at)

    def put_back(self, at: datetime) -> None:
        """Take back the time that passed in a copy of the story."""
        self._at = at
