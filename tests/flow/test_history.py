"""Taking books over from an older link: what it posted under numbers of its own is found, and never posted again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from ligament.app.approvals import approve
from ligament.app.decisions import decide_hold
from ligament.app.plans import whole
from ligament.app.reconcile import reconcile
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator import control as office
from ligament.core.links import DecisionKind
from ligament.simkit.old_link import OldNumbering, OldTrouble
from ligament.store.database.tables import document_links
from tests.audit.kit import old_clinic
from tests.support.practice import RULEBOOK
from tests.support.stage import Stage, stage

SCOPES = xero.custom_app(xero.australian_books()).scopes


@pytest.mark.parametrize("numbering", list(OldNumbering))
def test_whatever_an_older_link_called_its_documents_none_is_posted_a_second_time(
    tmp_path: Path, numbering: OldNumbering
) -> None:
    clinic, year = old_clinic(tmp_path / "home", scopes=SCOPES, link_on=False, numbering=numbering)
    file = clinic.home / "ligament.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("2026-07-01", "2025-10-01"), encoding="utf-8")
    before = set(_papers(clinic))
    clinic.sync()
    with clinic.app() as opened:
        whole(opened)
        approve(opened)
    for _ in range(3):
        last = clinic.sync()
    new = {number for key, number in _papers(clinic).items() if key not in before}
    assert new == {f"CLK-{sale.number}" for sale in year.troubled()[OldTrouble.MISSING]}
    # What is not quite the same is asked about, and nothing else is.
    assert {hold["code"] for hold in last["holds"]} <= {"history_differs", "waits_for"}


def _papers(clinic: Any) -> dict[str, str]:
    kept = clinic.books.world.only()
    return {one.document_id: one.number for one in (*kept.invoices.values(), *kept.credit_notes.values())}


# --- one invoice ------------------------------------------------------------------------------------------------------


@pytest.fixture
def clinic(tmp_path: Path) -> Stage:
    """Set a clinic that wants to read its first run before it is posted, as everybody does who says nothing else."""
    return stage(tmp_path / "home", rulebook=RULEBOOK.replace('first_run = "auto"', 'first_run = "ask"'))


def synced(clinic: Stage) -> Mapping[str, Any]:
    """Sync, say yes to all that waits, and sync again."""
    clinic.sync()
    with clinic.app() as opened:
        approve(opened)
    return clinic.sync()


def entered(clinic: Stage, name: str, *, total: str = "95.00", **told: str) -> None:
    """Let somebody enter an invoice for a person of that name, dated as the practice's."""
    at = clinic.pass_time(minutes=1)
    clinic.books.change(lambda world: _entered(world, at, name, total, told))


def _entered(world: Any, at: datetime, name: str, total: str, told: Mapping[str, str]) -> Any:
    mail = f"{name.partition(' ')[0].casefold()}@example.org"
    contact = next((key for key, one in world.only().contacts.items() if one.name == name), "")
    if not contact:
        world, contact = office.create_contact(world, {"Name": name, "EmailAddress": mail}, at=at)
    line = {"Description": "Consult", "UnitAmount": total, "AccountCode": "200", "TaxType": "EXEMPTOUTPUT"}
    day = told.get("Date", at.date().isoformat())
    head = {"Type": "ACCREC", "Contact": {"ContactID": contact}, "Status": "AUTHORISED", "Date": day, "DueDate": day}
    invoice = {"InvoiceNumber": "INV-0500", **head, **told, "LineAmountTypes": "Inclusive", "LineItems": [line]}
    return office.create_invoice(world, invoice, at=at)[0]


def numbers(clinic: Stage) -> list[str]:
    return sorted(one.number for one in clinic.kept_books().invoices.values())


