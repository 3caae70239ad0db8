"""What goes over the wire: lenient records of the vendor's JSON, exact numbers, and its two date forms."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from ligament.connectors.xero import instants
from ligament.connectors.xero.parsing import parsed
from ligament.connectors.xero.salvage import ODD, salvaged, tidy
from ligament.connectors.xero.wire_forms import Judged, Pagination, Priced, Wire

R = TypeVar("R")
Json = dict[str, object]

ZERO_GUID = "00000000-0000-0000-0000-000000000000"


Unreadable = instants.Unreadable
instant, day, optional_day = instants.instant, instants.day, instants.optional_day


class Misshapen(Unreadable):
    """A body is JSON, but not of the shape the vendor describes."""


class Phone(Wire, frozen=True):
    """One of four telephone slots."""

    phone_type: str = ""
    phone_number: str = ""
    phone_area_code: str = ""
    phone_country_code: str = ""


class Address(Wire, frozen=True):
    """One of two addresses."""

    address_type: str = ""
    address_line1: str = ""
    address_line2: str = ""
    address_line3: str = ""
    address_line4: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


class ContactGroup(Judged, frozen=True):
    """A contact group; on a contact only its id, name and status are there."""

    contact_group_id: str = ""
    name: str = ""
    status: str = ""


class Contact(Judged, frozen=True):
    """A contact; in documents only its id and name are there."""

    contact_id: str = ""
    contact_number: str = ""
    account_number: str = ""
    tax_number: str = ""
    company_number: str = ""
    contact_status: str = ""
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    email_address: str = ""
    phones: tuple[Phone, ...] = ()
    addresses: tuple[Address, ...] = ()
    contact_groups: tuple[ContactGroup, ...] = ()
    merged_to_contact_id: str = ""
    updated_date_utc: str = ""
    odd: str = msgspec.field(default="", name=ODD)


class Tracking(Wire, frozen=True):
    """The option that a line has in one category."""

    name: str = ""
    option: str = ""


class LineItem(Wire, frozen=True):
    """One line of a document."""

    line_item_id: str = ""
    description: str = ""
    quantity: Decimal | None = None
    unit_amount: Decimal | None = None
    line_amount: Decimal | None = None
    tax_amount: Decimal | None = None
    tax_type: str = ""
    account_code: str = ""
    account_id: str = ""
    tracking: tuple[Tracking, ...] = ()


class AccountRef(Wire, frozen=True):
    """The account of a payment."""

    account_id: str = ""
    code: str = ""


class DocumentRef(Wire, frozen=True):
    """The document that a payment or an allocation belongs to."""

    invoice_id: str = ""
    credit_note_id: str = ""
    type: str = ""


class Payment(Judged, frozen=True):
    """A payment, alone or inside a document."""

    payment_id: str = ""
    date: str = ""
    amount: Decimal | None = None
    reference: str = ""
    status: str = ""
    is_reconciled: bool | None = None
    account: AccountRef | None = None
    invoice: DocumentRef | None = None
    credit_note: DocumentRef | None = None


class Allocation(Judged, frozen=True):
    """Credit of a note used on an invoice, as the note shows it."""

    allocation_id: str = ""
    amount: Decimal | None = None
    date: str = ""
    is_deleted: bool = False
    invoice: DocumentRef | None = None


class AppliedCredit(Wire, frozen=True):
    """Credit used on an invoice, as the invoice shows it."""

    credit_note_id: str = ""
    applied_amount: Decimal | None = None
    date: str = ""


class Document(Priced, frozen=True):
    """An invoice or a credit note: the two share almost all fields."""

    type: str = ""
    invoice_id: str = ""
    invoice_number: str = ""
    credit_note_id: str = ""
    credit_note_number: str = ""
    contact: Contact | None = None
    reference: str = ""
    url: str = ""
    date: str = ""
    date_string: str = ""
    due_date: str = ""
    due_date_string: str = ""
    status: str = ""
    line_amount_types: str = ""
    line_items: tuple[LineItem, ...] = ()
    total: Decimal | None = None
    total_tax: Decimal | None = None
    amount_due: Decimal | None = None
    remaining_credit: Decimal | None = None
    payments: tuple[Payment, ...] = ()
    credit_notes: tuple[AppliedCredit, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    updated_date_utc: str = ""
    odd: str = msgspec.field(default="", name=ODD)


class Account(Wire, frozen=True):
    """An account of the chart."""

    account_id: str = ""
    code: str = ""
    name: str = ""
    type: str = ""
    class_: str = msgspec.field(default="", name="Class")
    status: str = ""
    tax_type: str = ""
    system_account: str = ""
    currency_code: str = ""
    enable_payments_to_account: bool = False


class TaxComponent(Wire, frozen=True):
    """A part of a tax rate."""

    rate: Decimal | None = None


class TaxRate(Wire, frozen=True):
    """A tax rate with the account classes it may be used on."""

    name: str = ""
    tax_type: str = ""
    status: str = ""
    effective_rate: Decimal | None = None
    tax_components: tuple[TaxComponent, ...] = ()
    can_apply_to_assets: bool = False
    can_apply_to_equity: bool = False
    can_apply_to_expenses: bool = False
    can_apply_to_liabilities: bool = False
    can_apply_to_revenue: bool = False


class TrackingOption(Judged, frozen=True):
    """One choice of a tracking category."""

    tracking_option_id: str = ""
    name: str = ""
    status: str = ""


class TrackingCategory(Wire, frozen=True):
    """A tracking category with its options."""

    tracking_category_id: str = ""
    name: str = ""
    status: str = ""
    options: tuple[TrackingOption, ...] = ()


class User(Wire, frozen=True):
    """Somebody who may sign in."""

    user_id: str = ""
    first_name: str = ""
    last_name: str = ""
    email_address: str = ""


class Organisation(Wire, frozen=True):
    """The organisation with its lock dates."""

    organisation_id: str = ""
    name: str = ""
    country_code: str = ""
    base_currency: str = ""
    pays_tax: bool = True
    timezone: str = ""
    is_demo_company: bool = False
    short_code: str = ""
    period_lock_date: str = ""
    end_of_year_lock_date: str = ""


class HistoryRecord(Wire, frozen=True):
    """One entry of a record's history; what was changed is free text, which is not read."""

    changes: str = ""
    user: str = ""
    date_utc: str = ""


