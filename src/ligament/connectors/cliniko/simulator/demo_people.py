"""What the demo lets the front desk do about people: change an e-mail address, and look at a telephone number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.ui_records import edit_record
from ligament.connectors.cliniko.simulator.world import get, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ligament.connectors.cliniko.simulator.world import World


def people(world: World) -> Iterator[tuple[str, str]]:
    """Return id and e-mail of every patient who has one and is neither archived nor deleted."""
    for row in records(world, "patients"):
        gone = row.get("archived_at") or row.get("deleted_at") or row.get("merged_with_patient_id")
        if row.get("email") and not gone:
            yield str(row["id"]), str(row["email"])


def change_email(world: World, patient: str, email: str, at: datetime) -> World:
    """The front desk types another e-mail address."""
    return edit_record(world, "patients", patient, {"email": email}, at=at)


def mobile(world: World, patient: str) -> str:
    """Return the first mobile number of a patient as it is typed there."""
    numbers = (get(world, "patients", patient) or {}).get("patient_phone_numbers")
    found = numbers if isinstance(numbers, (list, tuple)) else ()
    return next((str(one["number"]) for one in found if one.get("phone_type") == "Mobile"), "")
