"""Visits that are charged without an invoice are part of every report that they are part of in the reconciliation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ligament.app.reconcile import reconcile
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from tests.contacts.kit import ANA, BEN, LONG_AGO, Clinic
from tests.reports.kit import CONSULT, busy_clinic, issue, told
from tests.stories.acting import environment
from tests.support.practice import BUSINESS, PRACTITIONER

_TYPE, _ITEM = "1400400000000000041", "1400500000000000051"


def with_visits(home: Path) -> Clinic:
    """Return a clinic with three visits: one attended, one attended and invoiced, one that nobody came to."""
    clinic = Clinic(home)
    text = (clinic.home / "ligament.toml").read_text(encoding="utf-8")
    text = text.replace("[invoices]", '[invoices]\nfrom = "appointments"\nappointment_prices_include_tax = true')
    (clinic.home / "ligament.toml").write_text(text, encoding="utf-8")
    stamps = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
    for kind, fields in (
        ("billable_items", {"id": _ITEM, "name": "Consult", "item_code": "C", "price": "80.0"}),
        ("appointment_types", {"id": _TYPE, "name": "Consult", "duration_in_minutes": 30, "max_attendees": 1}),
        (
            "appointment_type_billable_items",
            {"id": "1", "appointment_type_id": _TYPE, "billable_item_id": _ITEM, "quantity": "1"},
        ),
    ):
        clinic.practice.change(partial(_put, kind=kind, fields={**stamps, **fields}))
    visit(clinic, ANA, "2026-11-03", arrived=True)
    visit(clinic, BEN, "2026-11-04", arrived=False)
    booking = visit(clinic, BEN, "2026-11-05", arrived=True)
    attendee = control.attendees_of(clinic.practice.world, booking)[0]
    issue(clinic, BEN, "2026-11-05", CONSULT, attendee_id=attendee, appointment_id=booking)
    clinic.sync()
    return clinic


def _put(world: Any, *, kind: str, fields: Mapping[str, object]) -> Any:
    return cliniko.put(world, kind, fields)


def visit(clinic: Clinic, patient: str, day: str, *, arrived: bool) -> str:
    """Book an appointment and mark whether the person came; returns its id."""
    made = ""
    at = datetime.fromisoformat(f"{day}T01:00:00+00:00")

    def change(world: Any) -> Any:
        nonlocal made
        place = {"patient_id": patient, "business_id": BUSINESS, "practitioner_id": PRACTITIONER}
        world, made = control.book(
            world, {**place, "appointment_type_id": _TYPE, "starts_at": at.isoformat()}, at=LONG_AGO
        )
        return control.mark_arrival(world, control.attendees_of(world, made)[0], arrived=arrived, at=at)

    clinic.practice.change(change)
    return made


def test_a_charged_visit_counts_as_it_does_in_the_reconciliation(tmp_path: Path) -> None:
    clinic = with_visits(tmp_path / "home")
    with clinic.app() as app:
        totals = reconcile(app).document["totals"]
    assert totals["source"] == "175.00"
    for by in ("month", "item"):
        assert told(clinic, "revenue", by=by)["totals"]["total"] == totals["source"]
    assert told(clinic, "debtors")["totals"]["total"] == totals["owed"]["source"]
    gst = told(clinic, "gst")["totals"]
    assert (gst["practice_gross"], gst["books_gross"]) == (totals["source"], totals["books"])


def test_activity_says_what_became_of_each_visit(tmp_path: Path) -> None:
    report = told(with_visits(tmp_path / "home"), "activity", by="practitioner")
    (row,) = report["rows"]
    counts = {name: row[name] for name in ("appointments", "attended", "did_not_arrive", "invoiced", "not_invoiced")}
    assert counts == {"appointments": 3, "attended": 2, "did_not_arrive": 1, "invoiced": 1, "not_invoiced": 1}
    assert (row["not_invoiced_amount"], row["practitioner"], row["patients"]) == ("80.00", "Ben Hands", 2)


@pytest.mark.postgres
def test_reports_are_the_same_on_postgresql(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wished = [("revenue", {"by": "item,payer"}), ("gst", {}), ("debtors", {}), ("payers", {})]
    here = busy_clinic(tmp_path / "here")
    expected = [told(here, name, **options) for name, options in wished]
    shared = {"LIGAMENT_DATABASE_URL": postgres_url}
    monkeypatch.setattr("tests.contacts.kit.environment", lambda *urls: {**environment(*urls), **shared})
    there = busy_clinic(tmp_path / "there")
    found = [told(there, name, **options) for name, options in wished]
    for one, other in zip(found, expected, strict=True):
        assert (one["rows"], one["totals"]) == (other["rows"], other["totals"])
