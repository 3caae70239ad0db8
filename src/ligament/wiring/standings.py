"""Where each clinic stands, kept for all processes of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ligament.engine.schedule import Standing
from ligament.store.beats import EVERYBODY, Beats

PAUSED_NOTE = "paused"
"""Under which note a clinic keeps why it waits for a person, for the doctor and the pages."""
_STANDING, _EXECUTOR = "standing", "executor/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """The standings of all clinics, and which processes are alive."""

    beats: Beats

    def one(self, clinic: str) -> Standing:
        """Return where a clinic stands."""
        return _read(clinic, self.beats.one(clinic, _STANDING))

    def all_of(self, clinics: tuple[str, ...]) -> list[Standing]:
        """Return where clinics stand, in their order."""
        kept = self.beats.named(_STANDING)
        return [_read(clinic, kept.get(clinic, "")) for clinic in clinics]

    def keep(self, standing: Standing) -> None:
        """Keep where a clinic stands."""
        self.beats.jot(standing.clinic, _STANDING, msgspec.json.encode(standing).decode())

    def beat(self, executor: str, now: datetime) -> None:
        """Say that a process is alive."""
        self.beats.jot(EVERYBODY, _EXECUTOR + executor, now.isoformat())

    def leave(self, executor: str) -> None:
        """Say that a process ends."""
        self.beats.drop(EVERYBODY, _EXECUTOR + executor)

    def alive(self, now: datetime, patience_s: int) -> frozenset[str]:
        """Return the processes heard of within `patience_s`; those silent for an hour are forgotten."""
        heard = {name: datetime.fromisoformat(at) for name, at in self.beats.everybody(_EXECUTOR).items()}
        for name, at in heard.items():
            if now - at > timedelta(hours=1):
                self.leave(name)
        return frozenset(name for name, at in heard.items() if now - at <= timedelta(seconds=patience_s))


def _read(clinic: str, text: str) -> Standing:
    if not text:
        return Standing(clinic=clinic)
    try:
        return msgspec.json.decode(text, type=Standing)
    except msgspec.ValidationError:
        # Another release wrote it. Nothing is lost: the clinic is simply due.
        return Standing(clinic=clinic)
