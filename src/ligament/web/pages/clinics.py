"""All clinics that somebody sees, those that need somebody first."""

from __future__ import annotations

from dataclasses import dataclass

from ligament.core.access import Right
from ligament.service.glances import Compared, Glance, compared, glance
from ligament.web.page import Answer, Page, Shown, Visit
from ligament.wiring.rulebooks import ClinicSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One clinic of the list."""

    key: str
    clinic: ClinicSettings
    glance: Glance
    compared: Compared | None

    @property
    def order(self) -> tuple[int, int, str]:
        """Sort by who needs somebody most."""
        return (0 if self.glance.needs_somebody else 1, -self.glance.waits, self.clinic.title.casefold())


def show(visit: Visit) -> Answer:
    """List the clinics."""
    seen = visit.clinics()
    glances = glance(visit.access.database, list(seen.values()))
    newest = compared(visit.access.database)
    rows = [
        Row(key=key, clinic=clinic, glance=glances[clinic.name], compared=newest.get(clinic.name))
        for key, clinic in seen.items()
    ]
    return Shown(template="clinics", values={"rows": sorted(rows, key=lambda row: row.order)})


PAGES = (Page(path="/clinics", name="clinics", answer=show, right=Right.LOOK),)
