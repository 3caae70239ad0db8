"""Progress: what is being done for each clinic right now in this process, how far it is, and how long it takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ligament.ports.progress import Progress, silent
from ligament.wiring.ambient import machine_now

_SURE_AFTER = timedelta(seconds=2)
"""How long a stage must have run before what is left of it is worth telling."""
_WORDS = {"read": "Reading", "compare": "Comparing", "post": "Posting", "count": "Counting", "wait": "Waiting"}
_WHOLE = {"wait": "Waiting until an unanswered call cannot arrive any more", "read settings": "Reading the settings"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HowFar:
    """How far a stage is: `total` is 0 while nobody knows, `seconds_left` None while nobody can say."""

    words: str = "Beginning"
    done: int = 0
    total: int = 0
    seconds_left: int | None = None


@dataclass(slots=True, kw_only=True)
class _Stage:
    name: str = ""
    began_at: datetime
    done: int = 0
    total: int = 0


@dataclass(slots=True)
class Board:
    """Where work writes how far it is, and pages read it; of several pieces of a clinic's work the newest is told."""

    _stages: dict[str, _Stage] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def working(self, clinic: str, tell: Progress = silent) -> Iterator[Progress]:
        """Give work something to tell its progress to, for as long as it goes on."""
        mine = _Stage(began_at=machine_now())
        with self._lock:
            self._stages[clinic] = mine

        def told(stage: str, done: int, total: int) -> None:
            with self._lock:
                if mine.name != stage:
                    mine.name, mine.began_at = stage, machine_now()
                mine.done, mine.total = done, max(total, done) if total else 0
            tell(stage, done, total)

        try:
            yield told
        finally:
            with self._lock:
                if self._stages.get(clinic) is mine:
                    del self._stages[clinic]

    def of(self, clinic: str) -> HowFar | None:
        """Return how far the work for a clinic is; nothing when none is under way here."""
        with self._lock:
            stage = self._stages.get(clinic)
            if stage is None:
                return None
            return HowFar(words=_words(stage.name), done=stage.done, total=stage.total, seconds_left=_left(stage))


BOARD = Board()
"""Of this process: what other workers do is told by what they have kept."""


def _words(stage: str) -> str:
    if not stage:
        return "Beginning"
    verb, _, what = stage.partition(" ")
    return _WHOLE.get(stage) or f"{_WORDS.get(verb, verb.capitalize())} {what.replace('_', ' ')}".strip()


def _left(stage: _Stage) -> int | None:
    spent = machine_now() - stage.began_at
    if spent < _SURE_AFTER or not stage.total or not stage.done:
        return None
    return round(spent.total_seconds() * (stage.total - stage.done) / stage.done)
