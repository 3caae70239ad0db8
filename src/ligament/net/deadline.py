"""An end for every call: the HTTP library bounds each read only, and a byte now and then would go on for ever."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ligament.ports.clocks import Clock

_LONG_MS = 3_600_000
_RECENT_MS = 2_000


class DeadlinePassed(Exception):
    """The answer was not complete in time."""


class Deadline:
    """The moment at which the call of the current thread must be over; without a clock there is none."""

    def __init__(self, clock: Clock | None) -> None:
        self._clock = clock
        self._local = threading.local()

    def now_ms(self) -> int:
        """Return the stopwatch, 0 without a clock."""
        return self._clock.monotonic_ms() if self._clock is not None else 0

    def start(self, seconds: float) -> None:
        """Give the current thread's call that long from now."""
        self._local.end = self.now_ms() + int(seconds * 1000)

    def left(self, at_most: float | None) -> float:
        """Return the seconds left, at most the given ones; raises when there are none."""
        end: int = getattr(self._local, "end", self.now_ms() + _LONG_MS)
        left = end - self.now_ms()
        if left <= 0:
            raise DeadlinePassed
        return left / 1000 if at_most is None else min(left / 1000, at_most)

    def check(self) -> None:
        """Raise when the time is over."""
        self.left(None)


class Permission:
    """Whether the current thread's call may still leave; asked anew when the last yes is two seconds old.

    Connecting can take long, and a machine can be suspended between any two steps.
    """

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._local = threading.local()

    def ask(self, allowed: Callable[[], None]) -> None:
        """Ask, and keep the question for as long as the call takes; raises whatever forbids it."""
        self._local.allowed = allowed
        self._ask(allowed)

    def ask_again(self) -> None:
        """Ask once more, right before bytes leave, unless the answer is fresh."""
        allowed: Callable[[], None] | None = getattr(self._local, "allowed", None)
        if allowed is not None and self._deadline.now_ms() - self._local.asked_ms > _RECENT_MS:
            self._ask(allowed)

    def end(self) -> None:
        """The call is over, or needs no permission."""
        self._local.allowed = None

    def _ask(self, allowed: Callable[[], None]) -> None:
        allowed()
        self._local.asked_ms = self._deadline.now_ms()
