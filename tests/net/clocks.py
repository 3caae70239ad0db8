"""Clocks for tests of net: one that moves only when told to, and one that only looks real time up."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


class VirtualClock:
    """A calendar that moves when somebody pauses."""

    def __init__(self) -> None:
        self.at = START
        self.pauses: list[int] = []

    def now(self) -> datetime:
        return self.at

    def monotonic_ms(self) -> int:
        return (self.at - START) // timedelta(milliseconds=1)

    def pause_ms(self, milliseconds: int) -> None:
        assert milliseconds >= 0
        self.pauses.append(milliseconds)
        self.at += timedelta(milliseconds=milliseconds)


class Stopwatch(VirtualClock):
    """Measures real time, for deadlines of real sockets."""

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000
