"""Clinics: how each stands at a glance, what waits, and its connections."""

from __future__ import annotations

from typing import Any

from ligament.app.setup.standing import connections
from ligament.core.periods import iso_instant
from ligament.service.glances import Glance, glance
from ligament.web.api.answers import ClinicAnswer, ClinicRow
from ligament.web.api.call import CLINIC, ROOT, Asking, Call, Told


def listed(asking: Asking) -> Told:
    """List the clinics that the token sees."""
    seen = asking.clinics()
    glances = glance(asking.house.access.database, list(seen.values()))
    rows = [_row(key, one.name, glances[one.name]) for key, one in seen.items()]
    return Told(document=asking.pages.sorted_page(rows, lambda row: (row["id"],), dict))


def show(asking: Asking) -> Told:
    """Tell how one clinic stands."""
    found = glance(asking.house.access.database, [asking.clinic])[asking.clinic.name]
    with asking.opened() as clinic:
        return Told(document={**_row(asking.clinic_id, asking.clinic.name, found), "connections": connections(clinic)})


def _row(key: str, name: str, found: Glance) -> dict[str, Any]:
    return {
        "id": key,
        "name": name,
        "state": found.sign,
        "sentence": found.sentence,
        "last_run_at": iso_instant(found.last_run_at) if found.last_run_at else None,
        "next_run_at": iso_instant(found.next_run_at) if found.next_run_at else None,
        "waits": {"holds": found.holds, "approvals": found.approvals},
    }


CALLS = (
    Call(
        path=f"{ROOT}/clinics",
        answer=listed,
        does="The clinics that the token sees, each at a glance.",
        gives=ClinicRow,
        is_list=True,
    ),
    Call(
        path=CLINIC,
        answer=show,
        does="How a clinic stands: its state, last run, what waits, its connections and what is left of their limits.",
        gives=ClinicAnswer,
    ),
)
