"""Attended appointments that become documents: compared, mended, audited, made up for and undone like every other."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ligament.app.approvals import approve
from ligament.app.audit import audit
from ligament.app.reconcile import Period as ComparedPeriod
from ligament.app.reconcile import side_by_side
from ligament.app.reports.comparison import comparison_report
from ligament.app.reports.files import wanted_files, write_files
from ligament.app.variances import fix, list_variances
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.core.periods import Period
from tests.reconcile.around import attended, booked, priced, undo_last
from tests.reconcile.planting import Scene
from tests.reconcile.test_planted import closes
from tests.support.practice import PLACE
from tests.support.stage import RULEBOOK, stage

CHARGED = RULEBOOK.replace("[invoices]\n", '[invoices]\nfrom = "appointments"\nappointment_prices_include_tax = true\n')


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Set a stage where attended appointments are charged."""
    made = Scene(stage(tmp_path, rulebook=CHARGED))
    priced(made)
    return made


def charged(scene: Scene, many: int) -> tuple[list[str], list[Any], str]:
    """Let so many come, and post them: the bookings, the documents in their order, and the run."""
    bookings = [booked(scene) for _ in range(many)]
    for booking in bookings:
        attended(scene, booking)
    booked(scene)
    run = str(scene.stage.sync()["run_id"])
    return bookings, sorted(scene.stage.kept_books().invoices.values(), key=lambda one: one.number), run


def lower(scene: Scene, document: Any) -> None:
    """Let somebody lower the price of a document."""
    held = document.lines[0]
    line = {"LineItemID": held.line_id, "Description": held.description, "Quantity": 1, "UnitAmount": "90.00"}
    changed = {"LineItems": [{**line, "AccountCode": "200", "TaxType": held.tax_type}]}
    scene.office(office.edit_invoice, document.document_id, changed)


def told_of(told: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Return kind, amount and who is needed, by number."""
    return {one["number"]: (one["kind"], one["amount"], one["needs"]) for one in told["variances"]}


def test_charges_are_compared_counted_and_mended(scene: Scene) -> None:
    bookings, documents, _ = charged(scene, 5)
    even = scene.compare()
    assert even["balanced"]
    assert even["variances"] == []
    assert even["totals"]["source"] == even["totals"]["books"] == "475.00"
    assert even["compared"]["source"]["invoices"] == even["compared"]["books"]["invoices"] == 5
    lower(scene, documents[0])
    scene.office(office.void_invoice, documents[1].document_id)
    scene.office(office.pay_invoice, documents[2].document_id)
    scene.desk(desk.cancel_booking, bookings[3])
    told = scene.compare()
    closes(told)
    numbers = [one.number.removeprefix("CLK-") for one in documents]
    assert told_of(told) == {
        numbers[0]: ("amount", "5.00", "person"),
        numbers[1]: ("status", "95.00", "person"),
        numbers[2]: ("paid_in_xero", "-95.00", "person"),
        numbers[3]: ("status", "-95.00", "heal"),
    }
    sentences = {one["number"]: one["sentence"] for one in told["variances"]}
    assert "raise its invoice and record the payment in Cliniko" in sentences[numbers[2]]
    assert "was cancelled in Cliniko" in sentences[numbers[3]]
    with scene.stage.app() as clinic:
        planned = fix(clinic, everything=True).document
        approve(clinic, [planned["plan"]])
    scene.stage.sync()
    proof = scene.compare()
    closes(proof)
    assert set(told_of(proof)) == {numbers[2]}, "what was put back, posted again and voided is even"
    scene.stage.clear_log()
    scene.stage.sync()
    assert scene.stage.writes() == []


def test_charges_stand_in_the_report_and_among_the_variances(scene: Scene, tmp_path: Path) -> None:
    _, documents, _ = charged(scene, 3)
    lower(scene, documents[0])
    told = scene.compare()
    numbers = [one.number.removeprefix("CLK-") for one in documents]
    with scene.stage.app() as clinic:
        listed = list_variances(clinic).document["variances"]
        period = ComparedPeriod.of(told["period"])
        rows = list(side_by_side(clinic, period))
        files = wanted_files([tmp_path / f"compared.{form}" for form in ("xlsx", "html", "pdf", "csv", "json")])
        write_files(files, comparison_report(clinic, told, lambda: iter(rows)), told)
    assert [(one["number"], one["kind"], one["amount"]) for one in listed] == [(numbers[0], "amount", "5.00")]
    book = openpyxl.load_workbook(tmp_path / "compared.xlsx")
    records = list(book["All records"].iter_rows(min_row=2, values_only=True))
    assert sorted(str(row[0]) for row in records) == sorted(numbers)
    assert sum(Decimal(str(row[6])) for row in records) == Decimal(told["totals"]["source"]) == Decimal("285.00")
    for form in ("html", "csv", "json"):
        assert numbers[0] in (tmp_path / f"compared.{form}").read_text(encoding="utf-8")
    assert (tmp_path / "compared.pdf").read_bytes().startswith(b"%PDF-")


def test_a_run_that_charged_is_undone_and_waits(scene: Scene) -> None:
    _, documents, run = charged(scene, 2)
    undo_last(scene, run)
    told = scene.compare()
    closes(told)
    assert {kind for kind, _, _ in told_of(told).values()} == {"undone"}
    assert told["totals"]["explained"] == "190.00"
    assert {one.status for one in scene.stage.kept_books().invoices.values()} == {"VOIDED"}
    scene.stage.clear_log()
    scene.stage.sync()
    assert scene.stage.writes() == []
    assert len(documents) == 2


def test_an_audit_takes_a_charge_for_no_stranger(scene: Scene) -> None:
    charged(scene, 2)
    scene.stage.invoice()
    scene.stage.sync()
    scene.stage.pass_time(minutes=1)
    with scene.stage.app() as clinic:
        found = audit(clinic, Period()).document
    assert found["score"] == "100.00"
    assert found["findings"] == []


def test_an_invoice_that_is_raised_later_takes_the_charge_over(scene: Scene) -> None:
    bookings, _, _ = charged(scene, 1)
    attendee = desk.attendees_of(scene.stage.practice.world, bookings[0])[0]
    lines = [{"name": "Consult", "unit_price": "95.00"}]
    scene.desk(desk.create_invoice, {**PLACE, "attendee_id": attendee, "appointment_id": bookings[0]}, lines)
    scene.stage.sync()
    told = scene.compare()
    closes(told)
    assert told["totals"]["source"] == told["totals"]["books"] == "95.00", "it counts once"
    assert told["compared"]["source"]["invoices"] == told["compared"]["books"]["invoices"] == 1