def test_the_number_in_the_reference_links_what_is_the_same(clinic: Stage) -> None:
    clinic.invoice()
    entered(clinic, "Ada Sample", Reference="Invoice 0001")
    assert synced(clinic)["holds"] == []
    assert numbers(clinic) == ["INV-0500"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Ada Sample", {"Reference": "Invoice 1", "total": "90.00"}),
        ("Bea Other", {"Reference": "Invoice 1"}),
        ("Ada Sample", {"Reference": "by hand"}),
    ],
)
def test_what_may_be_the_same_is_asked_about_and_posted_beside_it_only_when_told(
    clinic: Stage, name: str, told: dict[str, str]
) -> None:
    clinic.invoice()
    entered(clinic, name, **told)
    (hold,) = synced(clinic)["holds"]
    assert hold["code"] == "history_differs"
    assert "INV-0500" in hold["sentence"]
    assert numbers(clinic) == ["INV-0500"]
    with clinic.app() as opened:
        (asked,) = opened.store.open_holds()
        decide_hold(opened, asked, DecisionKind.SEPARATE, "Rowan")
    assert synced(clinic)["holds"] == []
    assert numbers(clinic) == ["CLK-1", "INV-0500"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Bea Other", {"Reference": "1 session", "total": "90.00"}),
        ("Bea Other", {"Reference": "by hand"}),
        ("Ada Sample", {"Reference": "by hand", "total": "90.00"}),
        ("Ada Sample", {"Reference": "by hand", "Date": "2026-11-01"}),
        ("Ada Sample", {"Reference": "Room 1", "Date": "2026-11-01", "total": "80.00"}),
    ],
)
def test_what_only_resembles_it_keeps_nothing_from_being_posted(clinic: Stage, name: str, told: dict[str, str]) -> None:
    clinic.invoice()
    entered(clinic, name, **told)
    assert synced(clinic)["holds"] == []
    assert numbers(clinic) == ["CLK-1", "INV-0500"]
    assert sum((one.total for one in clinic.kept_books().invoices.values()), Decimal(0)) > 0


@pytest.mark.parametrize("told", [{"InvoiceNumber": "0001"}, {"Reference": "Invoice 1"}])
def test_of_two_that_are_alike_only_the_one_that_was_posted_is_linked(clinic: Stage, told: dict[str, str]) -> None:
    """Two sessions of one day cost the same; the older link posted the first one only."""
    clinic.invoice()
    clinic.invoice()
    entered(clinic, "Ada Sample", **told)
    assert synced(clinic)["holds"] == []
    assert numbers(clinic) == sorted(["CLK-2", told.get("InvoiceNumber", "INV-0500")])


def test_what_somebody_posts_beside_us_later_is_listed_and_keeps_nothing_from_being_posted(clinic: Stage) -> None:
    clinic.invoice(price="80.00")
    synced(clinic)
    clinic.pass_time(minutes=2 * 24 * 60)
    clinic.invoice()
    entered(clinic, "Ada Sample", Reference="by hand")
    assert synced(clinic)["holds"] == []
    assert numbers(clinic) == ["CLK-1", "CLK-2", "INV-0500"]
    with clinic.app() as opened:
        told = reconcile(opened).document["variances"]
    assert [one["kind"] for one in told] == ["double_posted"]


def test_who_lets_the_first_run_post_unasked_is_not_asked_about_what_is_alike_but_told_by_a_comparison(
    tmp_path: Path,
) -> None:
    clinic = stage(tmp_path / "home")
    clinic.invoice()
    entered(clinic, "Ada Sample", Reference="by hand")
    assert clinic.sync()["holds"] == []
    assert numbers(clinic) == ["CLK-1", "INV-0500"]
    with clinic.app() as opened:
        told = reconcile(opened).document["variances"]
    assert [one["kind"] for one in told] == ["double_posted"]


# --- two records, and documents that both may mean -------------------------------------------------------------------


def also_entered(clinic: Stage, number: str) -> None:
    entered(clinic, "Ada Sample", InvoiceNumber=number, Reference="by hand")


