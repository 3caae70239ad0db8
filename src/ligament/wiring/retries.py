"""Retries: how often and after which pauses a call may be repeated."""

from __future__ import annotations

from ligament.net.meter import CallMeter
from ligament.ports.errors import TryLater
from ligament.wiring.ambient import random_up_to

_FREE_REPEATS = 30
"""How many repetitions a run has on top of a tenth of its calls; what is left undone the next run looks up first."""


def jitter(most: int) -> int:
    """Draw a whole number from 0 to `most`."""
    return random_up_to(max(most, 0))


class RetryBudget:
    """How often one run may repeat calls: a system that keeps failing is left alone for a while."""

    def __init__(self, meter: CallMeter) -> None:
        self._meter = meter
        self._repeated = 0

    def pause_ms(self, attempt: int) -> int:
        """Return the pause before a further attempt; raises TryLater when this run has repeated too much."""
        self._repeated += 1
        if self._repeated > _FREE_REPEATS + self._meter.total() // 10:
            raise TryLater("Too many calls had to be repeated in this run.", "retry budget", wait_s=60)
        return backoff_ms(attempt)


def backoff_ms(attempt: int) -> int:
    """Return the pause before a further attempt: exponential with full jitter, half a minute at most."""
    return 100 + jitter(min(30_000, 250 * 2**attempt))
