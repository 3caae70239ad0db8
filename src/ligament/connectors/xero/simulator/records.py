"""The records that one Xero organisation holds; all are values, a change makes a new one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

ZERO = Decimal("0.00")
ZERO_GUID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """The organisation itself; `organisation_id` is also the tenant id."""

    organisation_id: str
    name: str
    version: str = "AU"
    base_currency: str = "AUD"
    country_code: str = "AU"
    timezone: str = "AUSEASTERNSTANDARDTIME"
    zone: str = "Australia/Sydney"
    pays_tax: bool = True
    is_demo: bool = False
    period_lock_on: date | None = None
    year_lock_on: date | None = None
    user_is_adviser: bool = False
    refused_actions: frozenset[str] = frozenset()
    short_code: str = "!23eYt"
    currencies: tuple[str, ...] = ()
    invoice_limit: int | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One line of the chart of accounts."""

    account_id: str = ""
    code: str
    name: str
    type: str
    tax_type: str = "BASEXCLUDED"
    enable_payments: bool = False
    system_account: str = ""
    status: str = "ACTIVE"
    bank_account_number: str = ""
    currency: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate:
    """One tax rate; `rate` is a percentage, `applies_to` names account classes."""

    tax_type: str
    name: str
    rate: Decimal
    applies_to: frozenset[str]
    status: str = "ACTIVE"
    report_tax_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingOption:
    """One choice within a tracking category."""

    option_id: str = ""
    name: str
    status: str = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingCategory:
    """One way of tracking, with its options in order."""

    category_id: str = ""
    name: str
    status: str = "ACTIVE"
    options: tuple[TrackingOption, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with access to the organisation."""

    user_id: str = ""
    email: str
    first_name: str
    last_name: str
    role: str = "ADMIN"
    is_subscriber: bool = False
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandingTheme:
    """A look for printed documents."""

    theme_id: str = ""
    name: str = "Standard"
    sort_order: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A customer or supplier; addresses and phones are slots by type, `extra` keeps plain text fields."""

    contact_id: str
    name: str
    number: str = ""
    account_number: str = ""
    status: str = "ACTIVE"
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    persons: tuple[Mapping[str, object], ...] = ()
    addresses: Mapping[str, Mapping[str, str]]
    phones: Mapping[str, Mapping[str, str]]
    extra: Mapping[str, object]
    touched_by_api: bool = True
    merged_to: str = ""
    is_customer: bool = False
    is_supplier: bool = False
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactGroup:
    """A named set of contacts."""

    group_id: str
    name: str
    status: str = "ACTIVE"
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a document; amounts are rounded as Xero stores them."""

    line_id: str
    description: str
    quantity: Decimal | None = None
    unit_amount: Decimal | None = None
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None
    line_amount: Decimal = ZERO
    tax_amount: Decimal = ZERO
    tax_type: str = ""
    account_id: str = ""
    item_code: str = ""
    tracking: tuple[tuple[str, str], ...] = ()
    """Pairs of tracking category id and option id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An invoice, a credit note, a prepayment or an overpayment; they share lines, totals and states."""

    document_id: str
    type: str
    number: str = ""
    reference: str = ""
    url: str = ""
    contact_id: str
    dated_on: date
    due_on: date | None = None
    expected_on: date | None = None
    status: str = "DRAFT"
    line_amount_types: str = "Exclusive"
    lines: tuple[Line, ...] = ()
    sub_total: Decimal = ZERO
    total_tax: Decimal = ZERO
    total: Decimal = ZERO
    total_discount: Decimal = ZERO
    amount_paid: Decimal = ZERO
    amount_credited: Decimal = ZERO
    """For a credit: what was allocated. For an invoice: what credits covered."""
    fully_paid_on: date | None = None
    currency: str = "AUD"
    currency_rate: Decimal = Decimal("1.0000000000")
    branding_theme_id: str = ""
    sent_to_contact: bool = False
    payment_ids: tuple[str, ...] = ()
    allocation_ids: tuple[str, ...] = ()
    created_by_client: str = ""
    created_at: datetime
    updated_at: datetime

    @property
    def outstanding(self) -> Decimal:
        """What is still owed, or of a credit, what is left of it."""
        return self.total - self.amount_paid - self.amount_credited

    @property
    def has_money_on_it(self) -> bool:
        """Whether a payment, refund or allocation stands on the document."""
        return bool(self.amount_paid or self.amount_credited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received for an invoice or given back from a credit; `target` names the table of the document."""

    payment_id: str
    target: str
    document_id: str
    account_id: str
    paid_on: date
    amount: Decimal
    reference: str = ""
    payment_type: str = "ACCRECPAYMENT"
    status: str = "AUTHORISED"
    is_reconciled: bool = False
    batch_id: str = ""
    currency_rate: Decimal = Decimal("1.0000000000")
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """Money that a person coded straight from the bank statement to an account, without any document."""

    line_id: str
    bank_account_id: str
    account_id: str
    on: date
    amount: Decimal
    reference: str = ""
    status: str = "AUTHORISED"
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPayment:
    """Several payments that show as one line at the bank."""

    batch_id: str
    account_id: str
    paid_on: date
    payment_ids: tuple[str, ...]
    amount: Decimal
    type: str = "RECBATCH"
    status: str = "AUTHORISED"
    texts: Mapping[str, str]
    is_reconciled: bool = False
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """A part of a credit put against an invoice; `source` names the table of the credit."""

    allocation_id: str
    source: str
    source_id: str
    invoice_id: str
    amount: Decimal
    allocated_on: date
    is_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryNote:
    """One entry of a document's history."""

    details: str
    user: str
    changes: str
    noted_at: datetime