def test_what_another_practice_has_posted_into_the_same_books_stops_nobody_and_is_not_called_extra(
    clinic: Stage,
) -> None:
    clinic.invoice()
    entered(clinic, "Bea Other", InvoiceNumber="BAY-1", Reference="cliniko:1412000000000009999", total="90.00")
    assert synced(clinic)["holds"] == []
    assert numbers(clinic) == ["BAY-1", "CLK-1"]
    theirs = next(key for key, one in clinic.kept_books().invoices.items() if one.number == "BAY-1")
    with clinic.app() as opened:
        assert [one["kind"] for one in reconcile(opened).document["variances"]] == ["extra"]
        # Another clinic of this home says that it is its own.
        row = {"subject": "invoice:1412000000000009999", "role": "main", "version": 1, "kind": "invoice"}
        link = {**row, "clinic": "bay", "books_id": theirs, "number": "BAY-1", "body": b"{}", "written": ""}
        with opened.database.writing("bay") as connection:
            connection.execute(insert(document_links), [link])
        told = reconcile(opened).document
    assert (told["variances"], told["balanced"], told["totals"]["books"]) == ([], True, "95.00")


def test_what_bears_the_mark_of_another_record_is_never_linked_unasked(clinic: Stage) -> None:
    clinic.invoice()
    entered(clinic, "Ada Sample", InvoiceNumber="BAY-1", Reference="cliniko:1412000000000009999")
    (hold,) = synced(clinic)["holds"]
    assert hold["code"] == "history_differs"
    assert numbers(clinic) == ["BAY-1"]


def test_two_that_are_alike_get_a_document_each_when_both_are_approved(clinic: Stage) -> None:
    clinic.invoice()
    clinic.invoice()
    for number in ("INV-0500", "INV-0501"):
        also_entered(clinic, number)
    for _ in range(2):
        synced(clinic)
        with clinic.app() as opened:
            for hold in opened.store.open_holds():
                decide_hold(opened, hold, DecisionKind.APPROVED, "Rowan")
    assert synced(clinic)["holds"] == []
    assert numbers(clinic) == ["INV-0500", "INV-0501"]


def test_one_document_for_two_records_is_linked_to_one_and_the_other_is_posted(clinic: Stage) -> None:
    clinic.invoice()
    clinic.invoice()
    also_entered(clinic, "INV-0500")
    assert [hold["code"] for hold in synced(clinic)["holds"]] == ["history_differs"] * 2
    with clinic.app() as opened:
        for hold in opened.store.open_holds():
            decide_hold(opened, hold, DecisionKind.APPROVED, "Rowan")
    assert synced(clinic)["holds"] == []
    assert numbers(clinic) == ["CLK-2", "INV-0500"]


def test_a_reference_that_names_two_records_is_linked_to_one_and_stops_nobody(clinic: Stage) -> None:
    clinic.invoice()
    clinic.invoice()
    entered(clinic, "Ada Sample", Reference="Invoices 1 and 2")
    for _ in range(2):
        assert synced(clinic)["holds"] == []
        assert numbers(clinic) == ["CLK-2", "INV-0500"]


def test_the_usual_price_of_another_day_is_asked_about_and_not_linked(clinic: Stage) -> None:
    clinic.invoice()
    entered(clinic, "Ada Sample", Reference="Session 1", Date="2026-11-01")
    assert [hold["code"] for hold in synced(clinic)["holds"]] == ["history_differs"]


def test_a_foreign_document_of_somebody_else_that_mentions_the_number_stops_nothing(clinic: Stage) -> None:
    def several(world: Any) -> Any:
        kept = world.only()
        return world.with_books(replace(kept, organisation=replace(kept.organisation, currencies=("USD",))))

    clinic.books.change(several)
    clinic.invoice()
    abroad = {"CurrencyCode": "USD", "CurrencyRate": "0.65"}
    entered(clinic, "Bea Other", total="40.00", Reference="Room 1", Date="2026-10-01", **abroad)
    assert synced(clinic)["holds"] == []
    assert numbers(clinic) == ["CLK-1", "INV-0500"]
