"""Crew of the deliveries: some threads that work on hooks, and nobody who waits for the slowest of them.

A receiver that never answers keeps one of them for as long as its answer may take. Hooks that failed lately never get
the last one, so that whoever is well is served meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ligament.store.shared.delivery_records import Delivery, Hook

PARALLEL = 4
Claim = tuple[Hook, tuple[Delivery, ...]]


@dataclass(slots=True, kw_only=True)
class Crew:
    """Works on claims beside whoever brings them; `serve` must not raise. A claim that waited too long is left alone.

    Such a one is not ours any more: another process may have taken it.
    """

    serve: Callable[[Claim], None]
    now: Callable[[], datetime]
    keeps: timedelta
    _waiting: dict[str, tuple[datetime, Claim]] = field(default_factory=dict)
    _at_work: dict[str, Hook] = field(default_factory=dict)
    _threads: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def is_busy(self) -> bool:
        """Say whether somebody is at work."""
        return self._threads > 0

    def take_on(self, claims: Iterable[Claim]) -> None:
        """Have claims worked on; what is in hand already stays with who has it."""
        with self._turn:
            for claim in claims:
                name = claim[0].id
                if name not in self._at_work and name not in self._waiting:
                    self._waiting[name] = (self.now(), claim)
            more = min(len(self._waiting), PARALLEL - self._threads)
            self._threads += more
        for _ in range(more):
            threading.Thread(target=self._work, name="deliveries", daemon=True).start()

    def pause(self, seconds: float) -> None:
        """Wait until somebody has ended a piece of work, so long at most."""
        self._ended.wait(seconds)
        self._ended.clear()

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            at, claim = taken
            try:
                if self.now() - at < self.keeps:
                    self.serve(claim)
            finally:
                with self._turn:
                    del self._at_work[claim[0].id]
                self._ended.set()

    def _next(self) -> tuple[datetime, Claim] | None:
        """Return what this thread does next; with nothing to do it ends."""
        with self._turn:
            troubled = sum(1 for hook in self._at_work.values() if hook.failures)
            for name, (at, claim) in self._waiting.items():
                if not claim[0].failures or troubled < PARALLEL - 1:
                    del self._waiting[name]
                    self._at_work[name] = claim[0]
                    return at, claim
            self._threads -= 1
            return None
