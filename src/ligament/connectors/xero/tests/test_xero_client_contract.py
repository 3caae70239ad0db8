"""What the client sends fits the vendor's own description, where that is at hand."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ligament.connectors.xero.simulator.described import FIELDS, QUERIES, ROOTS
from ligament.connectors.xero.tests.books_kit import DAY, Desk, desk, line, payment_write
from ligament.core.ledgers import BooksPayment, ContactGroup, DocumentKind, DocumentStatus, PhoneSlot
from ligament.core.private import Private
from ligament.core.records import Address
from ligament.core.writes import (
    AllocationWrite,
    ContactWrite,
    DocumentWrite,
    GroupWrite,
    MembershipWrite,
    OptionWrite,
    PaymentRemoval,
    Verb,
)

if TYPE_CHECKING:
    from ligament.simkit.messages import Request

REPOSITORY = Path(__file__).resolve().parents[5]
SPEC = REPOSITORY.parent / "shared" / "specs" / "xero_accounting.yaml"
pytestmark = pytest.mark.skipif(not SPEC.exists(), reason="the vendor's description is not beside the repository")

# Defects of the description that a request meets: none so far. Its known ones concern answers and scopes only
# (facts 0.2); a new one is listed here as (method, path, query name) with its reason.
UNDESCRIBED_QUERY: dict[tuple[str, str, str], str] = {}

# What is nested in answers only; a request that holds one is not looked into.
ONLY_ANSWERED = {"Attachment", "ValidationError", "InvoiceAddress", "TaxBreakdownComponent"}


@cache
def spec() -> dict[str, Any]:
    """Return the description with dates as texts."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(SPEC.read_text(encoding="utf-8"), Loader=loader)
    found: dict[str, Any] = json.loads(json.dumps(document, default=str))
    return found


@cache
def operations() -> list[tuple[re.Pattern[str], str, str]]:
    """Return path patterns with path and method."""
    return [
        (re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path, method)
        for path, item in spec()["paths"].items()
        for method in item
        if method in {"get", "put", "post", "delete"}
    ]


