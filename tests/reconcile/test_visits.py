"""Attended appointments that nobody invoiced: listed with what is usual for them, and nothing else changes by that."""

from __future__ import annotations

from pathlib import Path

from ligament.connectors.cliniko.simulator import control as desk
from tests.reconcile.around import attended, booked, priced
from tests.reconcile.planting import Scene
from tests.support.stage import stage


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
