"""Both simulators, the whole application and a virtual clock: changes travel, echoes end, nothing is clobbered."""

from __future__ import annotations

import json

import pytest

from ligament.app.holds import decide, show_hold
from ligament.app.sync import sync
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero.simulator import control as desk
from ligament.core.links import DecisionKind
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.store.journal.audit import export, verify
from ligament.wiring.clinic import Clinic as OpenClinic
from tests.contacts.kit import ANA, BEN, Clinic

AWAY = Fault(kind=FaultKind.ANSWER, status=503)
ASK = '[contacts.wins]\nemail = "ask"\n'


def test_twenty_five_quiet_cycles_write_nothing(clinic: Clinic) -> None:
    clinic.sync()
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress="new@example.org")
    clinic.edit_patient(BEN, email="ben.new@example.org")
    clinic.sync()
    assert clinic.patient(ANA)["email"] == "new@example.org"
    assert clinic.contact(f"CLK-{BEN}").email == "ben.new@example.org"
    with clinic.heard() as said:
        for _ in range(25):
            clinic.sync()
    assert said == []


@pytest.mark.slow
def test_a_thousand_quiet_cycles_write_nothing(clinic: Clinic) -> None:
    clinic.rulebook("[contacts]\nwrite_old_reference_id = true\n")
    clinic.invoice(ANA)
    clinic.sync()
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress="new@example.org")
    clinic.edit_patient(BEN, email="ben.new@example.org")
    clinic.sync()
    clinic.sync()
    with clinic.heard() as said, clinic.app() as app:
        for number in range(1000):
            clinic.later(30)
            # As a service does it: brief looks, looks at both sides, and now and then everything anew.
            sync(app, leave_books=number % 4 != 0, brief=number % 4 in {1, 2}, full=number % 100 == 99)
    assert said == []


def test_there_and_back_is_followed_each_time(clinic: Clinic) -> None:
    clinic.sync()
    for email in ("b@example.org", "ana@example.org", "b@example.org"):
        clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress=email)
        clinic.sync()
        assert clinic.patient(ANA)["email"] == email


def test_both_sides_to_the_same_value_write_nothing(clinic: Clinic) -> None:
    clinic.sync()
    clinic.edit_patient(ANA, email="same@example.org")
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress="Same@example.org")
    with clinic.heard() as said:
        clinic.sync()
        clinic.sync()
    assert said == []


@pytest.mark.parametrize(("choice", "email"), [("practice", "desk@example.org"), ("books", "bookkeeper@example.org")])
def test_a_conflict_shows_both_values_and_takes_either(clinic: Clinic, choice: str, email: str) -> None:
    clinic.rulebook(ASK)
    clinic.sync()
    clinic.edit_patient(ANA, email="desk@example.org")
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress="bookkeeper@example.org")
    document = clinic.sync()
    (hold,) = document["holds"]
    assert hold["code"] == "field_conflict"
    assert hold["sentence"] == "The e-mail address of this contact was changed in both systems."
    assert "example.org" not in json.dumps(document, default=str)
    with clinic.app() as app:
        (shown,) = show_hold(app, hold["id"]).document["holds"]
        values = shown["values"]
        assert values["practice"]["value"] == "desk@example.org"
        assert values["books"]["value"] == "bookkeeper@example.org"
        assert values["agreed"]["value"] == "ana@example.org"
        assert values["practice"]["changed_at"] < values["books"]["changed_at"]
        assert values["practice"]["changed_by"] == "Cliniko does not say who"
        assert values["books"]["changed_by"] == "Rowan Bookkeeper"
        kind = DecisionKind.TAKE_PRACTICE if choice == "practice" else DecisionKind.TAKE_BOOKS
        assert decide(app, [hold["id"]], kind).document["holds"] == [hold["id"]]
    assert clinic.sync()["holds"] == []
    assert (clinic.patient(ANA)["email"], clinic.contact(f"CLK-{ANA}").email) == (email, email)


