"""Heartbeats: which processes of an installation are alive."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from ligament.store.shared.liveness import has_died, holder_mark
from ligament.store.shared.values import EVERYBODY, SharedValues

ALIVE_S = 60
"""Who was heard of within that many seconds is at work."""
_EXECUTOR = "executor/"
_MARKED_BY = "@"


def executor_name(words: str) -> str:
    """Return the name of a process, by which others on its machine can tell whether it has died."""
    return f"{words}{_MARKED_BY}{holder_mark()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeats:
    """Who was heard of, and when."""

    values: SharedValues

    def beat(self, executor: str, now: datetime) -> None:
        """Say that a process is alive."""
        self.values.jot(EVERYBODY, _EXECUTOR + executor, now.isoformat())

    def leave(self, executor: str) -> None:
        """Say that a process ends."""
        self.values.drop(EVERYBODY, _EXECUTOR + executor)

    def busy_s(self, now: datetime) -> int:
        """Return for how many seconds more somebody counts as being at work, 0 where nobody is.

        Who is certainly dead, as a process of this machine that was killed, is not waited for.
        """
        silent_at = timedelta(seconds=ALIVE_S)
        working = (
            datetime.fromisoformat(at)
            for name, at in self.values.everybody(_EXECUTOR).items()
            if not has_died(name.partition(_MARKED_BY)[2])
        )
        left = [silent_at - (now - at) for at in working if now - at <= silent_at]
        return max((math.ceil(one.total_seconds()) or 1 for one in left), default=0)

    def alive(self, now: datetime, patience_s: int) -> frozenset[str]:
        """Return the processes heard of within `patience_s`; those silent for an hour are forgotten."""
        heard = {name: datetime.fromisoformat(at) for name, at in self.values.everybody(_EXECUTOR).items()}
        for name, at in heard.items():
            if now - at > timedelta(hours=1):
                self.leave(name)
        return frozenset(name for name, at in heard.items() if now - at <= timedelta(seconds=patience_s))
