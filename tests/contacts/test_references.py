"""Custom fields and the old reference: chosen by the clinic, written once, and never over what a person typed."""

from __future__ import annotations

from typing import Any

from ligament.app.contacts.find import find
from ligament.connectors.xero.simulator import control as desk
from tests.contacts.kit import ANA, BEN, Clinic

TOKENS = '[contacts.custom_fields]\naccount_number = "t-fund"\ntax_number = "t-abn"\n'
REFERENCE = "[contacts]\nwrite_old_reference_id = true\n"


def custom(**values: str) -> dict[str, Any]:
    fields = [{"name": token, "token": f"t-{token}", "type": "text", "value": value} for token, value in values.items()]
    return {"custom_fields": {"sections": [{"name": "Billing", "token": "s", "fields": fields}]}}


def test_chosen_custom_fields_reach_the_contact_and_others_are_never_read(clinic: Clinic) -> None:
    clinic.edit_patient(ANA, **custom(fund="F-100", abn="51 824 753 556", diagnosis="canary-zq"))
    clinic.rulebook(TOKENS)
    clinic.sync()
    contact = clinic.contact(f"CLK-{ANA}")
    assert (contact.account_number, contact.extra["TaxNumber"]) == ("F-100", "51 824 753 556")
    clinic.edit_patient(ANA, **custom(fund="F-200", abn="51 824 753 556"))
    clinic.sync()
    assert clinic.contact(f"CLK-{ANA}").account_number == "F-200"
    with clinic.heard() as said:
        clinic.sync()
    assert said == []
    assert not any(b"canary-zq" in path.read_bytes() for path in clinic.home.rglob("*") if path.is_file())


def test_what_a_person_typed_there_stays_and_is_listed(clinic: Clinic) -> None:
    clinic.edit_patient(ANA, **custom(fund="F-100"))
    clinic.rulebook(TOKENS)
    clinic.sync()
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, AccountNumber="typed")
    with clinic.heard() as said:
        clinic.sync()
    assert said == []
    with clinic.app() as app:
        (pair,) = find(app, ANA).document["found"]
    assert {row["field"]: row["listed"] for row in pair["fields"] if row["listed"]} == {"account_number": "put_back"}


def test_a_new_choice_of_fields_reads_everybody_once_more(clinic: Clinic) -> None:
    clinic.edit_patient(ANA, **custom(fund="F-100"))
    clinic.sync()
    clinic.later(7200)
    clinic.sync()
    clinic.rulebook(TOKENS)
    clinic.sync()
    assert clinic.contact(f"CLK-{ANA}").account_number == "F-100"
    clinic.rulebook(TOKENS + '[contacts]\nprivacy = "name"\n')
    clinic.sync()
    assert clinic.contact(f"CLK-{ANA}").account_number == ""


def test_the_old_reference_is_written_only_where_it_is_empty(clinic: Clinic) -> None:
    clinic.edit_patient(BEN, old_reference_id="from another program")
    clinic.rulebook(REFERENCE)
    clinic.sync()
    assert clinic.patient(ANA)["old_reference_id"] == clinic.contact(f"CLK-{ANA}").contact_id
    assert clinic.patient(BEN)["old_reference_id"] == "from another program"
    with clinic.heard() as said:
        clinic.sync()
        clinic.sync()
    assert said == []


def test_the_old_reference_is_never_written_when_the_dial_forbids_it(clinic: Clinic) -> None:
    clinic.rulebook(REFERENCE + 'privacy = "code"\n')
    clinic.sync()
    clinic.sync()
    assert not clinic.patient(ANA).get("old_reference_id")


def test_an_adopted_contact_is_found_again_by_the_old_reference(clinic: Clinic) -> None:
    at = clinic.later()
    element = {"Name": "Ana Silva", "EmailAddress": "ana@example.org", "ContactNumber": "HERS-1"}
    clinic.books.change(lambda world: desk.create_contact(world, element, at=at)[0])
    clinic.rulebook(REFERENCE)
    clinic.sync()
    contact = clinic.contact("HERS-1").contact_id
    assert clinic.patient(ANA)["old_reference_id"] == contact
    for path in (*clinic.home.glob("ligament.db*"), *clinic.home.glob("journal-*")):
        path.unlink()
    # Under another name and e-mail nothing but the reference tells that it is hers.
    clinic.edit_contact(contact, Name="A. S. (moved)", EmailAddress="elsewhere@example.org")
    clinic.sync()
    with clinic.app() as app:
        (pair,) = find(app, ANA).document["found"]
    assert pair["contact_id"] == contact
