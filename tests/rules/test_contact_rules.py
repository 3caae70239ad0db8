"""Rules about contacts on a whole clinic: what they set, leave out and ask, both ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from ligament.app.approvals import approve
from tests.contacts.kit import PATIENTS, Clinic

CAPITALS = """
[[contact_rules]]
name = "last names in capitals"
when = 'patient.last_name != ""'
set = { last_name = '=patient.last_name.upperAscii()' }
"""
ASKS = """
[[contact_rules]]
name = "everybody is asked about"
when = 'patient.id == "%s"'
ask = "Is this one of ours?"
"""
SKIPS = """
[[contact_rules]]
name = "nobody"
when = 'patient.id == "%s"'
skip = "Not for the books."
"""


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path / "home")


def first_patient() -> str:
    return str(PATIENTS[0]["id"])


def test_an_edit_of_what_a_rule_set_is_put_back_and_the_rest_flows_both_ways(clinic: Clinic) -> None:
    clinic.rulebook(CAPITALS)
    patient = first_patient()
    clinic.sync()
    clinic.sync()
    contact = clinic.contact(f"CLK-{patient}")
    written = str(clinic.patient(patient)["last_name"])
    assert contact.last_name == written.upper() != written
    clinic.edit_contact(contact.contact_id, LastName="Smythe", Name=f"{contact.first_name} Smythe")
    clinic.edit_contact(contact.contact_id, EmailAddress="new@books.example")
    clinic.sync()
    clinic.sync()
    assert clinic.patient(patient)["last_name"] == written, "what a rule set never flows back"
    assert clinic.patient(patient)["email"] == "new@books.example"
    clinic.edit_patient(patient, last_name="Newname")
    clinic.sync()
    assert clinic.contact(f"CLK-{patient}").last_name == "NEWNAME"
    assert clinic.patient(patient)["last_name"] == "Newname"


def test_who_is_skipped_gets_a_contact_only_when_an_invoice_needs_one(clinic: Clinic) -> None:
    patient = first_patient()
    clinic.rulebook(SKIPS % patient)
    clinic.sync()
    numbers = {held.number for held in clinic.contacts()}
    assert f"CLK-{patient}" not in numbers
    assert len(numbers) == len(PATIENTS) - 1
    clinic.invoice(patient)
    clinic.sync()
    assert clinic.contact(f"CLK-{patient}")


def test_what_a_rule_asks_holds_the_contact_until_somebody_says_yes(clinic: Clinic) -> None:
    patient = first_patient()
    clinic.rulebook(ASKS % patient)
    told = clinic.sync()
    (hold,) = told["holds"]
    assert (hold["code"], hold["kind"], hold["source_id"]) == ("ask", "contact", patient)
    assert f"CLK-{patient}" not in {held.number for held in clinic.contacts()}
    with clinic.app() as app:
        approve(app, (hold["id"],))
    assert clinic.sync()["holds"] == []
    assert clinic.contact(f"CLK-{patient}")
