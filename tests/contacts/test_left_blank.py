"""What one system leaves blank, refuses or merges away, told by people's work on both sides."""

from __future__ import annotations

from ligament.connectors.cliniko.simulator import control
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from tests.contacts.kit import ANA, Clinic

REFUSED = Fault(
    kind=FaultKind.ANSWER, status=422, body=b'{"message":"Validation Failed","errors":{"email":"is invalid"}}'
)
STREET = {"AddressType": "STREET", "AddressLine1": "1 Made-up Street", "City": "Richmond", "Region": "VIC"}


def street(clinic: Clinic, **parts: str) -> None:
    place = {**STREET, "PostalCode": "3121", "Country": "Australia", **parts}
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, Addresses=[place])


def test_parts_of_an_address_that_were_only_emptied_go_nowhere(clinic: Clinic) -> None:
    clinic.sync()
    street(clinic, PostalCode="", Region="", AddressLine1="1 MADE-UP STREET")
    with clinic.heard() as said:
        clinic.sync()
        clinic.edit_patient(ANA, state="")
        clinic.sync()
    assert said == []
    assert clinic.patient(ANA)["post_code"] == "3121"


def test_another_street_without_a_post_code_keeps_the_post_code(clinic: Clinic) -> None:
    clinic.sync()
    street(clinic, AddressLine1="7 Other Street", PostalCode="", Region="")
    clinic.sync()
    now = clinic.patient(ANA)
    assert [now[part] for part in ("address_1", "city", "state", "post_code")] == [
        "7 Other Street", "Richmond", "VIC", "3121",
    ]  # fmt: skip
    with clinic.heard() as said:
        clinic.sync()
    assert said == []


def test_another_town_takes_nothing_along_from_the_former(clinic: Clinic) -> None:
    clinic.sync()
    street(clinic, City="Kyneton", PostalCode="", Region="")
    clinic.sync()
    now = clinic.patient(ANA)
    assert (now["city"], now["state"], now["post_code"]) == ("Kyneton", "", "")


def test_a_last_name_that_was_emptied_stays_in_the_books(clinic: Clinic) -> None:
    clinic.sync()
    clinic.edit_patient(ANA, last_name="")
    with clinic.heard() as said:
        clinic.sync()
    assert said == []
    assert clinic.contact(f"CLK-{ANA}").name == "Ana Silva"


def test_an_email_the_practice_refuses_is_left_out_and_the_rest_arrives(clinic: Clinic) -> None:
    clinic.sync()
    phones = [{"PhoneType": "MOBILE", "PhoneNumber": "0491 570 006"}]
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress="ana@odd.example", Phones=phones)
    clinic.practice.faults = FaultScript(rules=(Rule(fault=REFUSED, method="PATCH", at_most=1),))
    document = clinic.sync()
    assert document["holds"] == []
    now = clinic.patient(ANA)
    assert (now["email"], now["patient_phone_numbers"][0]["number"]) == ("ana@example.org", "0491 570 006")
    with clinic.heard() as said:
        clinic.sync()
        clinic.later(2 * 60 * 60)
        clinic.sync(full=True)
    assert said == []
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress="ana@there.example")
    clinic.sync()
    assert clinic.patient(ANA)["email"] == "ana@there.example"


def test_a_document_that_went_along_with_a_merge_was_edited_by_nobody(clinic: Clinic) -> None:
    invoice = clinic.invoice(ANA)
    clinic.sync()
    clinic.merged_into_new(ANA, "Ana S")
    at = clinic.later()
    clinic.practice.change(lambda world: control.archive_invoice(world, invoice, at=at))
    document = clinic.sync()
    assert (document["holds"], [one["action"] for one in document["waiting"]]) == ([], ["void"])
