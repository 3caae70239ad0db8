"""Differences of paid documents whose adjustments or lines somebody changed in the books meanwhile (choice C15)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ligament.app.approvals import approve
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from tests.support.stage import RULEBOOK, Stage, stage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clinic(tmp_path: Path) -> Stage:
    """A clinic that posts differences of paid invoices by itself."""
    return stage(tmp_path / "home", rulebook=RULEBOOK.replace("[invoices]", '[invoices]\npaid_edits = "adjust"'))


def cost(clinic: Stage, invoice: str, price: str) -> dict[str, Any]:
    """Give the invoice another price, and let two runs follow."""
    at = clinic.pass_time(seconds=30)
    (item,) = desk.items_of(clinic.practice.world, invoice)
    changed = [{"id": item["id"], "name": item["name"], "unit_price": price}]
    clinic.practice.change(lambda world: desk.edit_invoice(world, invoice, {}, changed, at=at))
    clinic.sync()
    return clinic.sync()


def void(clinic: Stage, *numbers: str) -> None:
    at = clinic.pass_time(minutes=1)
    for note in clinic.kept_books().credit_notes.values():
        if note.number in numbers:
            clinic.books.change(partial(office.void_credit_note, note_id=note.document_id, at=at))
    clinic.sync()


def worth(clinic: Stage) -> str:
    """Return what the invoice and its adjustments come to in the books."""
    books = clinic.kept_books()
    live = [one for one in (*books.invoices.values(), *books.credit_notes.values()) if one.status != "VOIDED"]
    return str(sum(-one.total if one.type == "ACCRECCREDIT" else one.total for one in live))


def yes(clinic: Stage, told: dict[str, Any]) -> dict[str, Any]:
    with clinic.app() as app:
        approve(app, [hold["id"] for hold in told["holds"]])
    clinic.sync()
    return clinic.sync()


def test_a_difference_after_an_adjustment_was_voided_is_asked_about_and_comes_to_the_practices_total(
    clinic: Stage,
) -> None:
    made = clinic.invoice(price="100.00", paid=True)
    clinic.sync()
    cost(clinic, made, "90.00")
    void(clinic, "CLK-1-A1")
    told = cost(clinic, made, "95.00")
    (hold,) = told["holds"]
    assert hold["code"] == "paid_edit"
    assert "comes to 100.00 by now, where 90.00 was agreed" in hold["sentence"]
    assert worth(clinic) == "100.00"
    assert yes(clinic, told)["holds"] == []
    assert worth(clinic) == "95.00"


def test_a_yes_counts_for_no_other_state_of_the_books(clinic: Stage) -> None:
    made = clinic.invoice(price="100.00", paid=True)
    clinic.sync()
    cost(clinic, made, "90.00")
    cost(clinic, made, "50.00")
    void(clinic, "CLK-1-A1")
    told = cost(clinic, made, "95.00")
    with clinic.app() as app:
        approve(app, [hold["id"] for hold in told["holds"]])
    void(clinic, "CLK-1-A2")
    (hold,) = clinic.sync()["holds"]
    assert "comes to 100.00 by now" in hold["sentence"]
    assert worth(clinic) == "100.00"


def test_what_the_books_say_again_already_asks_nothing_and_posts_nothing(clinic: Stage) -> None:
    made = clinic.invoice(price="100.00", paid=True)
    clinic.sync()
    cost(clinic, made, "90.00")
    void(clinic, "CLK-1-A1")
    assert cost(clinic, made, "100.00")["holds"] == []
    assert worth(clinic) == "100.00"
