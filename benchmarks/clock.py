"""A clock that never makes anybody wait: pauses move it, and so does every request."""

from __future__ import annotations

from datetime import datetime, timedelta


class JumpingClock:
    """Calendar and stopwatch in one; `pause_ms` jumps, and `tick` lets a request take its while."""

    def __init__(self, at: datetime, *, request_ms: int = 300) -> None:
        self._at = self._began = at
        self._request = timedelta(milliseconds=request_ms)

    def now(self) -> datetime:
        """Return the instant."""
        return self._at

    def monotonic_ms(self) -> int:
        """Return milliseconds since the start."""
        return (self._at - self._began) // timedelta(milliseconds=1)

    def pause_ms(self, milliseconds: int) -> None:
        """Jump ahead."""
        self._at += timedelta(milliseconds=max(milliseconds, 0))

    def tick(self) -> datetime:
        """Return the instant at which a request arrives, and move on to its answer."""
        self._at += self._request
        return self._at
