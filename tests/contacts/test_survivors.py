"""Contacts merged in the books: the survivor's details are another's, and nobody becomes them without being asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ligament.app.contacts.find import find
from ligament.app.decisions import open_holds
from ligament.app.holds import decide, show_hold
from ligament.connectors.xero.simulator import control as desk
from ligament.core.links import DecisionKind
from tests.contacts.kit import ANA, BEN, Clinic

WINS = '[contacts.wins]\nname = "{0}"\nemail = "{0}"\nphones = "{0}"\naddress = "{0}"\n'
TRUST = {
    "Name": "Silva Family Trust",
    "EmailAddress": "trust@example.org",
    "Phones": [
        {"PhoneType": "MOBILE", "PhoneCountryCode": "61", "PhoneAreaCode": "491", "PhoneNumber": "570159"},
        {"PhoneType": "DEFAULT", "PhoneCountryCode": "61", "PhoneAreaCode": "3", "PhoneNumber": "55501234"},
    ],
    "Addresses": [
        {"AddressType": "STREET", "AddressLine1": "9 Trust Lane", "City": "Carlton", "PostalCode": "3053"}
    ],
}  # fmt: skip
TAKEN = ("trust@example.org", "570159", "55501234", "Trust Lane", "Family")


def merge_into(clinic: Clinic, patient: str, **more: Any) -> str:
    """Somebody merges a patient's contact into another one that was there; returns the survivor's id."""
    at = clinic.later()
    clinic.books.change(lambda world: desk.create_contact(world, {**TRUST, **more}, at=at)[0])
    winner = str(next(held.contact_id for held in clinic.contacts() if held.name == TRUST["Name"]))
    loser, at = clinic.contact(f"CLK-{patient}").contact_id, clinic.later()
    clinic.books.change(lambda world: desk.merge_contacts(world, loser_id=loser, winner_id=winner, at=at))
    return winner


def survivor(clinic: Clinic, contact: str) -> Any:
    return next(held for held in clinic.contacts() if held.contact_id == contact)


def choose(clinic: Clinic, hold: str, choice: DecisionKind) -> None:
    with clinic.app() as app:
        decide(app, [hold], choice)


@pytest.mark.parametrize("winner", ["newest", "xero", "ask"])
@pytest.mark.parametrize("patient", [ANA, BEN])
def test_what_a_survivor_says_is_asked_about_and_never_simply_taken(clinic: Clinic, winner: str, patient: str) -> None:
    clinic.rulebook(WINS.format(winner))
    clinic.sync()
    before = clinic.patient(patient)
    kept = merge_into(clinic, patient)
    clinic.sync()
    document = clinic.sync(full=True)
    assert clinic.patient(patient) == before
    with clinic.app() as app:
        shown = show_hold(app, document["holds"][0]["id"]).document["holds"]
        fields = {hold["detail"]["field"] for hold in open_holds(app)}
    assert {hold["code"] for hold in document["holds"]} == {"field_conflict"}
    assert fields == {"email", "phone_mobile", "phone_default", "address"}
    assert "merged into another one" in shown[0]["sentence"]
    assert not any(word in json.dumps(document["holds"]) for word in TAKEN)
    assert survivor(clinic, kept).email == "trust@example.org"


def test_where_the_practice_wins_nothing_is_asked_and_nothing_taken(clinic: Clinic) -> None:
    clinic.rulebook(WINS.format("cliniko"))
    clinic.sync()
    before = clinic.patient(ANA)
    kept = merge_into(clinic, ANA)
    clinic.sync()
    assert clinic.sync(full=True)["holds"] == []
    assert clinic.patient(ANA) == before
    assert survivor(clinic, kept).email == "trust@example.org"
    clinic.edit_patient(ANA, email="moved@example.org")
    clinic.sync()
    assert survivor(clinic, kept).email == "moved@example.org"


@pytest.mark.parametrize(
    ("choice", "email"),
    [(DecisionKind.TAKE_PRACTICE, "ana@example.org"), (DecisionKind.TAKE_BOOKS, "trust@example.org")],
)
def test_either_answer_counts_and_ends_it(clinic: Clinic, choice: DecisionKind, email: str) -> None:
    clinic.sync()
    kept = merge_into(clinic, ANA)
    clinic.sync()
    document = clinic.sync()
    with clinic.app() as app:
        held = {hold["detail"]["field"]: hold["id"] for hold in open_holds(app)}
        values = show_hold(app, held["email"]).document["holds"][0]["values"]
    assert (values["practice"]["value"], values["books"]["value"]) == ("ana@example.org", "trust@example.org")
    assert len(document["holds"]) == len(held)
    for hold in held.values():
        choose(clinic, hold, choice)
    clinic.sync()
    assert clinic.sync(full=True)["holds"] == []
    assert (clinic.patient(ANA)["email"], survivor(clinic, kept).email) == (email, email)
    # From here on the contact is the patient's like any other.
    clinic.edit_contact(kept, EmailAddress="later@example.org")
    clinic.sync()
    assert clinic.patient(ANA)["email"] == "later@example.org"
    with clinic.heard() as said:
        clinic.sync(full=True)
    assert said == []


def test_an_edit_in_the_practice_meanwhile_is_not_lost(clinic: Clinic) -> None:
    clinic.sync()
    clinic.edit_patient(ANA, email="moved@example.org")
    merge_into(clinic, ANA)
    clinic.sync()
    clinic.sync()
    assert clinic.patient(ANA)["email"] == "moved@example.org"


def test_documents_do_not_wait_for_the_answer(clinic: Clinic) -> None:
    clinic.sync()
    kept = merge_into(clinic, ANA)
    clinic.sync()
    clinic.invoice(ANA)
    clinic.sync()
    assert [held.contact_id for held in clinic.books.world.only().invoices.values()] == [kept]


def test_a_merged_contact_is_found_again_when_everything_is_forgotten(clinic: Clinic) -> None:
    clinic.sync()
    kept = merge_into(clinic, ANA)
    clinic.sync()
    before = clinic.patient(ANA)
    for path in [*clinic.home.glob("ligament.db*"), *clinic.home.glob("journal-*")]:
        path.unlink()
    clinic.sync()
    clinic.invoice(ANA)
    clinic.sync()
    document = clinic.sync()
    assert clinic.patient(ANA) == before
    assert {hold["code"] for hold in document["holds"]} == {"field_conflict"}
    assert [held.contact_id for held in clinic.books.world.only().invoices.values()] == [kept]
    with clinic.app() as app:
        (found,) = find(app, ANA).document["found"]
    assert found["contact_id"] == kept
