"""Stopping in good order: whoever pauses or comes to the end of a step hears of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

from ligament.ports.clocks import Clock
from ligament.ports.progress import Progress, silent
from ligament.ports.stopping import Stopped


@dataclass(slots=True)
class StopSign:
    """Set once, from a signal handler or another thread, and seen by everybody."""

    _set: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Ask everybody to stop."""
        self._set.set()

    def is_set(self) -> bool:
        """Say whether somebody asked."""
        return self._set.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until somebody asks; says whether somebody did."""
        return self._set.wait(seconds)

    def check(self) -> None:
        """Raise Stopped when somebody asked."""
        if self._set.is_set():
            raise Stopped("asked to stop")

    def between_steps(self, tell: Progress = silent) -> Progress:
        """Return a hearer of progress that stops the work there: a page or a batch has just been kept."""

        def told(stage: str, done: int, total: int) -> None:
            tell(stage, done, total)
            self.check()

        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppableClock:
    """A clock whose pauses end, with Stopped, when somebody asks to stop."""

    clock: Clock
    sign: StopSign

    def now(self) -> datetime:
        """Return the current instant in UTC."""
        return self.clock.now()

    def monotonic_ms(self) -> int:
        return self.clock.monotonic_ms()

    def pause_ms(self, milliseconds: int) -> None:
        """Wait that long; raises Stopped as soon as somebody asks."""
        self.sign.wait(max(milliseconds, 0) / 1000)
        self.sign.check()
