"""Merges are followed on both sides, also where the books never say again whose the documents are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ligament.app.holds import decide
from ligament.connectors.cliniko.simulator import control as builder
from ligament.connectors.xero.simulator import control as office
from ligament.core.links import DecisionKind
from ligament.store.database.connection import open_database
from tests.backup.older import age
from tests.support.practice import PATIENT
from tests.support.stage import Stage, stage

BOTH = pytest.mark.parametrize("says_so", [False, True], ids=["documents keep their times", "documents move too"])


@dataclass(slots=True)
class Merging:
    """A clinic, and people who merge in it."""

    clinic: Stage

    def in_books(self, loser: str, winner: str = "") -> str:
        """Let the bookkeeper merge a contact into another one, or one made for it; returns the survivor's id."""
        at = self.clinic.pass_time(seconds=30)
        if not winner:
            self.clinic.books.change(lambda world: office.create_contact(world, {"Name": "Sample household"}, at=at)[0])
        ids: dict[str, str] = {held.number or held.name: key for key, held in self.clinic.kept_books().contacts.items()}
        kept: str = ids[winner or "Sample household"]
        self.clinic.books.change(lambda world: office.merge_contacts(world, loser_id=ids[loser], winner_id=kept, at=at))
        return kept

    def in_practice(self, loser: str, survivor: str) -> None:
        at = self.clinic.pass_time(seconds=30)
        self.clinic.practice.change(
            lambda world: builder.merge_patients(world, loser_id=loser, survivor_id=survivor, at=at)
        )

    def reversed(self, invoice: str) -> str:
        """Let the builder reverse an invoice; returns the credit note."""
        at, made = self.clinic.pass_time(seconds=30), ""

        def change(world: Any) -> Any:
            nonlocal made
            lines = [{"name": "Refund", "quantity": "-1.0", "unit_price": "95.00"}]
            world, made = builder.reverse_invoice(world, invoice, lines, at=at)
            return world

        self.clinic.practice.change(change)
        return made

    def paid_with(self, note: str, invoice: str) -> None:
        at = self.clinic.pass_time(seconds=30)
        self.clinic.practice.change(lambda world: builder.apply_credit(world, note, invoice, at=at)[0])


@pytest.fixture
def merging(tmp_path: Path) -> Merging:
    return Merging(stage(tmp_path / "home"))


def says(merging: Merging, *, so: bool) -> None:
    """Let the books move the documents' times with a merge, or not, as they are known to do."""
    merging.clinic.books.change(
        lambda world: replace(world, switches=replace(world.switches, merge_moves_documents=so))
    )


def allocations(clinic: Stage) -> list[Any]:
    return [one for one in clinic.kept_books().allocations.values() if not one.is_deleted]


@BOTH
def test_credit_is_used_on_an_invoice_whose_contact_was_merged_before(merging: Merging, says_so: bool) -> None:
    says(merging, so=says_so)
    clinic = merging.clinic
    invoice = clinic.invoice()
    clinic.sync()
    survivor = merging.in_books(f"CLK-{PATIENT}")
    clinic.sync()
    merging.paid_with(merging.reversed(invoice), invoice)
    report = clinic.sync()
    assert [one.amount for one in allocations(clinic)] == [95]
    assert {one.contact_id for one in clinic.kept_books().credit_notes.values()} == {survivor}
    assert report["holds"] == []


@BOTH
def test_a_visit_paid_from_credit_is_asked_about_though_the_credit_went_along_in_a_merge(
    merging: Merging, says_so: bool
) -> None:
    says(merging, so=says_so)
    clinic = merging.clinic
    note = merging.reversed(clinic.invoice(paid=True))
    clinic.sync()
    merging.in_books(f"CLK-{PATIENT}")
    clinic.sync()
    second = clinic.invoice()
    clinic.sync()
    merging.paid_with(note, second)
    report = clinic.sync()
    assert [hold["code"] for hold in report["holds"]] == ["credit_or_cash"]
    assert len(clinic.kept_books().payments) == 1, "only the first invoice was paid with money"
    with clinic.app() as app:
        decide(app, [report["holds"][0]["id"]], DecisionKind.APPROVED)
    assert clinic.sync()["holds"] == []
    assert [one.amount for one in allocations(clinic)] == [95]


