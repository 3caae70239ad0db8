"""What was posted or done since an old backup is found again: adjustments, documents issued again, voids."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest

from ligament.app.approvals import approve
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from tests.backup.kit import backed_up, links, put_back, twice
from tests.support.stage import Stage


def _edited(clinic: Stage, invoice: str, price: str) -> None:
    at = clinic.pass_time(seconds=30)
    (item,) = [one for one in desk.items_of(clinic.practice.world, invoice) if not one.get("archived_at")]
    changed = [{"id": item["id"], "name": item["name"], "unit_price": price}]
    clinic.practice.change(lambda world: desk.edit_invoice(world, invoice, {}, changed, at=at))


def _renamed(clinic: Stage, invoice: str, text: str) -> None:
    at = clinic.pass_time(seconds=30)
    (item,) = [one for one in desk.items_of(clinic.practice.world, invoice) if not one.get("archived_at")]
    changed = [{"id": item["id"], "name": text, "unit_price": item["unit_price"]}]
    clinic.practice.change(lambda world: desk.edit_invoice(world, invoice, {}, changed, at=at))


def test_an_adjustment_posted_since_the_backup_is_found_again(clinic: Stage) -> None:
    rulebook = clinic.home / "ligament.toml"
    rulebook.write_text(rulebook.read_text().replace("[invoices]", '[invoices]\npaid_edits = "adjust"'))
    made = clinic.invoice(paid=True)
    other = clinic.invoice(paid=True)
    clinic.sync()
    file = backed_up(clinic)
    _edited(clinic, made, "120.00")
    _edited(clinic, other, "60.00")
    for _ in range(2):
        clinic.sync()
    before = links(clinic)
    assert sum(number.endswith("-A1") for number in before[1]) == 2
    put_back(clinic, file)
    clinic.clear_log()
    for _ in range(2):
        assert clinic.sync()["holds"] == []
    assert clinic.writes() == []
    assert links(clinic) == before
    assert twice(clinic) == []


@pytest.mark.parametrize(("then", "last"), [("150.00", "130.00"), ("40.00", "110.00"), ("100.00", "70.00")])
def test_an_adjustment_for_an_earlier_state_is_linked_and_only_what_is_left_is_adjusted(
    file_clinic: Stage, then: str, last: str
) -> None:
    clinic = file_clinic
    rulebook = clinic.home / "ligament.toml"
    rulebook.write_text(rulebook.read_text().replace("[invoices]", '[invoices]\npaid_edits = "adjust"'))
    made = clinic.invoice(price="80.00", paid=True)
    clinic.sync()
    file = backed_up(clinic)
    _edited(clinic, made, then)
    for _ in range(2):
        clinic.sync()
    put_back(clinic, file)
    _edited(clinic, made, last)
    for _ in range(3):
        assert clinic.sync()["holds"] == []
    books = clinic.kept_books()
    ours = [one for one in (*books.invoices.values(), *books.credit_notes.values()) if one.reference.endswith(made)]
    assert len([one for one in ours if one.number.endswith(("-A1", "-A2"))]) == len(ours) - 1 == 2
    assert sum(one.total if one.type == "ACCREC" else -one.total for one in ours) == Decimal(last)
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []
    assert twice(clinic) == []


def test_an_invoice_issued_again_since_the_backup_is_found_again(clinic: Stage) -> None:
    made = clinic.invoice()
    clinic.sync()
    file = backed_up(clinic)
    for change in (desk.archive_invoice, desk.unarchive_invoice):
        at = clinic.pass_time(minutes=5)
        clinic.practice.change(partial(change, invoice_id=made, at=at))
        clinic.sync()
    before = links(clinic)
    assert any(number.endswith("-2") for number in before[1])
    put_back(clinic, file)
    clinic.clear_log()
    for _ in range(2):
        clinic.sync()
    assert clinic.writes() == []
    assert links(clinic) == before


@pytest.mark.parametrize("paid", [False, True])
def test_one_issued_again_that_says_something_else_by_now_asks(file_clinic: Stage, *, paid: bool) -> None:
    clinic = file_clinic
    made = clinic.invoice(price="50.00")
    clinic.sync()
    file = backed_up(clinic)
    _edited(clinic, made, "80.00")
    clinic.sync()
    for change in (desk.archive_invoice, desk.unarchive_invoice):
        at = clinic.pass_time(minutes=5)
        clinic.practice.change(partial(change, invoice_id=made, at=at))
        clinic.sync()
    if paid:
        clinic.pay(made)
        clinic.sync()
    _edited(clinic, made, "50.00")
    put_back(clinic, file)
    clinic.clear_log()
    report = clinic.sync()
    assert [hold["code"] for hold in report["holds"]] == ["paid_edit" if paid else "edited_in_xero"]
    assert clinic.writes() == []


def test_a_void_since_the_backup_is_not_posted_again(clinic: Stage) -> None:
    made = clinic.invoice()
    clinic.sync()
    file = backed_up(clinic)
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: desk.archive_invoice(world, made, at=at))
    clinic.sync()
    (document,) = clinic.kept_books().invoices.values()
    assert document.status == "VOIDED"
    put_back(clinic, file)
    clinic.clear_log()
    clinic.sync()
    clinic.sync()
    assert clinic.writes() == []


def test_what_people_did_in_the_books_since_the_backup_stays(clinic: Stage) -> None:
    clinic.invoice()
    clinic.sync()
    file = backed_up(clinic)
    (document,) = clinic.kept_books().invoices.values()
    clinic.books.change(
        lambda world: office.pay_invoice(world, document.document_id, amount=Decimal(10), at=clinic.time.at)[0]
    )
    put_back(clinic, file)
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []


@pytest.mark.parametrize("then", ["locked", "paid"])
@pytest.mark.parametrize("text", ["Consult", "Long consult"])
def test_a_document_that_was_changed_since_the_backup_is_not_adjusted_on_top(
    clinic: Stage, then: str, text: str
) -> None:
    rulebook = clinic.home / "ligament.toml"
    rulebook.write_text(rulebook.read_text().replace("[invoices]", '[invoices]\npaid_edits = "adjust"'))
    made = clinic.invoice(price="80.00")
    clinic.sync()
    file = backed_up(clinic)
    _edited(clinic, made, "120.00")
    assert clinic.sync()["updated"]["invoices"] == 1
    if then == "paid":
        clinic.pay(made)
        assert clinic.sync()["created"]["payments"] == 1
    else:
        today = clinic.time.at.date()
        clinic.books.change(lambda world: office.set_lock_dates(world, period=today, year_end=None))
    put_back(clinic, file)
    _renamed(clinic, made, text)
    clinic.clear_log()
    for _ in range(3):
        # A text that nobody may write any more is asked about; no money moves because of it.
        held = [(hold["code"], hold.get("proposed")) for hold in clinic.sync()["holds"]]
        assert not held or (text != "Consult" and [proposed for _, proposed in held] == [None])
    assert not [call for call in clinic.writes() if call.startswith("PUT")]
    assert [document.total for document in clinic.kept_books().invoices.values()] == [Decimal("120.00")]


@pytest.mark.parametrize("asks", [False, True])
def test_a_payment_that_a_person_took_off_before_the_backup_was_put_back_is_asked_about(
    clinic: Stage, *, asks: bool
) -> None:
    if asks:
        rulebook = clinic.home / "ligament.toml"
        rulebook.write_text(f'{rulebook.read_text(encoding="utf-8")}payment = "ask"\n', encoding="utf-8")
    clinic.sync()
    file = backed_up(clinic)
    clinic.invoice(paid=True)
    clinic.sync()
    if asks:
        with clinic.app() as app:
            approve(app)
        clinic.sync()
    (payment,) = clinic.kept_books().payments
    at = clinic.pass_time(minutes=1)
    clinic.books.change(lambda world: office.delete_payment(world, payment, at=at))
    put_back(clinic, file)
    clinic.clear_log()
    for _ in range(2):
        told = clinic.sync()
        assert [(hold["code"], hold["kind"]) for hold in told["holds"]] == [("payment_removed", "payment")]
    assert clinic.writes() == []
    with clinic.app() as app:
        approve(app, [told["holds"][0]["id"]])
    clinic.sync()
    if asks:
        with clinic.app() as app:
            approve(app)
        clinic.sync()
    assert [one.status == "DELETED" for one in clinic.kept_books().payments.values()] == [True, False]
