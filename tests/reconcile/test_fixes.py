"""Every fix mends what it is for, through plan and approval, and leaves alone the nearest thing that a person made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ligament.app.approvals import approve
from ligament.app.variances import fix
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.core.variances import Fix
from tests.reconcile.planting import Scene, lower_amount, move_closing, void
from tests.support.practice import PATIENT
from tests.support.stage import RULEBOOK, stage

KEEPING = RULEBOOK.replace("[approval]", "[contacts]\narchive_contacts = false\n[approval]")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fix: what is planted, and the ids of what a person made right beside it."""

    fix: Fix
    plant: Callable[[Scene], tuple[str, ...]]
    kind: str
    rulebook: str = RULEBOOK


def own_document(scene: Scene, like: str, number: str = "OWN-1", *, credit: bool = False) -> str:
    """Let a person enter a document of their own on the same contact, with the same lines."""
    document = scene.document(like)
    code = scene.stage.kept_books().accounts[document.lines[0].account_id].code
    told = {
        "Type": "ACCRECCREDIT" if credit else "ACCREC",
        "Status": "AUTHORISED",
        ("CreditNoteNumber" if credit else "InvoiceNumber"): number,
        "Contact": {"ContactID": document.contact_id},
        "Date": document.dated_on.isoformat(),
        **({} if credit else {"DueDate": document.due_on.isoformat()}),
        "LineAmountTypes": "Inclusive",
        "LineItems": [
            {"Description": "Orthotics", "UnitAmount": "41.00", "AccountCode": code, "TaxType": "EXEMPTOUTPUT"}
        ],
    }
    return str(scene.office(office.create_credit_note if credit else office.create_invoice, told))


def edited(scene: Scene) -> tuple[str, ...]:
    """Ours was edited, and beside it stands one of the person's own."""
    invoice = scene.stage.invoice()
    scene.stage.sync()
    own = own_document(scene, invoice)
    lower_amount(scene, invoice)
    return (own,)


def voided(scene: Scene) -> tuple[str, ...]:
    """Ours was voided, and so was one of the person's own."""
    invoice = scene.stage.invoice()
    scene.stage.sync()
    own = own_document(scene, invoice)
    scene.office(office.void_invoice, own)
    void(scene, invoice)
    return (own,)


def dated(scene: Scene) -> tuple[str, ...]:
    """Our payment stands on another day than the practice says, and on another invoice one that a person entered."""
    invoice, other = scene.stage.invoice(paid=True), scene.stage.invoice(price="60.00")
    scene.stage.sync()
    paid = scene.office(office.pay_invoice, scene.document(other).document_id)
    scene.stage.pay(other)
    scene.stage.sync()
    move_closing(scene, invoice)
    return (str(paid),)


def credit_off(scene: Scene) -> tuple[str, ...]:
    """Our use of a credit was taken off, and beside it stands an open credit of the person's own."""
    invoice = scene.stage.invoice()
    note = scene.desk(desk.reverse_invoice, invoice, [{"name": "Consult", "quantity": "-1", "unit_price": "95.00"}])
    scene.desk(desk.apply_credit, note, invoice)
    scene.stage.sync()
    own = own_document(scene, invoice, "OWN-CN-1", credit=True)
    used = next(held for held in scene.stage.kept_books().allocations.values() if not held.is_deleted)
    scene.office(office.remove_allocation, used.allocation_id)
    return (own,)


def doubled(scene: Scene) -> tuple[str, ...]:
    """A person entered all that the practice took in the end, and ours stands beside it."""
    invoice = scene.stage.invoice()
    scene.stage.sync()
    theirs = scene.office(office.pay_invoice, scene.document(invoice).document_id, amount=Decimal("45.00"))
    scene.stage.pay(invoice)
    scene.stage.sync()
    scene.desk(desk.edit_invoice, invoice, {}, [{"name": "Consult", "unit_price": "45.00"}])
    scene.stage.sync()
    with scene.stage.app() as clinic:
        approve(clinic, [hold.id for hold in clinic.store.open_holds()])
    scene.stage.sync()
    return (str(theirs),)


