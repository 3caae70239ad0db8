"""Where each clinic stands, kept for all processes of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ligament.engine.schedule import ClinicStatus
from ligament.store.shared.values import EVERYBODY, SharedValues

_STANDING, _EXECUTOR = "standing", "executor/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statuses:
    """The standings of all clinics, and which processes are alive."""

    beats: SharedValues

    def one(self, clinic: str) -> ClinicStatus:
        """Return where a clinic stands."""
        return _read(clinic, self.beats.one(clinic, _STANDING))

    def all_of(self, clinics: tuple[str, ...]) -> list[ClinicStatus]:
        """Return where clinics stand, in their order."""
        kept = self.beats.named(_STANDING)
        return [_read(clinic, kept.get(clinic, "")) for clinic in clinics]

    def keep(self, standing: ClinicStatus) -> None:
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


def _read(clinic: str, text: str) -> ClinicStatus:
    if not text:
        return ClinicStatus(clinic=clinic)
    try:
        return msgspec.json.decode(text, type=ClinicStatus)
    except msgspec.ValidationError:
        # Another release wrote it. Nothing is lost: the clinic is simply due.
        return ClinicStatus(clinic=clinic)
