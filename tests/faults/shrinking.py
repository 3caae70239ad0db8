"""Making a failing story short: events are left out as long as the same promise stays broken."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults.scripts import Event, Script
from tests.faults.simulation import Ended, simulate

MOST_TRIES = 250


def shrink(failed: Ended, run: Callable[[Script], Ended] = simulate) -> Ended:
    """Return the shortest failing story found by delta debugging over people's edits and faults alike."""
    code = failed.violation.partition(":")[0]
    best, tries = failed, 0
    size = max(len(best.script.events) // 2, 1)
    while size and tries < MOST_TRIES:
        shorter = None
        for start in range(0, len(best.script.events), size):
            tries += 1
            ended = run(best.script.only(_without(best.script.events, start, size)))
            if ended.violation.partition(":")[0] == code:
                shorter = ended
                break
        if shorter is None:
            size //= 2
        else:
            best = shorter
            size = min(size, max(len(best.script.events) // 2, 1)) if best.script.events else 0
    return best


def _without(events: tuple[Event, ...], start: int, size: int) -> tuple[Event, ...]:
    return (*events[:start], *events[start + size :])
