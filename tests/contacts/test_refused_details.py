"""Any detail that the books refuse is left out and listed; the contact and its invoices go, and a corrected one too."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ligament.app.contacts.find import find
from ligament.simkit.messages import Request, Response
from tests.contacts.kit import ANA, Clinic

TOKENS = '[contacts.custom_fields]\naccount_number = "t-fund"\ntax_number = "t-abn"\n'
DETAILS = [
    ("Phones", "The PhoneNumber is not valid.", "phones"),
    ("Addresses", "The Region of the address is not valid.", "address"),
    ("AccountNumber", "The Account Number is already used.", "account_number"),
    ("TaxNumber", "The Tax Number is not valid.", "tax_number"),
    ("EmailAddress", "Email address must be valid.", "email"),
]


def custom(**values: str) -> dict[str, Any]:
    fields = [{"name": token, "token": f"t-{token}", "type": "text", "value": value} for token, value in values.items()]
    return {"custom_fields": {"sections": [{"name": "Billing", "token": "s", "fields": fields}]}}


CORRECTED: dict[str, dict[str, Any]] = {
    "phones": {"patient_phone_numbers": [{"number": "0491 570 159", "phone_type": "Mobile"}]},
    "address": {"city": "Fitzroy"},
    "account_number": custom(fund="F-200", abn="51 824 753 556"),
    "tax_number": custom(fund="F-100", abn="53 004 085 616"),
    "email": {"email": "ana.silva@example.org"},
}


def says(element: dict[str, Any], field: str) -> bool:
    """Say whether an element really says something in a field, rather than leave it as it is."""
    held = element.get(field)
    if isinstance(held, list):
        return any(one.get("PhoneNumber") or one.get("AddressLine1") or one.get("City") for one in held)
    return bool(held)


def refusing(clinic: Clinic, field: str, message: str) -> None:
    """Let the books refuse every contact that says anything in a field, and take the others of the same call."""
    handle = clinic.books._handle

    def refused(element: dict[str, Any]) -> dict[str, Any]:
        told = {
            "StatusAttributeString": "ERROR",
            "HasValidationErrors": True,
            "ValidationErrors": [{"Message": message}],
        }
        return {**element, "ContactID": "00000000-0000-0000-0000-000000000000", **told}

    def answer(world: Any, request: Request) -> Any:
        if request.method not in {"POST", "PUT"} or "/Contacts" not in request.path:
            return handle(world, request)
        elements = json.loads(request.body)["Contacts"]
        good = [element for element in elements if not says(element, field)]
        if good == elements:
            return handle(world, request)
        taken: list[Any] = []
        if good:
            world, response = handle(world, replace(request, body=json.dumps({"Contacts": good}).encode()))
            taken = json.loads(response.body)["Contacts"]
        shown = [refused(element) if says(element, field) else taken.pop(0) for element in elements]
        body = json.dumps({"Status": "OK", "Contacts": shown}).encode()
        return world, Response(status=200, headers=(("content-type", "application/json"),), body=body)

    clinic.books._handle = answer


def missing(clinic: Clinic) -> list[str]:
    """Return what the contact in the books does not say."""
    contact = clinic.contact(f"CLK-{ANA}")
    there = {
        "phones": any(slot.get("PhoneNumber") for slot in contact.phones.values()),
        "address": any(slot.get("City") for slot in contact.addresses.values()),
        "account_number": bool(contact.account_number),
        "tax_number": bool(contact.extra.get("TaxNumber")),
        "email": bool(contact.email),
    }
    return [name for name, held in there.items() if not held]


@pytest.mark.parametrize(("field", "message", "label"), DETAILS, ids=[one[2] for one in DETAILS])
def test_a_detail_that_the_books_refuse_is_left_out_listed_and_stops_nothing(
    clinic: Clinic, field: str, message: str, label: str
) -> None:
    clinic.edit_patient(ANA, **custom(fund="F-100", abn="51 824 753 556"))
    clinic.rulebook(TOKENS)
    refusing(clinic, field, message)
    clinic.invoice(ANA)
    document = clinic.sync()
    assert document["holds"] == []
    assert len(clinic.books.world.only().invoices) == 1
    assert missing(clinic) == [label]
    with clinic.app() as app:
        (pair,) = find(app, ANA).document["found"]
    assert [row["field"] for row in pair["fields"] if row["listed"]], "nobody is told of it"
    with clinic.heard() as said:
        clinic.sync()
    assert said == [], "the same value is offered again"


@pytest.mark.parametrize(("field", "message", "label"), DETAILS, ids=[one[2] for one in DETAILS])
def test_a_corrected_detail_reaches_the_books(clinic: Clinic, field: str, message: str, label: str) -> None:
    clinic.edit_patient(ANA, **custom(fund="F-100", abn="51 824 753 556"))
    clinic.rulebook(TOKENS)
    taking = clinic.books._handle
    refusing(clinic, field, message)
    clinic.sync()
    clinic.books._handle = taking
    clinic.sync()
    assert missing(clinic) == [label], "what was refused as it is now is not offered again"
    clinic.edit_patient(ANA, **CORRECTED[label])
    clinic.sync()
    assert missing(clinic) == []
