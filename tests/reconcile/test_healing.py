"""Healing: each fix mends what it says, through plan and approval, and leaves alone what a person made."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ligament.app.approvals import approve
from ligament.app.variances import acknowledge, fix
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.wiring.errors import ConfigurationError
from tests.reconcile.planting import (
    Scene,
    change_account,
    line,
    lower_amount,
    move_closing,
    move_due_date,
    pay_part_in_books,
    payment_of,
    void,
)
from tests.support.stage import RULEBOOK, set_native, stage


def only(document: dict[str, Any]) -> dict[str, Any]:
    """Return the one variance of a comparison."""
    assert len(document["variances"]) == 1, [one["sentence"] for one in document["variances"]]
    one: dict[str, Any] = document["variances"][0]
    return one


def mend(scene: Scene, *wanted: str, everything: bool = False) -> dict[str, Any]:
    """Say that variances are to be mended, and yes to what that asks."""
    with scene.stage.app() as clinic:
        told = fix(clinic, wanted, everything=everything).document
    if told["waiting"]:
        with scene.stage.app() as clinic:
            approve(clinic, [told["plan"]])
    return told


def refused(scene: Scene, wanted: str) -> str:
    """Say that a variance is to be mended, and return why it cannot be."""
    with scene.stage.app() as clinic, pytest.raises(ConfigurationError) as trouble:
        fix(clinic, [wanted])
    return str(trouble.value)


def settled(scene: Scene) -> None:
    """Everything is even again, and nothing more is written."""
    told = scene.compare()
    assert told["balanced"], [one["sentence"] for one in told["variances"]]
    assert not [one for one in told["variances"] if one["needs"] == "person"]
    scene.stage.clear_log()
    scene.stage.sync()
    assert scene.stage.writes() == []


@pytest.mark.parametrize("plant", [lower_amount, move_due_date, change_account])
def test_what_was_edited_in_the_books_is_put_back_once_approved(tmp_path: Path, plant: Any) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    before = scene.document(invoice)
    plant(scene, invoice)
    one = only(scene.compare())
    assert one["fix"] == {"what": "put back", "asks": True}
    told = mend(scene, one["id"])
    assert [action["action"] for action in told["actions"]] == ["update_document"]
    scene.stage.sync()
    after = scene.document(invoice)
    assert (after.total, after.due_on, after.lines[0].account_id) == (
        before.total,
        before.due_on,
        before.lines[0].account_id,
    )
    settled(scene)


def test_nothing_is_put_back_before_somebody_says_yes(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    lower_amount(scene, invoice)
    one = only(scene.compare())
    with scene.stage.app() as clinic:
        told = fix(clinic, [one["id"]])
    assert told.code == 1
    scene.stage.clear_log()
    scene.stage.sync()
    assert scene.stage.writes() == []
    assert scene.document(invoice).total == Decimal("92.00")
    assert only(scene.compare())["state"] == "healing"


def test_what_somebody_edits_after_the_word_was_given_stays(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    lower_amount(scene, invoice)
    mend(scene, only(scene.compare())["id"])
    lower_amount(scene, invoice, "2.00")
    scene.stage.sync()
    assert scene.document(invoice).total == Decimal("90.00")
    assert only(scene.compare())["kind"] == "amount"


def test_an_edited_document_with_money_on_it_is_left_alone(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    lower_amount(scene, invoice)
    pay_part_in_books(scene, invoice)
    listed = {one["kind"]: one for one in scene.compare()["variances"]}
    assert set(listed) == {"amount", "paid_in_xero"}
    assert listed["amount"]["fix"] is None
    assert "cannot be mended" in refused(scene, listed["amount"]["id"])
    scene.stage.clear_log()
    scene.stage.sync()
    assert scene.stage.writes() == []


def test_a_voided_document_is_posted_again_under_the_next_number(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice, archived = scene.stage.invoice(), scene.stage.invoice(price="50.00")
    scene.stage.sync()
    void(scene, invoice)
    void(scene, archived)
    # What the practice does not count any more is not posted again.
    scene.desk(desk.archive_invoice, archived)
    one = only(scene.compare())
    assert (one["kind"], one["fix"]["what"]) == ("status", "post again")
    mend(scene, one["id"])
    scene.stage.sync()
    assert scene.document(invoice).number == f"CLK-{scene.number(invoice)}-2"
    live = [held.number for held in scene.stage.kept_books().invoices.values() if held.status != "VOIDED"]
    assert live == [f"CLK-{scene.number(invoice)}-2"]
    settled(scene)


def test_our_payment_moves_to_the_day_that_the_practice_says(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice(paid=True)
    scene.stage.sync()
    before = payment_of(scene, invoice)
    move_closing(scene, invoice)
    one = only(scene.compare())
    assert (one["kind"], one["fix"]["what"]) == ("payment", "re-date")
    mend(scene, one["id"])
    scene.stage.sync()
    assert payment_of(scene, invoice).paid_on < before.paid_on
    settled(scene)


def test_a_reconciled_payment_is_never_moved(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice(paid=True)
    scene.stage.sync()
    move_closing(scene, invoice)
    one = only(scene.compare())
    scene.office(office.reconcile_payment, payment_of(scene, invoice).payment_id)
    mend(scene, one["id"])
    kept = payment_of(scene, invoice)
    scene.stage.sync()
    assert payment_of(scene, invoice).payment_id == kept.payment_id


def test_a_payment_that_a_person_entered_is_never_moved(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    yesterday = scene.stage.time.at.date() - timedelta(days=4)
    scene.office(office.pay_invoice, scene.document(invoice).document_id, paid_on=yesterday)
    scene.stage.pay(invoice)
    scene.stage.sync()
    assert scene.compare()["balanced"]
    assert payment_of(scene, invoice).paid_on == yesterday


def test_a_used_credit_that_was_taken_off_is_used_again(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    reversed_lines = [{"name": "Consult", "quantity": "-1", "unit_price": "95.00"}]
    note = scene.desk(desk.reverse_invoice, invoice, reversed_lines)
    scene.desk(desk.apply_credit, note, invoice)
    scene.stage.sync()
    books = scene.stage.kept_books()
    used = next(held for held in books.allocations.values() if not held.is_deleted)
    scene.office(office.remove_allocation, used.allocation_id)
    listed = {one["kind"]: one for one in scene.compare()["variances"]}
    assert listed["credit_not_allocated"]["fix"] == {"what": "allocate", "asks": True}
    mend(scene, listed["credit_not_allocated"]["id"])
    scene.stage.sync()
    assert scene.document(invoice).outstanding == 0
    settled(scene)


def test_policy_mends_by_itself_where_it_may(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path, rulebook=f'{RULEBOOK}fix = "auto"\n'))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    lower_amount(scene, invoice)
    told = scene.compare()
    one = only(told)
    assert (one["needs"], one["state"], told["balanced"]) == ("heal", "healing", True)
    scene.stage.sync()
    assert scene.document(invoice).total == Decimal("95.00")
    settled(scene)


def test_a_name_changed_where_the_practice_decides_is_put_back(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    contact = scene.document(invoice).contact_id
    scene.office(office.edit_contact, contact, {"Name": "Ada Elsewhere", "LastName": "Elsewhere"})
    scene.stage.sync()
    one = only(scene.compare())
    assert (one["kind"], one["fix"]["what"]) == ("contact_field", "put back")
    assert "Elsewhere" not in one["sentence"]
    mend(scene, one["id"])
    scene.stage.sync()
    assert scene.stage.kept_books().contacts[contact].name == "Ada Sample"
    settled(scene)


def test_all_leaves_out_what_is_known(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    first, second = scene.stage.invoice(), scene.stage.invoice(price="60.00")
    scene.stage.sync()
    lower_amount(scene, first)
    lower_amount(scene, second)
    listed = {one["number"]: one for one in scene.compare()["variances"]}
    with scene.stage.app() as clinic:
        acknowledge(clinic, listed[scene.number(first)]["id"], "Agreed on the telephone")
    told = mend(scene, everything=True)
    assert told["fixing"] == [listed[scene.number(second)]["id"]]
    scene.stage.sync()
    assert scene.document(first).total == Decimal("92.00")
    assert scene.document(second).total == Decimal("60.00")
    known = only(scene.compare())
    assert (known["state"], known["note"]) == ("known", "Agreed on the telephone")
    scene.office(
        office.edit_invoice, scene.document(first).document_id, line(scene, first, UnitAmount=Decimal("91.00"))
    )
    back = only(scene.compare())
    assert (back["id"], back["state"]) == (known["id"], "back")


def test_a_document_that_was_there_before_and_only_linked_is_never_written_over(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.sync()
    contact = next(iter(scene.stage.kept_books().contacts))
    today = scene.stage.time.at.date().isoformat()
    scene.office(
        office.create_invoice,
        {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "InvoiceNumber": "INV-0001",
            "Contact": {"ContactID": contact},
            "Date": today,
            "DueDate": today,
            "LineAmountTypes": "Inclusive",
            "LineItems": [{"Description": "Consult", "UnitAmount": "95.00", "AccountCode": "200", "TaxType": "OUTPUT"}],
        },
    )
    invoice = scene.stage.invoice()
    assert scene.number(invoice) == "1"
    scene.stage.sync()
    assert [one.number for one in scene.stage.kept_books().invoices.values()] == ["INV-0001"]
    one = only(scene.compare())
    # What else differs is told, and left as somebody made it.
    assert (one["kind"], one["fix"]) == ("tax", None)
    assert "was linked as it is" in one["sentence"]
    assert "cannot be mended" in refused(scene, one["id"])


def test_while_the_practices_own_link_is_on_each_invoice_waits_and_nothing_is_mended(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.sync()
    set_native(scene.stage, enabled=True)
    scene.stage.invoice()
    scene.stage.sync()
    one = only(scene.compare())
    assert (one["kind"], one["code"], one["fix"]) == ("held", "native_integration_on", None)