def test_a_field_that_never_was_the_same_is_not_said_to_have_changed(clinic: Clinic) -> None:
    clinic.rulebook(ASK.replace("email", "name"))
    at = clinic.later()
    element = {"Name": "Anna Silva", "FirstName": "Anna", "LastName": "Silva", "EmailAddress": "ana@example.org"}
    clinic.books.change(lambda world: desk.create_contact(world, element, at=at)[0])
    (hold,) = clinic.sync()["holds"]
    assert hold["sentence"] == "The name of this contact is not the same in the two systems, and never was."


def test_who_changed_a_conflict_is_asked_once_and_again_only_after_a_further_change(clinic: Clinic) -> None:
    clinic.rulebook(ASK)
    clinic.sync()
    contact = clinic.contact(f"CLK-{ANA}").contact_id
    clinic.edit_patient(ANA, email="desk@example.org")
    clinic.edit_contact(contact, EmailAddress="bookkeeper@example.org")
    clinic.books.faults = FaultScript(rules=(Rule(fault=AWAY, path="/History"),))
    (hold,) = clinic.sync()["holds"]
    with clinic.app() as app:
        assert shown_by(app, hold["id"]) == "Xero has not been asked yet who"
    clinic.books.faults = None
    clinic.sync()
    clinic.sync()
    clinic.sync(full=True)
    with clinic.app() as app:
        assert shown_by(app, hold["id"]) == "Rowan Bookkeeper"
    at = clinic.later()
    edit = {"EmailAddress": "owner@example.org"}
    clinic.books.change(lambda world: desk.edit_contact(world, contact, edit, at=at, by="Priya Owner"))
    clinic.sync()
    clinic.sync()
    with clinic.app() as app:
        assert shown_by(app, hold["id"]) == "Priya Owner"
    asked = [one for one in clinic.books.log if one.request.path.endswith("/History") and one.fault is None]
    assert len(asked) == 2


def shown_by(app: OpenClinic, hold: str) -> str:
    (shown,) = show_hold(app, hold).document["holds"]
    return str(shown["values"]["books"]["changed_by"])


def test_every_overwritten_value_is_in_the_journal_and_sealed(clinic: Clinic) -> None:
    clinic.sync()
    contact = clinic.contact(f"CLK-{ANA}").contact_id
    clinic.edit_contact(contact, EmailAddress="overwritten.in.books@example.org")
    clinic.edit_patient(ANA, email="winner@example.org")
    clinic.sync()
    assert clinic.contact(f"CLK-{ANA}").email == "winner@example.org"
    clinic.edit_patient(BEN, email="overwritten.in.practice@example.org")
    clinic.edit_contact(clinic.contact(f"CLK-{BEN}").contact_id, EmailAddress="later@example.org")
    clinic.sync()
    assert clinic.patient(BEN)["email"] == "later@example.org"
    with clinic.app() as app:
        entries = list(export(app.journal))
        assert verify(app.journal).holds
    told = json.dumps([entry["personal"] for entry in entries], default=str)
    assert "overwritten.in.books@example.org" in told
    assert "overwritten.in.practice@example.org" in told
    assert "overwritten" not in json.dumps([entry["public"] for entry in entries], default=str)


def test_an_edit_between_reading_and_writing_is_not_clobbered(clinic: Clinic) -> None:
    clinic.sync()
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress="books@example.org")
    handle, edited = clinic.practice._handle, False

    def people_are_quick(world: object, request: object) -> object:
        nonlocal edited
        # The front desk saves another number just before our last look at the patient.
        if not edited and ("q[]", f"id:={ANA}") in getattr(request, "query", ()):
            edited = True
            phones = [{"number": "0491 570 159", "phone_type": "Mobile"}]
            fields = {"patient_phone_numbers": phones}
            world = control.edit_record(world, "patients", ANA, fields, at=clinic.clock.now())  # type: ignore[arg-type]
        return handle(world, request)  # type: ignore[arg-type]

    clinic.practice._handle = people_are_quick  # type: ignore[assignment]
    clinic.sync()
    clinic.sync()
    numbers = [phone["number"] for phone in clinic.patient(ANA)["patient_phone_numbers"]]
    assert numbers == ["0491 570 159"]
    assert clinic.patient(ANA)["email"] == "books@example.org"
