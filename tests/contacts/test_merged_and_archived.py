"""Contacts that are archived, merged, erased or restored on either side, and cross-references that were lost."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from ligament.app.contacts.find import find
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero.simulator import control as desk
from tests.contacts.kit import ANA, BEN, Clinic
from tests.contacts.test_lifecycle import bill_ana


def test_an_archived_patient_takes_the_contact_along_and_comes_back_without_a_fuss(clinic: Clinic) -> None:
    clinic.rulebook('void = "auto"\n')
    clinic.sync()
    at = clinic.later()
    clinic.practice.change(lambda world: control.archive_record(world, "patients", BEN, at=at))
    clinic.sync()
    assert clinic.contact(f"CLK-{BEN}").status == "ARCHIVED"
    at = clinic.later()
    clinic.practice.change(lambda world: control.unarchive_record(world, "patients", BEN, at=at))
    # The interface cannot restore a contact, and as long as nobody is billed nobody has to.
    assert clinic.sync()["holds"] == []
    clinic.invoice(BEN)
    held = clinic.sync()["holds"]
    assert {hold["code"] for hold in held} == {"contact_archived", "waits_for"}
    contact, at = clinic.contact(f"CLK-{BEN}").contact_id, clinic.later()
    clinic.books.change(lambda world: desk.restore_contact(world, contact, at=at))
    assert clinic.sync()["holds"] == []
    assert [held.number for held in clinic.books.world.only().invoices.values()] == ["CLK-1"]


@pytest.mark.parametrize("change", [desk.archive_contact, desk.request_erasure])
def test_a_contact_that_left_the_books_is_recognised_and_never_edited(clinic: Clinic, change: object) -> None:
    clinic.sync()
    contact, at = clinic.contact(f"CLK-{ANA}").contact_id, clinic.later()
    clinic.books.change(lambda world: change(world, contact, at=at))  # type: ignore[operator]
    with clinic.heard() as said:
        clinic.sync()
        clinic.edit_patient(ANA, email="elsewhere@example.org")
        assert clinic.sync()["holds"] == []
    assert said == []
    with clinic.app() as app:
        (found,) = find(app, ANA).document["found"]
    assert found["contact_state"] in {"archived", "erased"}


def test_contacts_merged_in_the_books_are_followed(clinic: Clinic) -> None:
    clinic.sync()
    winner = clinic.merged_into_new(ANA, "Ana S")
    clinic.sync()
    clinic.edit_patient(ANA, email="moved@example.org")
    clinic.sync()
    assert next(held.email for held in clinic.contacts() if held.contact_id == winner) == "moved@example.org"


def test_two_people_whose_contacts_were_merged_into_one_stop_nobody(clinic: Clinic) -> None:
    clinic.sync()
    at = clinic.later()
    clinic.books.change(lambda world: desk.create_contact(world, {"Name": "Silva Family Trust"}, at=at)[0])
    winner = next(held.contact_id for held in clinic.contacts() if held.name == "Silva Family Trust")
    for person in (ANA, BEN):
        loser, at = clinic.contact(f"CLK-{person}").contact_id, clinic.later()
        clinic.books.change(partial(desk.merge_contacts, loser_id=loser, winner_id=winner, at=at))
    clinic.sync()
    clinic.invoice(BEN)
    clinic.sync()
    assert [held.contact_id for held in clinic.books.world.only().invoices.values()] == [winner]


@pytest.mark.parametrize("is_seen", [True, False], ids=["read in between", "merged and restored between two reads"])
def test_a_contact_that_was_merged_into_another_patients_and_is_restored_is_the_patients_again(
    clinic: Clinic, is_seen: bool
) -> None:
    """The books may go on naming where it was merged: that it is active again is what a person decided last."""
    clinic.sync()
    ours, another = clinic.contact(f"CLK-{ANA}"), clinic.contact(f"CLK-{BEN}")
    at = clinic.later()
    clinic.books.change(partial(desk.merge_contacts, loser_id=ours.contact_id, winner_id=another.contact_id, at=at))
    clinic.edit_patient(ANA, email="moved@example.org")
    if is_seen:
        clinic.sync()
        assert clinic.contact(f"CLK-{ANA}").email == "ana@example.org", "a merged contact is never edited"
    at = clinic.later()
    clinic.books.change(lambda world: desk.restore_contact(world, ours.contact_id, at=at))
    invoice = clinic.invoice(ANA)
    clinic.sync()
    assert clinic.contact(f"CLK-{ANA}").email == "moved@example.org"
    assert clinic.contact(f"CLK-{BEN}").email == "ben@example.org"
    documents = clinic.books.world.only().invoices.values()
    assert [one.contact_id for one in documents if one.reference == f"cliniko:{invoice}"] == [ours.contact_id]
    clinic.edit_contact(ours.contact_id, EmailAddress="typed@example.org")
    clinic.sync()
    assert clinic.patient(ANA)["email"] == "typed@example.org"
    with clinic.heard() as said:
        assert clinic.sync(full=True)["holds"] == []
    assert said == []


def test_the_name_of_an_archived_contact_does_not_keep_a_patient_out_of_the_books(clinic: Clinic) -> None:
    clinic.books.change(lambda world: world.with_switches(replace(world.switches, archived_name_holds=True)))
    at = clinic.later()
    clinic.books.change(lambda world: desk.create_contact(world, {"Name": "Ana Silva"}, at=at)[0])
    (old,) = (held.contact_id for held in clinic.contacts() if held.name == "Ana Silva")
    clinic.books.change(lambda world: desk.archive_contact(world, old, at=at))
    assert clinic.sync()["holds"] == []
    assert clinic.contact(f"CLK-{ANA}").name == f"Ana Silva ({ANA[-6:]})"


def test_what_the_surviving_contact_says_is_never_written_over_by_a_merge_in_the_books(clinic: Clinic) -> None:
    clinic.sync()
    at = clinic.later()
    clinic.books.change(lambda world: desk.create_contact(world, {"Name": "Silva Family Trust"}, at=at)[0])
    winner = next(held.contact_id for held in clinic.contacts() if held.name == "Silva Family Trust")
    before = clinic.contact(f"CLK-{ANA}")
    loser, at = before.contact_id, clinic.later()
    clinic.books.change(lambda world: desk.merge_contacts(world, loser_id=loser, winner_id=winner, at=at))
    clinic.sync()
    kept = next(held for held in clinic.contacts() if held.contact_id == winner)
    assert kept.name == "Silva Family Trust"
    assert kept.email == before.email


def test_lost_cross_references_are_rebuilt_from_both_sides(clinic: Clinic) -> None:
    clinic.sync()
    bill_ana(clinic)
    clinic.invoice(BEN)
    clinic.sync()
    for path in clinic.home.glob("ligament.db*"):
        path.unlink()
    for path in clinic.home.glob("journal-*"):
        path.unlink()
    with clinic.heard() as said:
        document = clinic.sync()
        clinic.sync()
    assert said == []
    assert document["holds"] == []
    assert len({held.number for held in clinic.contacts()}) == len(clinic.contacts())
    with clinic.app() as app:
        (found,) = find(app, "ben@example.org").document["found"]
    assert found["contact_number"] == f"CLK-{BEN}"