def merged(scene: Scene) -> tuple[str, ...]:
    """A patient whose contact we made was merged into another, and so was one whose contact a person had made."""
    first, other = scene.stage.patient(8, last="Twice"), scene.stage.patient(9, first="Eve", last="Other")
    own = scene.office(office.create_contact, {"Name": "Eve Other", "EmailAddress": "p9@mail.example"})
    for patient in (PATIENT, first, other):
        scene.stage.invoice(paid=True, patient=patient)
    scene.stage.sync()
    for loser in (first, other):
        scene.desk(merge, loser_id=loser, survivor_id=PATIENT)
    scene.stage.sync()
    return (str(own),)


def merge(world: Any, *, loser_id: str, survivor_id: str, at: datetime) -> Any:
    """Merge two patients, as staff of the practice do."""
    return desk.merge_patients(world, loser_id=loser_id, survivor_id=survivor_id, at=at)


ROWS = (
    Row(fix=Fix.PUT_BACK, plant=edited, kind="amount"),
    Row(fix=Fix.POST_AGAIN, plant=voided, kind="status"),
    Row(fix=Fix.RE_DATE, plant=dated, kind="payment"),
    Row(fix=Fix.ALLOCATE, plant=credit_off, kind="credit_not_allocated"),
    Row(fix=Fix.TAKE_OFF, plant=doubled, kind="payment"),
    Row(fix=Fix.ARCHIVE, plant=merged, kind="duplicate", rulebook=KEEPING),
)


def held(scene: Scene, ids: tuple[str, ...]) -> list[Any]:
    """Return what a person made, as the books have it now."""
    kept = scene.stage.kept_books()
    tables = (kept.invoices, kept.credit_notes, kept.payments, kept.contacts)
    return [next(table[key] for table in tables if key in table) for key in ids]


@pytest.mark.parametrize("row", ROWS, ids=[row.fix.name.lower() for row in ROWS])
def test_a_fix_mends_its_own_and_leaves_the_nearest_alone(tmp_path: Path, row: Row) -> None:
    scene = Scene(stage(tmp_path, rulebook=row.rulebook))
    people = row.plant(scene)
    before = held(scene, people)
    told = scene.compare()
    (one,) = [found for found in told["variances"] if found["fix"] and found["fix"]["what"] == row.fix.value]
    assert (one["kind"], one["fix"]["asks"]) == (row.kind, True)
    with scene.stage.app() as clinic:
        planned = fix(clinic, [one["id"]]).document
    assert planned["waiting"], "a fix asks first"
    scene.stage.clear_log()
    scene.stage.sync()
    assert scene.stage.writes() == [], "nothing is mended before somebody says yes"
    with scene.stage.app() as clinic:
        approve(clinic, [planned["plan"]])
    scene.stage.sync()
    assert held(scene, people) == before, "what a person made is as it was"
    proof = scene.compare()
    assert one["id"] not in {found["id"] for found in proof["variances"]}, "the next comparison proves it"
    assert proof["balanced"], [found["sentence"] for found in proof["variances"]]
    scene.stage.clear_log()
    scene.stage.sync()
    assert scene.stage.writes() == [], "running it again changes nothing"
    with scene.stage.app() as clinic:
        kinds = {str(entry["kind"]) for entry in clinic.queries.journal(limit=500)}
    assert {"intent", "receipt", "decision", "approval"} <= kinds, "every step of it is in the journal"


@pytest.mark.parametrize("row", ROWS, ids=[row.fix.name.lower() for row in ROWS])
def test_what_policy_mends_by_itself_leaves_the_nearest_alone_too(tmp_path: Path, row: Row) -> None:
    scene = Scene(stage(tmp_path, rulebook=f'{row.rulebook}fix = "auto"\n'))
    people = row.plant(scene)
    before = held(scene, people)
    scene.compare()
    scene.stage.sync()
    assert held(scene, people) == before
    proof = scene.compare()
    assert proof["balanced"], [found["sentence"] for found in proof["variances"]]


