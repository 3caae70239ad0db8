"""Staff actions in the appointment book: book, cancel, uncancel and mark arrivals."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.kinds_diary import KINDS
from ligament.connectors.cliniko.simulator.values import instant, stamp, stored_record
from ligament.connectors.cliniko.simulator.world import World, add, amend, find, get, records

if TYPE_CHECKING:
    from datetime import datetime

    from ligament.connectors.cliniko.simulator.kinds import Record


def book(world: World, appointment: Record, *, at: datetime) -> tuple[World, str]:
    """Book an individual appointment with its one attendee; return the appointment's id.

    A missing `ends_at` follows from the appointment type's length.
    """
    fields = stored_record(KINDS["individual_appointments"], appointment)
    times: dict[str, object] = {"created_at": stamp(at), "updated_at": stamp(at)}
    if not fields.get("ends_at"):
        fields["ends_at"] = _end(world, fields)
    patient = find(world, "patients", fields.get("patient_id")) or {}
    names = (patient.get("first_name"), patient.get("last_name"))
    fields["patient_name"] = " ".join(str(name) for name in names if name)
    world, booking_id = add(world, "individual_appointments", {**times, **fields})
    attendee = {"booking_id": booking_id, "patient_id": fields.get("patient_id"), **times}
    world, _ = add(world, "attendees", attendee)
    return world, booking_id


def book_group(world: World, appointment: Record, patient_ids: tuple[str, ...], *, at: datetime) -> tuple[World, str]:
    """Book a group appointment with an attendee for each patient; return the appointment's id."""
    fields = stored_record(KINDS["group_appointments"], appointment)
    times: dict[str, object] = {"created_at": stamp(at), "updated_at": stamp(at)}
    if not fields.get("ends_at"):
        fields["ends_at"] = _end(world, fields)
    world, booking_id = add(world, "group_appointments", {**times, **fields, "patient_ids": list(patient_ids)})
    for patient_id in patient_ids:
        world, _ = add(world, "attendees", {"booking_id": booking_id, "patient_id": patient_id, **times})
    return world, booking_id


def _end(world: World, fields: Record) -> str:
    kind = find(world, "appointment_types", fields.get("appointment_type_id")) or {}
    minutes = int(str(kind.get("duration_in_minutes") or 30))
    return stamp(instant(str(fields["starts_at"])) + timedelta(minutes=minutes))


def attendees_of(world: World, booking_id: str) -> list[str]:
    """Return the ids of a booking's attendees."""
    return [str(one["id"]) for one in records(world, "attendees") if one.get("booking_id") == booking_id]


def cancel_booking(world: World, booking_id: str, *, at: datetime, reason: int = 50, note: str | None = None) -> World:
    """Cancel an individual appointment and its attendee."""
    changes = {"cancelled_at": stamp(at), "cancellation_reason": reason, "cancellation_note": note}
    return _mark_both(world, booking_id, changes, changes, at=at)


def uncancel_booking(world: World, booking_id: str, *, at: datetime) -> World:
    """Undo a cancellation: `cancelled_at` goes back to null."""
    changes = dict.fromkeys(("cancelled_at", "cancellation_reason", "cancellation_note"))
    return _mark_both(world, booking_id, changes, changes, at=at)


def cancel_attendee(
    world: World, attendee_id: str, *, at: datetime, reason: int = 50, note: str | None = None
) -> World:
    """Take one patient off a booking; an individual appointment is cancelled as a whole."""
    booking_id = str(get(world, "attendees", attendee_id).get("booking_id"))
    if find(world, "individual_appointments", booking_id) is not None:
        return cancel_booking(world, booking_id, at=at, reason=reason, note=note)
    changes = {"cancelled_at": stamp(at), "cancellation_reason": reason, "cancellation_note": note}
    return amend(world, "attendees", attendee_id, changes, at=at)


def mark_arrival(world: World, attendee_id: str, *, arrived: bool | None, at: datetime) -> World:
    """Record that a patient came (True), did not come (False), or clear both marks (None)."""
    booking_id = str(get(world, "attendees", attendee_id).get("booking_id"))
    marks = {"patient_arrived": arrived, "did_not_arrive": None if arrived is None else not arrived}
    world = amend(world, "attendees", attendee_id, {"arrived": arrived}, at=at)
    if find(world, "individual_appointments", booking_id) is None:
        return world
    return amend(world, "individual_appointments", booking_id, marks, at=at)


def _mark_both(world: World, booking_id: str, booking: Record, attendee: Record, *, at: datetime) -> World:
    world = amend(world, "individual_appointments", booking_id, booking, at=at)
    for attendee_id in attendees_of(world, booking_id):
        world = amend(world, "attendees", attendee_id, attendee, at=at)
    return world
