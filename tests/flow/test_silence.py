"""What should be done and cannot be is a hold, never silence; and what is nothing to do opens none (choice C46)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ligament.app.holds import decide
from ligament.connectors.cliniko.simulator import control as builder
from ligament.connectors.xero.simulator import control as office
from ligament.core.links import DecisionKind
from ligament.store.database.connection import open_database
from tests.support.stage import Stage, stage

REFUND = {"name": "Refund", "quantity": "-1.0", "unit_price": "20.00"}


@pytest.fixture
def clinic(tmp_path: Path) -> Stage:
    return stage(tmp_path / "home")


def holds(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(hold["code"], hold["kind"]) for hold in report["holds"]]


def lose_documents(clinic: Stage) -> None:
    """Forget what the books hold, though it is linked: a part of the database was lost."""
    database = open_database(f"sqlite:///{clinic.home / 'ligament.db'}")
    with database.writing("test") as connection:
        connection.execute(text("DELETE FROM books_documents"))
    database.close()


def edit_practice(clinic: Stage, invoice: str, price: str) -> None:
    at = clinic.pass_time(seconds=30)
    lines = [{"name": "Consult", "unit_price": price}]
    clinic.practice.change(lambda world: builder.edit_invoice(world, invoice, {}, lines, at=at))


def edit_books(clinic: Stage) -> None:
    """Let the bookkeeper change a line, so that an edit in the practice has to be asked about."""
    (document,) = clinic.kept_books().invoices.values()
    lines = [{"LineItemID": line.line_id, "Description": "By hand"} for line in document.lines]
    at = clinic.pass_time(seconds=30)
    change = {"LineItems": lines}
    clinic.books.change(lambda world: office.edit_invoice(world, document.document_id, change, at=at))


def paid(clinic: Stage) -> list[str]:
    return [str(one.amount) for one in clinic.kept_books().payments.values()]


def test_a_document_that_is_linked_and_was_never_shown_is_a_hold(clinic: Stage) -> None:
    invoice = clinic.invoice()
    clinic.sync()
    clinic.pass_time(hours=3)
    clinic.sync()
    lose_documents(clinic)
    clinic.pay(invoice)
    assert holds(clinic.sync()) == [("bad_record", "invoice")]
    assert paid(clinic) == []
    (document,) = clinic.kept_books().invoices
    at = clinic.pass_time(seconds=30)
    clinic.books.change(lambda world: office.edit_invoice(world, document, {"DueDate": "2027-03-01"}, at=at))
    assert clinic.sync()["holds"] == [], "what the hold says to do does not help"
    assert paid(clinic) == ["95.00"]


@pytest.mark.parametrize("in_books", [True, False])
def test_an_invoice_paid_nobody_knows_when_is_a_hold_while_it_is_open_in_the_books(
    clinic: Stage, in_books: bool
) -> None:
    invoice = clinic.invoice()
    clinic.sync()
    if in_books:
        (document,) = clinic.kept_books().invoices
        at = clinic.pass_time(seconds=30)
        clinic.books.change(lambda world: office.pay_invoice(world, document, at=at)[0])
    clinic.pay(invoice)
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: builder.edit_invoice(world, invoice, {"closed_at": None}, at=at))
    assert holds(clinic.sync()) == ([] if in_books else [("bad_record", "payment")])


def test_the_payment_of_an_invoice_whose_new_total_waits_waits_too(clinic: Stage) -> None:
    """It was posted with the old total, so that more was paid in the books than in the practice."""
    invoice = clinic.invoice()
    clinic.sync()
    edit_books(clinic)
    edit_practice(clinic, invoice, "61.35")
    clinic.pay(invoice)
    report = clinic.sync()
    assert holds(report) == [("edited_in_xero", "invoice"), ("waits_for", "payment")]
    assert paid(clinic) == []
    with clinic.app() as app:
        decide(app, [report["holds"][0]["id"]], DecisionKind.APPROVED)
    assert holds(clinic.sync()) == []
    assert paid(clinic) == ["61.35"]


def test_the_payment_of_an_invoice_of_which_only_words_wait_is_posted(clinic: Stage) -> None:
    """A neighbour: the amount is the same whatever is decided."""
    invoice = clinic.invoice()
    clinic.sync()
    edit_books(clinic)
    at = clinic.pass_time(seconds=30)
    lines = [{"name": "Long consult", "unit_price": "95.00"}]
    clinic.practice.change(lambda world: builder.edit_invoice(world, invoice, {}, lines, at=at))
    clinic.pay(invoice)
    clinic.sync()
    assert paid(clinic) == ["95.00"]


@pytest.mark.parametrize("voided", ["note", "original", "both"])
def test_credit_used_in_the_practice_whose_document_was_voided_is_a_hold(clinic: Stage, voided: str) -> None:
    """Where both are voided nothing is left, and nothing is asked."""
    invoice = clinic.invoice()
    clinic.sync()
    at = clinic.pass_time(seconds=30)
    made: list[str] = []

    def reverse(world: Any) -> Any:
        world, note = builder.reverse_invoice(world, invoice, [REFUND], at=at)
        made.append(note)
        return world

    clinic.practice.change(reverse)
    clinic.sync()
    at = clinic.pass_time(seconds=30)
    (note,), (original,) = clinic.kept_books().credit_notes, clinic.kept_books().invoices
    if voided in {"note", "both"}:
        clinic.books.change(lambda world: office.void_credit_note(world, note, at=at))
    if voided in {"original", "both"}:
        clinic.books.change(lambda world: office.void_invoice(world, original, at=at))
    clinic.sync()
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: builder.apply_credit(world, made[0], invoice, at=at)[0])
    assert holds(clinic.sync()) == ([] if voided == "both" else [("voided_in_xero", "credit_note")])
