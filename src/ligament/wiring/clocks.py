"""The process's clocks: the real one, one that starts at a given instant, and one that runs faster for the demo."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ligament.ports.clocks import Clock
from ligament.ports.errors import TryLater
from ligament.store.database.connection import Database
from ligament.wiring.errors import ConfigurationError

MOST_OFF = timedelta(seconds=30)
"""How far two machines' clocks may differ; what waits for late calls has two minutes to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemClock:
    """The calendar (perhaps shifted, so that a test can choose the day) and the machine's own stopwatch."""

    shift: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the current instant in UTC."""
        return datetime.now(UTC) + self.shift

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def pause_ms(self, milliseconds: int) -> None:
        if milliseconds > 0:
            time.sleep(milliseconds / 1000)


@dataclass(slots=True, kw_only=True)
class Patience:
    """How long one piece of work may pause in all, however often it opens a clinic or asks another system."""

    most_ms: int
    spent_ms: int = 0


@dataclass(slots=True, kw_only=True)
class ImpatientClock:
    """A clock for work that somebody waits for: pauses that use up its patience end it with TryLater instead."""

    clock: Clock
    patience: Patience

    def now(self) -> datetime:
        """Return the current instant in UTC."""
        return self.clock.now()

    def monotonic_ms(self) -> int:
        return self.clock.monotonic_ms()

    def pause_ms(self, milliseconds: int) -> None:
        """Wait that long; raises TryLater, and waits no more, where that is too long."""
        self.patience.spent_ms += milliseconds
        if self.patience.spent_ms > self.patience.most_ms:
            raise TryLater("The other system is away or busy. Ask again in a moment.", wait_s=milliseconds // 1000)
        self.clock.pause_ms(milliseconds)


def clock_starting_at(instant: datetime) -> SystemClock:
    """Return a clock whose calendar shows that instant now and runs on from there."""
    return SystemClock(shift=instant - datetime.now(UTC))


def need_same_time(database: Database, now: Callable[[], datetime]) -> None:
    """Raise ConfigurationError where this machine's clock is not that of the database server.

    Machines that share a database judge by their clocks how long ago another one's call left.
    """
    there = database.server_time()
    if there is None:
        return
    off = now() - there
    if abs(off) <= MOST_OFF:
        return
    seconds, way = round(abs(off).total_seconds()), "ahead of" if off > timedelta(0) else "behind"
    complaint = (
        f"The clock of this machine is {seconds} seconds {way} that of the database server. Machines that share a "
        "database must agree on the time: let both take it from the network (NTP), then start again."
    )
    raise ConfigurationError((complaint,))


@dataclass(slots=True, kw_only=True)
class FastClock:
    """A clock that runs `speed` times as fast as real time, calendar and stopwatch alike; for the demo only.

    Limits of calls per minute stay what they are, but a minute passes sooner.
    """

    speed: int
    start: datetime
    _began_ns: int = field(default_factory=time.monotonic_ns)

    def now(self) -> datetime:
        """Return the instant on this clock."""
        return self.start + timedelta(milliseconds=self.monotonic_ms())

    def monotonic_ms(self) -> int:
        """Return milliseconds on this clock since it was made."""
        return (time.monotonic_ns() - self._began_ns) * self.speed // 1_000_000

    def pause_ms(self, milliseconds: int) -> None:
        """Wait that long on this clock."""
        if milliseconds > 0:
            time.sleep(milliseconds / self.speed / 1000)