@pytest.mark.parametrize("at_the_last_moment", [False, True])
def test_our_payment_is_not_taken_off_where_what_it_stood_beside_is_gone(
    tmp_path: Path, *, at_the_last_moment: bool
) -> None:
    scene = Scene(stage(tmp_path))
    (theirs,) = doubled(scene)
    before = {key for key, one in scene.stage.kept_books().payments.items() if one.status != "DELETED"}
    one = next(one for one in scene.compare()["variances"] if one["fix"])
    with scene.stage.app() as clinic:
        approve(clinic, [fix(clinic, [one["id"]]).document["plan"]])
    if at_the_last_moment:
        taken_off_when(scene, theirs, asked="/Payments/")
    else:
        scene.office(office.delete_payment, theirs)
    scene.stage.clear_log()
    scene.stage.sync()
    after = {key for key, one in scene.stage.kept_books().payments.items() if one.status != "DELETED"}
    assert after == before - {theirs}
    assert not [write for write in scene.stage.writes() if "/Payments" in write]


def taken_off_when(scene: Scene, payment: str, *, asked: str) -> None:
    """Let a person take a payment off right before a page of that name is read."""
    handle = scene.stage.books._handle

    def answer(world: Any, request: Any) -> Any:
        if request.method == "GET" and asked in request.path and world.only().payments[payment].status != "DELETED":
            world = office.delete_payment(world, payment, at=request.at)
        return handle(world, request)

    scene.stage.books._handle = answer


def to_be_moved(scene: Scene) -> str:
    """Let a payment be on the wrong day, and somebody say yes to moving it; return the invoice."""
    invoice = scene.stage.invoice(paid=True)
    scene.stage.sync()
    move_closing(scene, invoice)
    (one,) = scene.compare()["variances"]
    with scene.stage.app() as clinic:
        approve(clinic, [fix(clinic, [one["id"]]).document["plan"]])
    return invoice


def test_a_payment_that_could_not_be_posted_again_is_not_moved(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = to_be_moved(scene)
    scene.office(office.archive_account, "090")
    scene.stage.pass_time(hours=7)
    scene.stage.clear_log()
    (hold,) = scene.stage.sync()["holds"]
    assert (hold["code"], hold["kind"]) == ("unmapped_account", "payment")
    assert scene.stage.writes() == []
    assert scene.document(invoice).outstanding == 0


def test_a_payment_is_neither_moved_nor_offered_to_be_where_none_are_posted_any_more(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    to_be_moved(scene)
    off = RULEBOOK.replace("[payments]", '[payments]\nsource = "off"')
    (scene.stage.home / "ligament.toml").write_text(off, encoding="utf-8")
    scene.stage.clear_log()
    scene.stage.sync()
    assert scene.stage.writes() == []
    assert [(one["kind"], one["fix"]) for one in scene.compare()["variances"]] == [("payment", None)]


def test_every_fix_that_is_offered_is_in_the_table() -> None:
    assert {row.fix for row in ROWS} == set(Fix)


def test_a_merged_patients_contact_with_money_open_is_told_and_not_offered(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path, rulebook=KEEPING))
    loser = scene.stage.patient(8, last="Twice")
    invoice = scene.stage.invoice(patient=loser)
    scene.stage.invoice(paid=True)
    scene.stage.sync()
    own_document(scene, invoice)
    scene.desk(merge, loser_id=loser, survivor_id=PATIENT)
    scene.stage.sync()
    (one,) = [found for found in scene.compare()["variances"] if found["kind"] == "duplicate"]
    assert one["fix"] is None
    assert "has money open" in one["sentence"]


def test_who_archives_by_rule_is_offered_nothing(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    merged(scene)
    assert scene.compare()["balanced"]
    assert not [one for one in scene.compare()["variances"] if one["kind"] == "duplicate"]
