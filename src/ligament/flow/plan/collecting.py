"""Garbage collection while plans are made: seldom, and never off, because it is one for all threads of the process.

Facts and plans hold no cycles, and looking for some in millions of young records costs a fifth of the time. Other
clinics' threads make cycles all the while, so that the collector must not be switched off for them.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SELDOM = 500_000
"""How many new containers are waited for while somebody plans."""


@dataclass(slots=True)
class _Planners:
    """How many threads are planning, and how often the collector looked before the first of them began."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    count: int = 0
    before: tuple[int, int, int] = (0, 0, 0)


_PLANNERS = _Planners()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector look seldom until the last of those who plan at the same time has finished."""
    _begin(_PLANNERS)
    try:
        yield
    finally:
        _end(_PLANNERS)


def _begin(planners: _Planners) -> None:
    with planners.lock:
        planners.count += 1
        if planners.count == 1:
            planners.before = gc.get_threshold()
            gc.set_threshold(SELDOM, *planners.before[1:])


def _end(planners: _Planners) -> None:
    with planners.lock:
        planners.count -= 1
        if not planners.count:
            gc.set_threshold(*planners.before)