@BOTH
def test_the_survivor_of_a_merge_is_not_archived_while_something_is_owed_there(merging: Merging, says_so: bool) -> None:
    """A neighbour of the reported cases: what is owed came along from the contact that was merged away."""
    says(merging, so=says_so)
    clinic = merging.clinic
    invoice = clinic.invoice()
    clinic.sync()
    survivor = merging.in_books(f"CLK-{PATIENT}")
    clinic.sync()
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: builder.archive_record(world, "patients", PATIENT, at=at))
    clinic.sync()
    assert clinic.kept_books().contacts[survivor].status == "ACTIVE"
    clinic.pay(invoice)
    clinic.sync()
    assert clinic.kept_books().contacts[survivor].status == "ARCHIVED"


def test_credit_of_a_patient_who_was_merged_in_the_practice_is_never_taken_for_money(merging: Merging) -> None:
    """Another neighbour: in the books the two have contacts of their own, so the credit waits for a merge there."""
    clinic = merging.clinic
    other = clinic.patient(8, "Ada", "Sample-Ray")
    note = merging.reversed(clinic.invoice(paid=True))
    clinic.invoice(patient=other, price="40.00")
    clinic.sync()
    merging.in_practice(PATIENT, other)
    clinic.sync()
    second = clinic.invoice(patient=other)
    clinic.sync()
    merging.paid_with(note, second)
    report = clinic.sync()
    assert [hold["code"] for hold in report["holds"]] == ["credit_or_cash"]
    with clinic.app() as app:
        decide(app, [report["holds"][0]["id"]], DecisionKind.APPROVED)
    assert [hold["code"] for hold in clinic.sync()["holds"]] == ["contacts_differ"]
    assert not allocations(clinic)
    merging.in_books(f"CLK-{PATIENT}", f"CLK-{other}")
    assert clinic.sync()["holds"] == []
    assert [one.amount for one in allocations(clinic)] == [95]
    assert len(clinic.kept_books().payments) == 1


def test_a_credit_note_on_another_contact_than_its_original_is_a_hold_and_no_silence(merging: Merging) -> None:
    clinic = merging.clinic
    other = clinic.patient(8, "Ada", "Sample-Ray")
    invoice = clinic.invoice()
    clinic.invoice(patient=other, price="40.00")
    clinic.sync()
    merging.in_practice(PATIENT, other)
    clinic.sync()
    merging.paid_with(merging.reversed(invoice), invoice)
    report = clinic.sync()
    assert [(hold["code"], hold["kind"]) for hold in report["holds"]] == [("contacts_differ", "credit_note")]
    merging.in_books(f"CLK-{PATIENT}", f"CLK-{other}")
    assert clinic.sync()["holds"] == []
    assert [one.amount for one in allocations(clinic)] == [95]


def test_a_merge_that_an_older_version_had_read_is_followed_after_the_upgrade(merging: Merging) -> None:
    clinic = merging.clinic
    invoice = clinic.invoice()
    clinic.sync()
    loser = next(iter(clinic.kept_books().contacts))
    survivor = merging.in_books(f"CLK-{PATIENT}")
    clinic.sync()
    url = clinic.settings().database_url
    database = open_database(url, as_it_is=True)
    with database.writing("test") as connection:
        connection.execute(text("UPDATE books_documents SET contact_id = :loser"), {"loser": loser})
        age(connection)
    database.close()
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: builder.archive_record(world, "patients", PATIENT, at=at))
    clinic.sync()
    assert clinic.kept_books().contacts[survivor].status == "ACTIVE", invoice
