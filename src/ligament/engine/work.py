"""What runs the turns of clinics: one face for the engine that survives a power cut and the one inside a process."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

Work = Callable[[str], None]
"""Takes one clinic's turn; expected trouble is kept by it and never raised."""


class CannotStart(Exception):
    """The engine cannot run here; the text says why and what to do."""


class Engine(Protocol):
    """Runs turns, at most one at a time for each clinic, in the order in which they were submitted."""

    def start(self, work: Work) -> None:
        """Begin to run what is submitted, and what an earlier process left."""
        ...

    def submit(self, clinic: str) -> bool:
        """Queue a turn; false when one of that clinic is queued or under way already."""
        ...

    def adopt(self, alive: Collection[str]) -> int:
        """Queue again what processes that are not alive any more had begun; returns how many turns those were."""
        ...

    def tidy(self) -> None:
        """Forget turns that ended long ago."""
        ...

    def stop(self, patience_s: int) -> bool:
        """Begin nothing more and wait for what is under way; says whether all of it ended in time."""
        ...
