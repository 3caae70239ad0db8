"""The bytes of a write: exact, stable, and as narrow as the vendor's rules ask."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligament.connectors.xero import writing
from ligament.connectors.xero.tests.books_kit import DAY, contact_write, line
from ligament.core.ids import BooksId
from ligament.core.ledgers import DocumentKind, DocumentStatus, PhoneSlot
from ligament.core.private import Private
from ligament.core.records import Address
from ligament.core.writes import (
    AllocationRemoval,
    AllocationWrite,
    ContactWrite,
    DocumentWrite,
    MembershipWrite,
    OptionWrite,
    PaymentRemoval,
    PaymentWrite,
    PreparedCall,
    Verb,
)

ID = BooksId("11111111-2222-3333-4444-555555555555")
OTHER = BooksId("66666666-7777-8888-9999-aaaaaaaaaaaa")

INVOICE = DocumentWrite(
    kind=DocumentKind.INVOICE,
    number="CLK-1",
    contact_id=ID,
    reference="Invoice 1",
    url="https://clinic.example/invoices/1",
    on=DAY,
    due_on=DAY,
    status=DocumentStatus.AUTHORISED,
    lines=(line(quantity=Decimal("1.5"), unit_amount=Decimal("0.10"), amount=Decimal("0.15"), tax=Decimal("0.01")),),
    theme=OTHER,
)


def element(call: PreparedCall) -> dict[str, Any]:
    """Return the only element, with numbers as the texts they were written in."""
    document = json.loads(call.body, parse_float=str, parse_int=str)
    (elements,) = document.values()
    (only,) = elements
    found: dict[str, Any] = only
    return found


def test_an_invoice_is_created_with_exactly_these_bytes() -> None:
    call = writing.prepare(Verb.CREATE_INVOICES, [INVOICE])
    assert (call.method, call.target) == ("PUT", "/api.xro/2.0/Invoices?summarizeErrors=false&unitdp=4")
    assert call.elements == 1
    assert call.body == (
        b'{"Invoices":[{"Type":"ACCREC","InvoiceNumber":"CLK-1",'
        b'"Contact":{"ContactID":"11111111-2222-3333-4444-555555555555"},"Reference":"Invoice 1",'
        b'"Url":"https://clinic.example/invoices/1","Date":"2026-03-01","DueDate":"2026-03-01","Status":"AUTHORISED",'
        b'"BrandingThemeID":"66666666-7777-8888-9999-aaaaaaaaaaaa","LineAmountTypes":"Inclusive",'
        b'"LineItems":[{"Description":"Visit","Quantity":1.5,"UnitAmount":0.10,"LineAmount":0.15,'
        b'"AccountCode":"200","TaxType":"OUTPUT","TaxAmount":0.01}]}]}'
    )


def test_the_same_writes_always_give_the_same_bytes() -> None:
    twin = replace(INVOICE, lines=tuple(replace(item) for item in INVOICE.lines or ()))
    assert writing.prepare(Verb.CREATE_INVOICES, [INVOICE]) == writing.prepare(Verb.CREATE_INVOICES, [twin])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_amounts_are_written_digit_for_digit(amount: Decimal) -> None:
    only = element(writing.prepare(Verb.CREATE_INVOICES, [replace(INVOICE, lines=(line(amount=amount),))]))
    written = only["LineItems"][0]["LineAmount"]
    assert Decimal(written) == amount
    assert "e" not in written.lower()


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_what_is_no_amount_is_never_written(amount: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        writing.prepare(Verb.CREATE_INVOICES, [replace(INVOICE, lines=(line(amount=Decimal(amount)),))])


def test_a_status_change_sends_nothing_but_id_number_and_status() -> None:
    void = DocumentWrite(id=ID, kind=DocumentKind.INVOICE, number="CLK-1", status=DocumentStatus.VOIDED)
    call = writing.prepare(Verb.UPDATE_INVOICES, [void])
    assert (call.method, call.target) == ("POST", "/api.xro/2.0/Invoices?summarizeErrors=false&unitdp=4")
    assert element(call) == {"InvoiceID": ID, "InvoiceNumber": "CLK-1", "Status": "VOIDED"}


def test_an_update_keeps_the_ids_of_lines_and_says_when_tracking_is_empty() -> None:
    kept, new = line(id=OTHER), line(tracking=(("Location", "Quay St"),))
    update = replace(INVOICE, id=ID, lines=(kept, new))
    first, second = element(writing.prepare(Verb.UPDATE_INVOICES, [update]))["LineItems"]
    assert (first["LineItemID"], first["Tracking"]) == (OTHER, [])
    assert "LineItemID" not in second
    assert second["Tracking"] == [{"Name": "Location", "Option": "Quay St"}]


def test_a_credit_note_has_its_own_number_and_no_due_date() -> None:
    note = replace(INVOICE, kind=DocumentKind.CREDIT_NOTE, url=None)
    call = writing.prepare(Verb.CREATE_CREDIT_NOTES, [note])
    only = element(call)
    assert call.target == "/api.xro/2.0/CreditNotes?summarizeErrors=false&unitdp=4"
    assert (only["Type"], only["CreditNoteNumber"]) == ("ACCRECCREDIT", "CLK-1")
    assert not {"DueDate", "InvoiceNumber", "Url"} & set(only)


def test_a_contact_is_written_with_all_parts_of_the_slots_it_has() -> None:
    address = Address(lines=("1 Quay St", "Unit 2"), city="Cairns", region="QLD", post_code="4870", country="Austr. 7")
    call = writing.prepare(
        Verb.CREATE_CONTACTS,
        [
            contact_write(
                "Zoë Ng",
                phones=((PhoneSlot.DIRECT, Private("(07) 4000 0000")),),
                street=Private(address),
                email=Private(""),
            )
        ],
    )
    assert call.target == "/api.xro/2.0/Contacts?summarizeErrors=false"
    assert element(call) == {
        "ContactNumber": "CLK-1",
        "Name": "Zoë Ng",
        "EmailAddress": "",
        "Phones": [
            {"PhoneType": "DDI", "PhoneNumber": "(07) 4000 0000", "PhoneAreaCode": "", "PhoneCountryCode": ""},
        ],
        "Addresses": [
            {
                "AddressType": "STREET",
                "AddressLine1": "1 Quay St",
                "AddressLine2": "Unit 2",
                "AddressLine3": "",
                "AddressLine4": "",
                "City": "Cairns",
                "Region": "QLD",
                "PostalCode": "4870",
                "Country": "Austr",
            }
        ],
    }


def test_more_than_four_lines_of_an_address_share_the_last() -> None:
    address = Private(Address(lines=("a", "b", "c", "d", "e")))
    only = element(writing.prepare(Verb.UPDATE_CONTACTS, [ContactWrite(id=ID, postal=address)]))
    assert only["Addresses"][0]["AddressLine4"] == "d, e"
    assert (only["ContactID"], only["Addresses"][0]["AddressType"]) == (ID, "POBOX")


def test_archiving_sends_the_status_only() -> None:
    call = writing.prepare(Verb.UPDATE_CONTACTS, [ContactWrite(id=ID, archive=True)])
    assert element(call) == {"ContactID": ID, "ContactStatus": "ARCHIVED"}


def test_payments_name_the_account_by_code_or_by_id() -> None:
    paid = PaymentWrite(invoice_id=ID, account="090", on=DAY, amount=Decimal("10.50"), reference="CLK-1/paid")
    refund = PaymentWrite(credit_id=ID, account=OTHER, on=DAY, amount=Decimal(5), reference="r")
    first = element(writing.prepare(Verb.PAY, [paid]))
    second = element(writing.prepare(Verb.PAY, [refund]))
    assert (first["Invoice"], first["Account"], first["Amount"]) == ({"InvoiceID": ID}, {"Code": "090"}, "10.50")
    assert (second["CreditNote"], second["Account"]) == ({"CreditNoteID": ID}, {"AccountID": OTHER})


def test_single_record_writes_go_to_the_record() -> None:
    unuse = writing.prepare(Verb.DEALLOCATE, [AllocationRemoval(credit_id=OTHER, allocation_id=ID)])
    path, _, _ = unuse.target.partition("?")
    assert (unuse.method, path, unuse.body) == ("DELETE", f"/api.xro/2.0/CreditNotes/{OTHER}/Allocations/{ID}", b"")
    unpay = writing.prepare(Verb.UNPAY, [PaymentRemoval(payment_id=ID, invoice_id=OTHER)])
    option = writing.prepare(Verb.ADD_OPTION, [OptionWrite(category_id=ID, name="Quay St")])
    assert (unpay.method, unpay.target, unpay.body) == ("POST", f"/api.xro/2.0/Payments/{ID}", b'{"Status":"DELETED"}')
    assert (option.method, option.target) == ("PUT", f"/api.xro/2.0/TrackingCategories/{ID}/Options")
    assert option.body == b'{"Name":"Quay St"}'


def test_a_contact_is_taken_out_of_a_group_by_its_id_only_never_everybody() -> None:
    join = writing.prepare(Verb.JOIN_GROUP, [MembershipWrite(group_id=ID, contact_id=OTHER)])
    assert (join.method, join.target) == ("PUT", f"/api.xro/2.0/ContactGroups/{ID}/Contacts")
    assert join.body == f'{{"Contacts":[{{"ContactID":"{OTHER}"}}]}}'.encode()
    leave = writing.prepare(Verb.LEAVE_GROUP, [MembershipWrite(group_id=ID, contact_id=OTHER)])
    assert (leave.method, leave.target, leave.body) == (
        "DELETE", f"/api.xro/2.0/ContactGroups/{ID}/Contacts/{OTHER}", b"",
    )  # fmt: skip
    for nobody in ("", ".", "..", "x"):
        with pytest.raises(ValueError, match="by its id only"):
            writing.prepare(Verb.LEAVE_GROUP, [MembershipWrite(group_id=ID, contact_id=BooksId(nobody))])
    two = [MembershipWrite(group_id=held, contact_id=OTHER) for held in (ID, OTHER)]
    with pytest.raises(ValueError, match="the same contact group"):
        writing.prepare(Verb.JOIN_GROUP, two)


def test_allocations_of_one_call_share_the_credit_note() -> None:
    one = AllocationWrite(credit_id=ID, invoice_id=OTHER, amount=Decimal(5), on=DAY)
    call = writing.prepare(Verb.ALLOCATE, [one])
    assert (call.method, call.target) == ("PUT", f"/api.xro/2.0/CreditNotes/{ID}/Allocations?summarizeErrors=false")
    with pytest.raises(ValueError, match="same credit note"):
        writing.prepare(Verb.ALLOCATE, [one, replace(one, credit_id=OTHER)])


@pytest.mark.parametrize(
    ("verb", "writes", "words"),
    [
        (Verb.CREATE_INVOICES, [], "1 to 50"),
        (Verb.CREATE_INVOICES, [INVOICE] * 51, "1 to 50"),
        (Verb.UNPAY, [PaymentRemoval(payment_id=ID, invoice_id=ID)] * 2, "1 to 1"),
        (Verb.CREATE_INVOICES, [replace(INVOICE, id=ID)], "does not fit"),
        (Verb.UPDATE_INVOICES, [INVOICE], "does not fit"),
        (Verb.CREATE_INVOICES, [replace(INVOICE, kind=DocumentKind.CREDIT_NOTE)], "does not fit"),
        (Verb.CREATE_INVOICES, [replace(INVOICE, status=DocumentStatus.PAID)], "cannot be written"),
        (Verb.CREATE_INVOICES, [replace(INVOICE, url="https://go.xero.com/x")], "must not lead"),
        (Verb.CREATE_INVOICES, [contact_write()], "must be DocumentWrite"),
        (Verb.PAY, [PaymentWrite(account="090", on=DAY, amount=Decimal(1), reference="")], "belongs to"),
        (Verb.CREATE_INVOICES, [replace(INVOICE, lines=(line(text="x" * 3_000_000),))], "too many"),
    ],
)
def test_what_cannot_be_one_call_is_refused_before_it_leaves(verb: Verb, writes: list[Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        writing.prepare(verb, writes)
