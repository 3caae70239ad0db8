"""What the simulator answers fits the vendor's own description, where that is at hand."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.xero.simulator import control
from ligament.connectors.xero.tests.simulated_books import SAVED_ALONE, SimulatedBooks, note_element

REPOSITORY = Path(__file__).resolve().parents[5]
SPEC = REPOSITORY.parent / "shared" / "specs" / "xero_accounting.yaml"
pytestmark = pytest.mark.skipif(not SPEC.exists(), reason="the vendor's description is not beside the repository")

# Where the description is known to be wrong or narrower than what Xero sends; each with its reason.
GAPS: dict[tuple[str, str], str] = {
    ("Contact", "ContactStatus"): "enumeration may grow",
    ("User", "OrganisationRole"): "lacks ADMIN, which the vendor's own sample returns",
    ("Organisation", "Class"): "enumeration grows",
    ("Organisation", "Edition"): "enumeration grows",
    ("Account", "BankAccountType"): "is empty for accounts that are no bank accounts",
    ("Account", "SystemAccount"): "enumeration grows",
    ("TaxRate", "ReportTaxType"): "enumeration grows",
    ("Organisation", "Timezone"): "enumeration grows",
}


@cache
def schemas() -> dict[str, Any]:
    """Return the component schemas, loosened only where GAPS says so."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(SPEC.read_text(encoding="utf-8"), Loader=loader)
    found: dict[str, Any] = copy.deepcopy(document["components"]["schemas"])
    for name, field in GAPS:
        found[name]["properties"][field] = {}
    return found


@cache
def checker(name: str) -> Any:
    """Return a validator of one schema."""
    jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="jsonschema-rs is not installed")
    # A plain text form keeps vendor keywords such as x-is-money out of the way.
    document = json.loads(json.dumps({"components": {"schemas": schemas()}}, default=str))
    return jsonschema_rs.Draft202012Validator(
        {**document, "$ref": f"#/components/schemas/{name}"}, validate_formats=True
    )


def problems(name: str, document: Any) -> list[str]:
    """Return what is wrong with a document, with the place of each fault."""
    plain = json.loads(json.dumps(document, default=float))
    return [f"{list(it.instance_path)}: {it.message}" for it in checker(name).iter_errors(plain)]


def lively_books() -> SimulatedBooks:
    """Return books with one of everything."""
    books = SimulatedBooks()
    contact = books.contact("Bo Reyes", ContactNumber="P1", ContactPersons=[{"FirstName": "One"}])
    invoice = books.invoice(contact, InvoiceNumber="CL-1", Url="https://clinic.test/1")
    books.pay(invoice["InvoiceID"], "10.00", Reference="p1")
    note_id = books.put("CreditNotes", note_element(contact)).rows("CreditNotes")[0]["CreditNoteID"]
    part = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": "5.00"}
    books.put(f"CreditNotes/{note_id}/Allocations", part)
    books.change(lambda world: control.create_contact(world, {"Name": "By hand"}, at=books.at)[0])
    (group,) = books.put("ContactGroups", {"Name": "Payers"}).rows("ContactGroups")
    books.call("PUT", f"ContactGroups/{group['ContactGroupID']}/Contacts", {"Contacts": [{"ContactID": contact}]})
    return books


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("Invoices", "Invoices"), ("Invoices?page=1", "Invoices"), ("Invoices/CL-1", "Invoices"),
        ("Invoices?summaryOnly=true", "Invoices"), ("Contacts", "Contacts"), ("Contacts?page=1", "Contacts"),
        ("Contacts/P1", "Contacts"), ("CreditNotes", "CreditNotes"), ("CreditNotes?page=1", "CreditNotes"),
        ("Payments", "Payments"), ("Accounts", "Accounts"), ("TaxRates", "TaxRates"), ("Users", "Users"),
        ("Organisation", "Organisations"), ("Organisation/Actions", "Actions"),
        ("TrackingCategories", "TrackingCategories"), ("BrandingThemes", "BrandingThemes"),
        ("Currencies", "Currencies"), ("Prepayments", "Prepayments"), ("Overpayments", "Overpayments"),
        ("BatchPayments", "BatchPayments"), ("ContactGroups", "ContactGroups"),
    ],
)  # fmt: skip
def test_what_is_read_fits_the_description(path: str, schema: str) -> None:
    answer = lively_books().get(path)
    assert answer.status == 200
    assert problems(schema, answer.json) == []


def test_what_a_write_answers_fits_the_description() -> None:
    books = lively_books()
    answer = books.put("Contacts", {"Name": "New"}, {"Name": "New"}, **SAVED_ALONE)
    assert [it["StatusAttributeString"] for it in answer.rows("Contacts")] == ["OK", "ERROR"]
    assert problems("Contacts", answer.json) == []
    assert problems("Error", books.put("Contacts", {"Name": "New"}).json) == []


def test_what_contact_groups_answer_fits_the_description() -> None:
    books = lively_books()
    contact = books.contact("Cy Group")
    made = books.put("ContactGroups", {"Name": "Veterans"})
    assert problems("ContactGroups", made.json) == []
    path = f"ContactGroups/{made.rows('ContactGroups')[0]['ContactGroupID']}"
    body = {"Contacts": [{"ContactID": contact}]}
    assert problems("Contacts", books.call("PUT", f"{path}/Contacts", body).json) == []
    assert problems("ContactGroups", books.get(path).json) == []
    assert problems("Contacts", books.get("Contacts?page=1").json) == []
    assert books.call("DELETE", f"{path}/Contacts/{contact}").response.body == b""
    assert problems("Error", books.put("ContactGroups", {"Name": "Veterans"}).json) == []
    assert problems("HistoryRecords", books.get(f"Contacts/{contact}/History").json) == []


def test_the_description_can_tell_a_wrong_answer() -> None:
    document = lively_books().get("Invoices/CL-1").json
    document["Invoices"][0]["Status"] = "ODD"
    document["Invoices"][0]["InvoiceID"] = "not a guid"
    assert len(problems("Invoices", document)) == 2


def test_each_gap_still_exists_in_the_description() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = yaml.load(SPEC.read_text(encoding="utf-8"), Loader=loader)["components"]["schemas"]
    assert all(field in found[name]["properties"] for name, field in GAPS)
