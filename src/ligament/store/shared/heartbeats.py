"""Heartbeats: which processes of an installation are alive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ligament.store.shared.values import EVERYBODY, SharedValues

ALIVE_S = 60
"""Who was heard of within that many seconds is at work."""
_EXECUTOR = "executor/"


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

    def alive(self, now: datetime, patience_s: int) -> frozenset[str]:
        """Return the processes heard of within `patience_s`; those silent for an hour are forgotten."""
        heard = {name: datetime.fromisoformat(at) for name, at in self.values.everybody(_EXECUTOR).items()}
        for name, at in heard.items():
            if now - at > timedelta(hours=1):
                self.leave(name)
        return frozenset(name for name, at in heard.items() if now - at <= timedelta(seconds=patience_s))
