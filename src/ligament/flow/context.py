"""Run context: the ports of one run, handed to every stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ligament.core.ids import RunId
from ligament.ports.books import Books
from ligament.ports.clocks import Clock
from ligament.ports.memory import Memory
from ligament.ports.practice import Practice
from ligament.ports.progress import Progress, silent


@dataclass(slots=True, kw_only=True)
class RunContext:
    """Everything executing needs of the world; `backoff_ms` gives the wait before the n-th further attempt."""

    books: Books
    practice: Practice
    memory: Memory
    clock: Clock
    run_id: RunId
    backoff_ms: Callable[[int], int]
    tell: Progress = silent