class BankTransaction(Priced, frozen=True):
    """Money received or spent that was coded straight to accounts."""

    bank_transaction_id: str = ""
    date: str = ""
    total: Decimal | None = None
    line_items: tuple[LineItem, ...] = ()


class Envelope(Wire, frozen=True):
    """The frame round every answer: one of the lists is filled."""

    date_time_utc: str = ""
    pagination: Pagination | None = msgspec.field(default=None, name="pagination")
    contacts: tuple[Contact, ...] = ()
    invoices: tuple[Document, ...] = ()
    credit_notes: tuple[Document, ...] = ()
    payments: tuple[Payment, ...] = ()
    bank_transactions: tuple[BankTransaction, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    accounts: tuple[Account, ...] = ()
    tax_rates: tuple[TaxRate, ...] = ()
    tracking_categories: tuple[TrackingCategory, ...] = ()
    options: tuple[TrackingOption, ...] = ()
    contact_groups: tuple[ContactGroup, ...] = ()
    users: tuple[User, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    history_records: tuple[HistoryRecord, ...] = ()


class Fault(Wire, frozen=True):
    """The body of a refusal: the validation form or the gateway's problem form (facts 8.2 and 8.3)."""

    error_number: int = 0
    type: str = ""
    message: str = ""
    title: str = ""
    detail: str = ""
    elements: tuple[Judged, ...] = ()


SHAPES: tuple[type[msgspec.Struct], ...] = (Envelope, Fault, Priced)
"""What bodies are read as, so that all can be prepared before threads share them; they lead to every other shape."""


def decode(body: bytes, shape: type[R]) -> R:
    """Read a body leniently; raises Unreadable when it is not JSON or not of that shape."""
    try:
        raw, is_odd = parsed(body)
        try:
            return _converted(salvaged(raw, _kind_of) if is_odd else raw, shape)
        except msgspec.ValidationError:
            return _converted(salvaged(raw, _kind_of), shape)
    except msgspec.ValidationError:  # neither the value nor the message is repeated: both may hold a name
        raise Misshapen(f"{len(body)} bytes that are not {shape.__name__}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError, ValueError) as problem:
        raise Unreadable(f"{len(body)} bytes that are not JSON: {type(problem).__name__}") from None


def _converted(raw: object, shape: type[R]) -> R:
    return msgspec.convert(tidy(raw), shape, strict=False)


def _kind_of(row: Mapping[str, object]) -> type[msgspec.Struct] | None:
    """Return what a row of a list is, of the kinds that can be kept although they make no sense."""
    if {"InvoiceID", "CreditNoteID"} & row.keys():
        return Document
    return Contact if "ContactID" in row else None


def encode(document: object) -> bytes:
    """Write a document as JSON: keys in their given order, numbers digit for digit, UTF-8."""
    return msgspec.json.Encoder(decimal_format="number").encode(document)


def number(amount: Decimal) -> Decimal:
    """Return the amount in the form that prints without an exponent; raises ValueError for NaN and infinity."""
    if not amount.is_finite():
        raise ValueError("Only finite amounts can be written.")
    return Decimal(format(amount, "f"))


def is_zero(guid: str) -> bool:
    """Say whether there is no id: absent, or the zero GUID that failed elements carry."""
    return guid in {"", ZERO_GUID}
