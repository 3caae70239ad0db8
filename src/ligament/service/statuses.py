"""Where each clinic stands, kept for all processes of an installation."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ligament.engine.schedule import ClinicStatus
from ligament.store.shared.values import SharedValues

STANDING = "standing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statuses:
    """Where all clinics stand."""

    beats: SharedValues

    def one(self, clinic: str) -> ClinicStatus:
        """Return where a clinic stands."""
        return status_of(clinic, self.beats.one(clinic, STANDING))

    def all_of(self, clinics: tuple[str, ...]) -> list[ClinicStatus]:
        """Return where clinics stand, in their order."""
        kept = self.beats.named(STANDING)
        return [status_of(clinic, kept.get(clinic, "")) for clinic in clinics]

    def keep(self, status: ClinicStatus) -> None:
        """Keep where a clinic stands."""
        self.beats.jot(status.clinic, STANDING, msgspec.json.encode(status).decode())


def status_of(clinic: str, text: str) -> ClinicStatus:
    """Return where a clinic stands from what is kept of it."""
    if not text:
        return ClinicStatus(clinic=clinic)
    try:
        return msgspec.json.decode(text, type=ClinicStatus)
    except msgspec.ValidationError:
        # Another release wrote it. Nothing is lost: the clinic is simply due.
        return ClinicStatus(clinic=clinic)
