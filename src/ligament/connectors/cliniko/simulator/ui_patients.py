"""Staff actions on patients: merge two records of one person, and delete one for good [6.3]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.ui_records import archive_record
from ligament.connectors.cliniko.simulator.values import stamp
from ligament.connectors.cliniko.simulator.world import World, amend, get, table_index

if TYPE_CHECKING:
    from datetime import datetime

    from ligament.connectors.cliniko.simulator.kinds import Record


def merge_patients(world: World, *, loser_id: str, survivor_id: str, at: datetime) -> World:
    """Merge a patient into another: the loser is archived and marked; invoices move as the switches say."""
    marks = {"merged_at": stamp(at), "merged_with_patient_id": survivor_id}
    world = amend(world, "patients", loser_id, marks, at=at)
    world = archive_record(world, "patients", loser_id, at=at)
    if not world.switches.merge_moves_invoices:
        return world
    bump = world.switches.merge_bumps_invoices
    return _change_invoices(world, loser_id, {"patient_id": survivor_id}, at=at, bump=bump)


def delete_patient(world: World, patient_id: str, *, at: datetime, anonymise: bool | None = None) -> World:
    """Delete a patient for good; invoices are anonymised when asked for or, with None, as the settings say."""
    world = amend(world, "patients", patient_id, {"deleted_at": stamp(at), **_NOBODY}, at=at)
    privacy = world.settings.get("patient_privacy")
    by_setting = isinstance(privacy, dict) and bool(privacy.get("anonymise_invoices_and_payments_on_deletion"))
    if not (by_setting if anonymise is None else anonymise):
        return world
    changes = {"patient_id": None, "invoice_to": None, "patient_extra_information": None}
    bump = world.switches.anonymising_bumps_invoices
    return _change_invoices(world, patient_id, changes, at=at, bump=bump)


_NOBODY: Record = {
    "first_name": "Deleted",
    "last_name": "Patient",
    "email": None,
    "patient_phone_numbers": [],
    "address_1": None,
    "date_of_birth": None,
}


def invoices_of(world: World, patient_id: str) -> list[str]:
    """Return the ids of a patient's invoices, hidden ones included."""
    rows = table_index(world.table("invoices"), "patient_id").get(patient_id, ())
    return [str(row.fields["id"]) for row in rows]


def _change_invoices(world: World, patient_id: str, changes: Record, *, at: datetime, bump: bool) -> World:
    assert get(world, "patients", patient_id) is not None
    for invoice_id in invoices_of(world, patient_id):
        world = amend(world, "invoices", invoice_id, changes, at=at, bump=bump)
    return world
