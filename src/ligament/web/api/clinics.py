"""Clinics: how each stands at a glance, what waits, and its connections."""

from __future__ import annotations

from typing import Any

from ligament.app.connections import connections
from ligament.service.clinics import statuses
from ligament.web.api.answers import ClinicAnswer, ClinicRow
from ligament.web.api.call import CLINIC, ROOT, Asking, Call, Told


def listed(asking: Asking) -> Told:
    """List the clinics that the token sees."""
    seen = asking.clinics()
    found = statuses(asking.house.access.database, list(seen.values()))
    rows = [_row(key, one) for key, one in zip(seen, found, strict=True)]
    return Told(document=asking.pages.sorted_page(rows, lambda row: (row["id"],), dict))


def show(asking: Asking) -> Told:
    """Tell how one clinic stands."""
    (found,) = statuses(asking.house.access.database, [asking.clinic])
    with asking.opened() as clinic:
        return Told(document={**_row(asking.clinic_id, found), "connections": connections(clinic)})


def _row(key: str, found: dict[str, Any]) -> dict[str, Any]:
    told = {name: found[name] for name in ("name", "state", "sentence", "last_run_at", "next_run_at")}
    return {"id": key, **told, "waits": {"holds": found["holds"], "approvals": found["approvals"]}}


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
