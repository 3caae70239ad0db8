"""Virtual time: one true course of time for the servers, and for each worker a calendar that may be wrong about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
"""When every simulation begins: a Monday morning in Melbourne."""

TICK = timedelta(milliseconds=40)
"""How long an exchange takes when nothing slows it down."""


@dataclass(slots=True)
class TrueTime:
    """The course of time; it moves only when somebody waits or asks over the wire."""

    at: datetime = START

    def advance(self, span: timedelta) -> datetime:
        """Let time pass and return the instant reached."""
        self.at += max(span, timedelta(0))
        return self.at


@dataclass(slots=True)
class WorkerClock:
    """Implements `ports.clocks.Clock` for one worker; `skew` is how far its calendar is off, the stopwatch never is."""

    true: TrueTime
    skew: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return what this worker's calendar shows."""
        return self.true.at + self.skew

    def monotonic_ms(self) -> int:
        """Return milliseconds since the simulation began."""
        return (self.true.at - START) // timedelta(milliseconds=1)

    def pause_ms(self, milliseconds: int) -> None:
        """Wait: time passes, nothing sleeps."""
        self.true.advance(timedelta(milliseconds=milliseconds))