@cache
def strict_schemas() -> dict[str, Any]:
    """Return all schemas as requests must fit them: nothing that is not described, nothing that only answers have."""
    return {name: strict(schema) for name, schema in spec()["components"]["schemas"].items()}


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that refuses unknown fields and those that are only read."""
    if not schema.get("properties"):
        return schema
    sent = {name: field for name, field in schema["properties"].items() if not field.get("readOnly")}
    return {**schema, "properties": sent, "additionalProperties": False}


@cache
def checker(path: str, method: str) -> Any:
    """Return a validator of the body of one operation."""
    jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="jsonschema-rs is not installed")
    schemas = strict_schemas()
    body = spec()["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({"components": {"schemas": schemas}, **body}, validate_formats=True)


def query_names(path: str, method: str) -> set[str]:
    """Return the names of the query parameters of one operation."""
    item = spec()["paths"][path]
    given = [*item.get("parameters", []), *item[method].get("parameters", [])]
    components = spec()["components"]["parameters"]
    resolved = [components[it["$ref"].rsplit("/", 1)[1]] if "$ref" in it else it for it in given]
    return {it["name"] for it in resolved if it["in"] == "query"}


def problems(request: Request) -> list[str]:
    """Return what in a request does not fit the description."""
    path = request.path.removeprefix("/api.xro/2.0")
    method = request.method.lower()
    fitting = [(described, verb) for pattern, described, verb in operations() if verb == method and pattern.match(path)]
    if not fitting:
        return [f"{method} {path} is not described"]
    described = fitting[0][0]
    asked = {name for name, _ in request.query}
    odd = {
        name for name in asked - query_names(described, method) if (method, described, name) not in UNDESCRIBED_QUERY
    }
    found = [f"{method} {described}: query {name}" for name in sorted(odd)]
    if request.body:
        document = json.loads(request.body)
        found += [
            f"{method} {described}: {list(it.instance_path)} {it.message}"
            for it in checker(described, method).iter_errors(document)
        ]
    return found


def everything(here: Desk) -> None:
    """Make every kind of call once."""
    address = Private(Address(lines=("1 Quay St",), city="Cairns", post_code="4870", country="Australia"))
    phones = ((PhoneSlot.MOBILE, Private("0400 000 000")),)
    contact = here.contact()
    here.write(Verb.UPDATE_CONTACTS, ContactWrite(id=contact.id, phones=phones, street=address, postal=address))
    invoice = here.invoice(contact, url="https://clinic.example/1")
    # A link is asked for on the note too: its description has none, so it must not be sent.
    note = here.note(contact, url="https://clinic.example/2")
    lines = (line(id=invoice.lines[0].id, tracking=(("Location", "Quay St"),), tax=Decimal("10.00")),)
    here.write(
        Verb.UPDATE_INVOICES,
        DocumentWrite(id=invoice.id, kind=DocumentKind.INVOICE, number="CLK-100", lines=lines),
    )
    here.write(
        Verb.ALLOCATE, AllocationWrite(credit_id=note.id, invoice_id=invoice.id, amount=Decimal("10.00"), on=DAY)
    )
    payment = here.write(Verb.PAY, payment_write(invoice, "50.00"))[0].result
    assert isinstance(payment, BooksPayment)
    here.books.payment(payment.id)
    here.write(Verb.UNPAY, PaymentRemoval(payment_id=payment.id, invoice_id=invoice.id))
    spare = here.note(contact, "CLK-901")
    here.write(
        Verb.UPDATE_CREDIT_NOTES,
        DocumentWrite(id=spare.id, kind=DocumentKind.CREDIT_NOTE, number="CLK-901", status=DocumentStatus.VOIDED),
    )
    category = here.books.chart().category("Location")
    assert category
    here.write(Verb.ADD_OPTION, OptionWrite(category_id=category.id, name="Hill Rd"))
    veterans = here.write(Verb.ADD_GROUP, GroupWrite(name=Private("Veterans")))[0].result
    assert isinstance(veterans, ContactGroup)
    member = MembershipWrite(group_id=veterans.id, contact_id=contact.id)
    here.write(Verb.JOIN_GROUP, member)
    here.write(Verb.LEAVE_GROUP, member)
    here.books.groups()
    here.books.organisation()
    here.books.users()
    here.read()
    here.read()
    here.books.find_contacts(["CLK-1"])
    here.books.contacts_by_id([contact.id])
    here.books.find_invoices(["CLK-100"])
    here.books.find_credit_notes(["CLK-900"], ["Invoice CLK-900"])
    here.books.documents_by_id("invoice", [invoice.id])
    here.books.documents_by_id("credit_note", [note.id])


def test_every_call_fits_the_vendors_description() -> None:
    here = desk()
    everything(here)
    calls = [it for it in here.host.log if it.request.path.startswith("/api.xro")]
    assert len(calls) > 20
    assert [it.request.path for it in calls if it.response is None or it.response.status not in {200, 204}] == []
    assert sorted({problem for it in calls for problem in problems(it.request)}) == []


def test_the_check_itself_sees_what_is_wrong() -> None:
    here = desk()
    here.contact()
    request = here.host.log[-1].request
    assert problems(request) == []
    spoilt = json.loads(request.body)
    spoilt["Contacts"][0]["Phones"] = [{"PhoneType": "CARRIER PIGEON"}]
    wrong = type(request)(
        method="PUT", path=request.path, query=(("odd", "1"),), body=json.dumps(spoilt).encode(), at=request.at
    )
    assert len(problems(wrong)) == 2


@pytest.mark.parametrize(
    ("plural", "sent"),
    [
        ("CreditNotes", {"Url": "https://clinic.example/1"}),
        ("CreditNotes", {"ExpectedPaymentDate": "2026-11-03"}),
        ("Invoices", {"LineItems": [{"Description": "Visit", "Note": "left knee"}]}),
        ("Invoices", {"AmountPaid": 1}),
        ("Contacts", {"Phones": [{"PhoneType": "MOBILE", "Extension": "7"}]}),
        ("Payments", {"ExternalId": "1"}),
    ],
)
def test_a_field_that_is_not_described_for_a_request_is_seen(plural: str, sent: dict[str, Any]) -> None:
    here = desk()
    here.contact()
    request = here.host.log[-1].request
    body = json.dumps({plural: [sent]}).encode()
    spoilt = type(request)(method="PUT", path=f"/api.xro/2.0/{plural}", body=body, at=request.at)
    assert any("unexpected" in problem for problem in problems(spoilt))


@pytest.mark.parametrize("schema", sorted(FIELDS))
def test_the_simulator_knows_the_fields_of_the_description_and_no_others(schema: str) -> None:
    described = spec()["components"]["schemas"][schema]["properties"]
    assert set(FIELDS[schema]) == set(described)
    for name, inner in FIELDS[schema].items():
        field = described[name]
        target = (field.get("$ref") or field.get("items", {}).get("$ref") or "").rpartition("/")[2]
        if inner:
            assert target == inner, name
        elif target and target not in ONLY_ANSWERED:
            assert not spec()["components"]["schemas"][target].get("properties"), f"{schema}.{name} goes deeper"


def test_the_simulator_knows_the_queries_of_the_description_and_no_others() -> None:
    served = {place.partition("/")[0] for _, place in QUERIES} | set(ROOTS)
    described = {}
    for path, item in spec()["paths"].items():
        parts = path.strip("/").split("/")
        if parts[0] in served and "Attachments" not in parts:
            place = "/".join("*" if part.startswith("{") else part for part in parts)
            for method in item.keys() & {"get", "put", "post", "delete"}:
                described[method.upper(), place] = query_names(path, method)
    assert {key: set(names.split()) for key, names in QUERIES.items()} == {
        key: names for key, names in described.items() if names
    }
