"""From resolved writes to the exact bytes of one call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar, assert_never

from ligament.connectors.xero import wire
from ligament.connectors.xero.client import segment, target_for
from ligament.connectors.xero.mapping import EXTRAS, SALES_CREDIT, SALES_INVOICE, SLOTS
from ligament.core.ledgers import BooksLine, DocumentKind, DocumentStatus
from ligament.core.writes import (
    AllocationRemoval,
    AllocationWrite,
    BooksWrite,
    ContactWrite,
    DocumentWrite,
    GroupWrite,
    MembershipWrite,
    OptionWrite,
    PaymentRemoval,
    PaymentWrite,
    PreparedCall,
    Verb,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ligament.core.private import Private
    from ligament.core.records import Address

W = TypeVar("W")

BATCH = 50
LARGEST_BODY = 3_000_000
"""Bytes; of the two limits that are published the smaller is 3.5 MB (facts 2.2)."""

_JUDGE_EACH = ("summarizeErrors", "false")
_FOUR_DECIMALS = ("unitdp", "4")
_GUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_LINES_OF_ADDRESS = 4
_WRITABLE = frozenset(DocumentStatus) - {DocumentStatus.PAID, DocumentStatus.UNKNOWN}
# Creating is always PUT, which never overwrites; updating is POST with the id inside each element (facts 0.3).
_DOCUMENT_VERBS = {
    Verb.CREATE_INVOICES: ("PUT", "Invoices", DocumentKind.INVOICE),
    Verb.UPDATE_INVOICES: ("POST", "Invoices", DocumentKind.INVOICE),
    Verb.CREATE_CREDIT_NOTES: ("PUT", "CreditNotes", DocumentKind.CREDIT_NOTE),
    Verb.UPDATE_CREDIT_NOTES: ("POST", "CreditNotes", DocumentKind.CREDIT_NOTE),
}


def batch_size(verb: Verb) -> int:
    """Return how many writes one call may carry; those of one allocation call share the credit note."""
    match verb:
        case Verb.UNPAY | Verb.DEALLOCATE | Verb.ADD_OPTION | Verb.ADD_GROUP | Verb.LEAVE_GROUP:
            return 1
        case Verb.UPDATE_PARTY:
            raise ValueError("The books have no parties.")
        case _:
            return BATCH


def prepare(verb: Verb, writes: Sequence[BooksWrite]) -> PreparedCall:
    """Return the call; the same writes always give the same bytes. Raises ValueError for what cannot be one call."""
    if not 0 < len(writes) <= batch_size(verb):
        raise ValueError(f"{verb} takes 1 to {batch_size(verb)} writes, not {len(writes)}.")
    method, target, document = _request(verb, writes)
    body = wire.encode(document) if document is not None else b""
    if len(body) > LARGEST_BODY:
        raise ValueError(f"{len(body)} bytes are too many for one call: put fewer writes into it.")
    return PreparedCall(verb=verb, method=method, target=target, body=body, elements=len(writes))


def _request(verb: Verb, writes: Sequence[BooksWrite]) -> tuple[str, str, wire.Json | None]:
    match verb:
        case Verb.CREATE_CONTACTS | Verb.UPDATE_CONTACTS:
            creates = verb is Verb.CREATE_CONTACTS
            contacts = [_contact(write, creates=creates) for write in _all(writes, ContactWrite)]
            return "PUT" if creates else "POST", target_for("Contacts", (_JUDGE_EACH,)), {"Contacts": contacts}
        case Verb.ALLOCATE:
            return _allocations(_all(writes, AllocationWrite))
        case Verb.PAY:
            payments = [_payment(write) for write in _all(writes, PaymentWrite)]
            return "PUT", target_for("Payments", (_JUDGE_EACH,)), {"Payments": payments}
        case Verb.UNPAY | Verb.DEALLOCATE:
            return _removal(verb, writes)
        case Verb.ADD_OPTION:
            option = _all(writes, OptionWrite)[0]
            path = f"TrackingCategories/{segment(option.category_id)}/Options"
            # The one write whose published body is a single object without an envelope.
            return "PUT", target_for(path), {"Name": option.name}
        case Verb.ADD_GROUP:
            group = _all(writes, GroupWrite)[0]
            return "PUT", target_for("ContactGroups"), {"ContactGroups": [{"Name": group.name.reveal()}]}
        case Verb.JOIN_GROUP | Verb.LEAVE_GROUP:
            return _membership(verb, _all(writes, MembershipWrite))
        case Verb.UPDATE_PARTY:
            raise ValueError("The books have no parties.")
        case Verb.CREATE_INVOICES | Verb.UPDATE_INVOICES | Verb.CREATE_CREDIT_NOTES | Verb.UPDATE_CREDIT_NOTES:
            method, plural, kind = _DOCUMENT_VERBS[verb]
            documents = [_document(write, kind, creates=method == "PUT") for write in _all(writes, DocumentWrite)]
            return method, target_for(plural, (_JUDGE_EACH, _FOUR_DECIMALS)), {plural: documents}
        case _:
            assert_never(verb)


def _removal(verb: Verb, writes: Sequence[BooksWrite]) -> tuple[str, str, wire.Json | None]:
    if verb is Verb.UNPAY:
        removal = _all(writes, PaymentRemoval)[0]
        return "POST", target_for(f"Payments/{segment(removal.payment_id)}"), {"Status": "DELETED"}
    use = _all(writes, AllocationRemoval)[0]
    path = f"CreditNotes/{segment(use.credit_id)}/Allocations/{segment(_guid(use.allocation_id))}"
    return "DELETE", target_for(path), None


def _all(writes: Sequence[object], kind: type[W]) -> list[W]:
    fitting = [write for write in writes if isinstance(write, kind)]
    if len(fitting) != len(writes):
        raise ValueError(f"All writes of this call must be {kind.__name__}.")
    return fitting


def _contact(write: ContactWrite, *, creates: bool) -> wire.Json:
    if creates != (write.id is None):
        raise ValueError("A contact to create has no id, one to update has one.")
    texts = {"Name": write.name, "FirstName": write.first, "LastName": write.last, "EmailAddress": write.email}
    element: wire.Json = {"ContactID": write.id} if write.id is not None else {}
    if write.number is not None:
        element["ContactNumber"] = write.number
    element |= {key: text.reveal() for key, text in texts.items() if text is not None}
    element |= {EXTRAS[slot]: value.reveal() for slot, value in write.extras or ()}
    if write.phones is not None:
        # The number as typed, in one field: guessing area and country code apart would change what people see.
        element["Phones"] = [
            {
                "PhoneType": SLOTS[slot],
                "PhoneNumber": number.reveal(),
                "PhoneAreaCode": "",
                "PhoneCountryCode": "",
            }
            for slot, number in write.phones
        ]
    addresses = [
        _address(kind, address)
        for kind, address in (("STREET", write.street), ("POBOX", write.postal))
        if address is not None
    ]
    if addresses:
        element["Addresses"] = addresses
    if write.archive:
        element["ContactStatus"] = "ARCHIVED"
    return element


def _address(kind: str, held: Private[Address]) -> wire.Json:
    address = held.reveal()
    lines = [line for line in address.lines if line]
    lines = [*lines[: _LINES_OF_ADDRESS - 1], ", ".join(lines[_LINES_OF_ADDRESS - 1 :])]
    lines += [""] * (_LINES_OF_ADDRESS - len(lines))
    return {
        "AddressType": kind,
        # All parts are sent, blank ones too: slots are merged by type and would keep an old line otherwise (facts 5.1).
        **{f"AddressLine{position}": line for position, line in enumerate(lines, start=1)},
        "City": address.city,
        "Region": address.region,
        "PostalCode": address.post_code,
        # Letters only (facts 5.1).
        "Country": "".join(sign for sign in address.country if sign.isalpha() or sign == " ").strip(),
    }


def _document(write: DocumentWrite, kind: DocumentKind, *, creates: bool) -> wire.Json:
    if creates != (write.id is None) or write.kind is not kind:
        raise ValueError("The document does not fit the verb: kind, or id.")
    is_invoice = kind is DocumentKind.INVOICE
    name = "Invoice" if is_invoice else "CreditNote"
    has_lines = write.lines is not None
    parts: tuple[tuple[str, object], ...] = (
        ("Type", (SALES_INVOICE if is_invoice else SALES_CREDIT) if creates or has_lines else None),
        (f"{name}ID", write.id),
        (f"{name}Number", write.number),
        # Further nested fields would change the contact itself (facts 5.2).
        ("Contact", {"ContactID": write.contact_id} if write.contact_id is not None else None),
        ("Reference", write.reference),
        # A credit note has no link (facts 6.8): the description of one knows no such field.
        ("Url", _own_url(write.url or "") or None if is_invoice else None),
        ("Date", _day(write.on)),
        ("DueDate", _day(write.due_on) if is_invoice else None),
        ("Status", _status(write.status) if write.status is not None else None),
        ("BrandingThemeID", write.theme or None),
        ("LineAmountTypes", "Inclusive" if has_lines else None),
        ("LineItems", [_line(line) for line in write.lines] if write.lines is not None else None),
    )
    return {key: value for key, value in parts if value is not None}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _status(status: DocumentStatus) -> str:
    if status not in _WRITABLE:
        raise ValueError(f"{status} cannot be written: the books set it themselves.")
    return status.name


def _own_url(url: str) -> str:
    if "xero" in url.casefold():
        raise ValueError("A link on a document must not lead to the books themselves (facts 6.1).")
    return url


def _line(line: BooksLine) -> wire.Json:
    element: wire.Json = {"LineItemID": line.id} if line.id is not None else {}
    element["Description"] = line.text
    element["Quantity"] = wire.number(line.quantity)
    element["UnitAmount"] = wire.number(line.unit_amount)
    element["LineAmount"] = wire.number(line.amount)
    if line.account:
        element["AccountCode"] = line.account
    if line.tax_type:
        element["TaxType"] = line.tax_type
    if line.tax is not None:
        element["TaxAmount"] = wire.number(line.tax)
    if line.tracking or line.id is not None:
        element["Tracking"] = [{"Name": name, "Option": option} for name, option in line.tracking]
    return element


def _allocations(writes: Sequence[AllocationWrite]) -> tuple[str, str, wire.Json]:
    notes = {write.credit_id for write in writes}
    if len(notes) != 1:
        raise ValueError("All allocations of one call must come from the same credit note.")
    path = f"CreditNotes/{segment(notes.pop())}/Allocations"
    elements = [
        {
            "Invoice": {"InvoiceID": write.invoice_id},
            "Amount": wire.number(write.amount),
            "Date": write.on.isoformat(),
        }
        for write in writes
    ]
    return "PUT", target_for(path, (_JUDGE_EACH,)), {"Allocations": elements}


def _membership(verb: Verb, writes: Sequence[MembershipWrite]) -> tuple[str, str, wire.Json | None]:
    groups = {write.group_id for write in writes}
    if len(groups) != 1:
        raise ValueError("All contacts of one call must go into the same contact group.")
    path = f"ContactGroups/{segment(groups.pop())}/Contacts"
    if verb is Verb.LEAVE_GROUP:
        # With the contact in the path: without it Xero would take everybody out of the group (facts 5.3).
        return "DELETE", target_for(f"{path}/{segment(_guid(writes[0].contact_id))}"), None
    return "PUT", target_for(path), {"Contacts": [{"ContactID": write.contact_id} for write in writes]}


def _guid(text: str) -> str:
    if not _GUID.match(text):
        raise ValueError("What is taken away is named by its id only.")
    return text


def _payment(write: PaymentWrite) -> wire.Json:
    if (write.invoice_id is None) == (write.credit_id is None):
        raise ValueError("A payment belongs to an invoice or to a credit note.")
    element: wire.Json = (
        {"Invoice": {"InvoiceID": write.invoice_id}}
        if write.invoice_id is not None
        else {"CreditNote": {"CreditNoteID": write.credit_id}}
    )
    # Some bank accounts have no code (facts 7.1): they are named by their id.
    element["Account"] = {"AccountID" if _GUID.match(write.account) else "Code": write.account}
    element["Date"] = write.on.isoformat()
    element["Amount"] = wire.number(write.amount)
    element["Reference"] = write.reference
    return element
