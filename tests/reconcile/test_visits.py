"""Attended appointments that nobody invoiced: listed with what is usual for them, and nothing else changes by that."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as desk
from tests.reconcile.planting import Scene
from tests.support.practice import PLACE
from tests.support.stage import stage

TYPE, ITEM = "1400300000000001403", "1400300000000001404"


def priced(scene: Scene) -> None:
    """Give one type of appointment its usual price."""

    def change(world: Any) -> Any:
        item = {"id": ITEM, "name": "Consult", "item_code": "C", "price": "95.00"}
        world = cliniko.put(world, "billable_items", item)
        world = cliniko.put(world, "appointment_types", {"id": TYPE, "name": "Standard", "billable_item_id": ITEM})
        row = {"id": "14035", "appointment_type_id": TYPE, "billable_item_id": ITEM, "quantity": "1"}
        return cliniko.put(world, "appointment_type_billable_items", row)

    scene.stage.practice.change(change)


def booked(scene: Scene, **told: Any) -> str:
    """Book an appointment that is over by now, and return the id of the booking."""
    starts = scene.stage.time.at - timedelta(hours=6)
    fields = {**PLACE, "appointment_type_id": TYPE, "starts_at": starts, "ends_at": starts + timedelta(minutes=30)}
    made: str = scene.desk(desk.book, {**fields, **told})
    return made


def attended(scene: Scene, booking: str) -> str:
    """Record that the patient came, and return the attendee's id."""
    attendee: str = desk.attendees_of(scene.stage.practice.world, booking)[0]
    scene.desk(desk.mark_arrival, attendee, arrived=True)
    return attendee


def test_an_attended_appointment_without_an_invoice_is_listed_with_its_value(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    priced(scene)
    scene.stage.invoice()
    scene.stage.sync()
    came, cancelled = booked(scene), booked(scene)
    attendee = attended(scene, came)
    scene.desk(desk.cancel_booking, cancelled)
    before = scene.stage.sync()
    told = scene.compare()
    one = next(one for one in told["variances"] if one["kind"] == "completed_not_invoiced")
    assert (one["number"], one["amount"], one["needs"], one["enters"]) == (came, "95.00", "nobody", "none")
    assert one["source_id"] == attendee
    assert told["balanced"]
    assert len(told["variances"]) == 1
    # What is only listed is nothing that a run counts or plans.
    after = scene.stage.sync(full=True)
    assert after["read"]["invoices"] == 1
    assert before["planned"]["invoices"] == after["planned"]["invoices"] == 0
