"""A new installation beside books that an earlier one wrote into: nothing that a person took off is posted again."""

from __future__ import annotations

import shutil
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from ligament.app.approvals import approve
from ligament.app.plans import plan
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from tests.backup.kit import links
from tests.flow.test_taken_off import live, take_off, with_credit_about_to_be_used
from tests.support.stage import Stage

Told = list[tuple[str, str]]


def start_anew(clinic: Stage) -> None:
    """Let the disk be lost with every backup: what is left is the rulebook, and what both systems hold."""
    home = clinic.home.parent / "anew"
    home.mkdir()
    shutil.copy(clinic.home / "ligament.toml", home)
    clinic.home = home
    clinic.clear_log()


def remove_payment(clinic: Stage) -> None:
    (payment,) = (one for one in clinic.kept_books().payments.values() if one.status != "DELETED")
    at = clinic.pass_time(minutes=1)
    clinic.books.change(lambda world: office.delete_payment(world, payment.payment_id, at=at))


def held(clinic: Stage) -> Told:
    """Run once, and return what is asked."""
    return [(hold["code"], hold["kind"]) for hold in clinic.sync()["holds"]]


def asked_for_removed(clinic: Stage) -> int:
    """Return how often the books were asked for payments that were deleted."""
    return sum("DELETED" in str(one.request.query) for one in clinic.books.log if one.request.method == "GET")


@pytest.mark.parametrize("before", [True, False], ids=["before", "after the first run"])
def test_a_payment_that_a_person_took_off_is_asked_about(file_clinic: Stage, *, before: bool) -> None:
    clinic = file_clinic
    clinic.invoice(paid=True)
    clinic.sync()
    if before:
        remove_payment(clinic)
    start_anew(clinic)
    if before:
        with clinic.app() as app:
            assert [hold["code"] for hold in plan(app).document["holds"]] == ["payment_removed"]
        clinic.clear_log()
    else:
        assert held(clinic) == []
        remove_payment(clinic)
    for _ in range(2):
        assert held(clinic) == [("payment_removed", "payment")]
    assert clinic.writes() == []
    assert asked_for_removed(clinic) == 1
    with clinic.app() as app:
        approve(app, [app.store.open_holds()[0].id])
    clinic.sync()
    assert [one.status == "DELETED" for one in clinic.kept_books().payments.values()] == [True, False]


def test_one_on_a_document_of_an_earlier_link_is_asked_about_too(file_clinic: Stage) -> None:
    clinic = file_clinic
    made = clinic.invoice()
    clinic.sync()
    at = clinic.pass_time(seconds=30)
    (document,) = clinic.kept_books().invoices
    changed = {"InvoiceNumber": "INV-1", "Reference": ""}
    clinic.books.change(lambda world: office.edit_invoice(world, document, changed, at=at))
    clinic.pay(made)
    clinic.sync()
    assert [one.reference for one in clinic.kept_books().payments.values()] == ["CLK-1/paid"]
    remove_payment(clinic)
    start_anew(clinic)
    assert held(clinic) == [("payment_removed", "payment")]
    assert clinic.writes() == []


def test_one_that_we_took_back_ourselves_is_forgotten(file_clinic: Stage) -> None:
    clinic = file_clinic
    made = clinic.invoice(paid=True)
    clinic.sync()
    clinic.unpay(made)
    clinic.sync()
    start_anew(clinic)
    assert held(clinic) == []
    assert clinic.writes() == []
    clinic.pay(made)
    assert held(clinic) == []
    assert [one.status == "DELETED" for one in clinic.kept_books().payments.values()] == [True, False]


def test_books_that_hold_nothing_of_ours_are_not_asked(file_clinic: Stage) -> None:
    file_clinic.invoice(paid=True)
    assert held(file_clinic) == []
    assert asked_for_removed(file_clinic) == 0


def test_credit_that_a_person_takes_apart_after_the_first_run_is_not_put_together(tmp_path: Path) -> None:
    clinic = with_credit_about_to_be_used(tmp_path / "home")
    clinic.sync()
    start_anew(clinic)
    assert held(clinic) == []
    take_off(clinic)
    for _ in range(2):
        assert held(clinic) == []
    assert live(clinic) == []
    assert clinic.writes() == []


def test_credit_that_was_used_while_nothing_ran_is_used(tmp_path: Path) -> None:
    clinic = with_credit_about_to_be_used(tmp_path / "home")
    start_anew(clinic)
    assert held(clinic) == []
    assert [one.amount for one in live(clinic)] == [Decimal("20.00")]


def test_what_was_issued_again_is_found_behind_what_was_voided(file_clinic: Stage) -> None:
    clinic = file_clinic
    made = clinic.invoice()
    clinic.sync()
    for change in (desk.archive_invoice, desk.unarchive_invoice) * 2:
        at = clinic.pass_time(minutes=5)
        clinic.practice.change(partial(change, invoice_id=made, at=at))
        clinic.sync()
    clinic.pay(made)
    clinic.sync()
    assert links(clinic)[2] == ["CLK-1-3/paid"]
    start_anew(clinic)
    for _ in range(2):
        assert held(clinic) == []
    assert clinic.writes() == []
    assert links(clinic)[1:] == (["CLK-1-3"], ["CLK-1-3/paid"])
    at = clinic.pass_time(minutes=5)
    clinic.unpay(made)
    clinic.sync()
    for change in (desk.archive_invoice, desk.unarchive_invoice):
        at = clinic.pass_time(minutes=5)
        clinic.practice.change(partial(change, invoice_id=made, at=at))
        clinic.sync()
    assert sorted(one.number for one in clinic.kept_books().invoices.values()) == [
        "CLK-1", "CLK-1-2", "CLK-1-3", "CLK-1-4",
    ]  # fmt: skip


def test_what_was_voided_twice_is_asked_about_under_the_number_that_is_free(file_clinic: Stage) -> None:
    clinic = file_clinic
    made = clinic.invoice()
    clinic.sync()
    for change in (desk.archive_invoice, desk.unarchive_invoice):
        at = clinic.pass_time(minutes=5)
        clinic.practice.change(partial(change, invoice_id=made, at=at))
        clinic.sync()
    newest = next(one.document_id for one in clinic.kept_books().invoices.values() if one.number == "CLK-1-2")
    at = clinic.pass_time(minutes=5)
    clinic.books.change(lambda world: office.void_invoice(world, newest, at=at))
    start_anew(clinic)
    assert held(clinic) == [("voided_in_xero", "invoice")]
    assert clinic.writes() == []
    with clinic.app() as app:
        (hold,) = app.store.open_holds()
        assert hold.proposed == {"number": "CLK-1-3"}
        approve(app, [hold.id])
    assert held(clinic) == []
    assert [one.number for one in clinic.kept_books().invoices.values() if one.status == "AUTHORISED"] == ["CLK-1-3"]
