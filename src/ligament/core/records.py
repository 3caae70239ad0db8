"""What the practice says, normalised: parties, invoices with lines, visits and the places and people behind them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ligament.core.frozen import fast_frozen
from ligament.core.ids import SourceId
from ligament.core.money import ZERO
from ligament.core.private import NOTHING, Private


class PartyKind(StrEnum):
    """Who can owe money: the person treated, or an organisation that pays for people."""

    PATIENT = "patient"
    PAYER = "payer"


class PhoneKind(StrEnum):
    """The kinds of telephone number a practice keeps."""

    MOBILE = "mobile"
    HOME = "home"
    WORK = "work"
    FAX = "fax"
    OTHER = "other"


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One telephone number as typed."""

    kind: PhoneKind
    number: Private[str]


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; `country` is the English name."""

    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    post_code: str = ""
    country: str = ""

    def is_blank(self) -> bool:
        """Say whether nothing but perhaps the country is known."""
        return not (any(self.lines) or self.city or self.post_code)


NO_ADDRESS: Private[Address] = Private(Address())


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A patient or a third-party payer.

    `removed_at` is set when the record is archived or deleted; `merged_into` names the survivor of a merge;
    `revision` changes whenever the row changes; `country_code` is ISO 3166-1 alpha-2 or empty;
    `custom` holds the chosen custom fields by token; `defect` says in a sentence what could not be understood.
    Of the vendor's record nothing else is ever kept.
    """

    id: SourceId
    kind: PartyKind
    first: Private[str] = NOTHING
    last: Private[str] = NOTHING
    preferred: Private[str] = NOTHING
    company: Private[str] = NOTHING
    email: Private[str] = NOTHING
    phones: tuple[Phone, ...] = ()
    address: Private[Address] = NO_ADDRESS
    country_code: str = ""
    concession: str = ""
    invoice_to: Private[str] = NOTHING
    invoice_email: Private[str] = NOTHING
    foreign_reference: str = ""
    custom: tuple[tuple[str, Private[str]], ...] = ()
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None = None
    deleted: bool = False
    merged_into: SourceId | None = None
    defect: str = ""
    revision: str = ""

    def full_name(self) -> str:
        """Return the name in clear: the company of a payer, else first and last name."""
        if self.kind is PartyKind.PAYER and self.company:
            return self.company.reveal().strip()
        return f"{self.first.reveal()} {self.last.reveal()}".strip()


class InvoiceStatus(StrEnum):
    """Where an invoice stands in the practice; UNKNOWN is a status we have never heard of."""

    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"
    OPEN_CREDIT = "open_credit"
    UNKNOWN = "unknown"


_OPEN_CREDIT = InvoiceStatus.OPEN_CREDIT
"""Asked for more often than anything else, and looking into a class takes ten times as long as into a module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount as the desk gave it: a percentage, or an amount of money."""

    value: Decimal
    is_money: bool


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an invoice.

    `total` includes tax after discount, as exact as the practice gives it; `unit_price` excludes tax when
    `price_excludes_tax`; `tax_rate` is a percentage and None together with an empty `tax_name` for no tax. Where the
    name was erased with a person, `sealed_name` is its keyed digest: the item is known by it, and nobody is named.
    """

    id: SourceId
    invoice_id: SourceId
    item_id: SourceId | None = None
    code: str = ""
    name: str = ""
    sealed_name: str = ""
    quantity: Decimal
    unit_price: Decimal
    discount: Discount | None = None
    tax_name: str = ""
    tax_rate: Decimal | None = None
    total: Decimal
    price_excludes_tax: bool = False
    concession: str = ""
    removed: bool = False
    defect: str = ""
    revision: str = ""


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice or a credit note of the practice, with its lines in order.

    `issued_on` is already a local calendar date; `total` and `tax` are the header's amounts including tax;
    `addressee` is the free-text block it is addressed to; `price_excludes_tax` belongs to the calculation method;
    `defect` says in a sentence what could not be understood and is empty otherwise.
    """

    id: SourceId
    number: str
    issued_on: date
    status: InvoiceStatus
    status_text: str = ""
    closed_at: datetime | None = None
    total: Decimal
    tax: Decimal
    party_id: SourceId | None = None
    practitioner_id: SourceId | None = None
    location_id: SourceId | None = None
    visit_id: SourceId | None = None
    booking_id: SourceId | None = None
    original_id: SourceId | None = None
    addressee: Private[str] = NOTHING
    price_excludes_tax: bool = False
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None = None
    web_url: str = ""
    defect: str = ""
    lines: tuple[Line, ...] = ()
    revision: str = ""

    def is_untraced(self) -> bool:
        """Say whether it is in no list any more and not there by its id, so that nobody said what became of it."""
        return self.removed_at is not None and self.revision == GONE

    def state(self) -> str:
        """Return how it stands in the practice, in one word; one that was removed is not what its last status says."""
        if self.removed_at is None:
            return self.status.value
        return "gone" if self.is_untraced() else "archived"

    def is_credit(self) -> bool:
        """Say whether it reads as a credit note: open credit, a reversal, or a total below zero."""
        return self.status is _OPEN_CREDIT or self.original_id is not None or self.total < ZERO

    def is_used_on(self, original: Invoice) -> bool:
        """Say whether this credit note was used, as far as it and its original tell; an open credit was not."""
        used = {InvoiceStatus.CLOSED, InvoiceStatus.PAID}
        return self.status in used or original.status is InvoiceStatus.CLOSED

    def with_lines(self, lines: tuple[Line, ...]) -> Invoice:
        """Return the same invoice with the lines that still count; a line that makes no sense makes it make none."""
        counting = tuple(line for line in lines if not line.removed)
        defect = self.defect or next((line.defect for line in counting if line.defect), "")
        return replace(self, lines=counting, defect=defect)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One person's place on one appointment, with what it would be charged.

    `id` is the attendee's; `arrived` is None when nobody recorded it; `charges` are priced for the person.
    """

    id: SourceId
    booking_id: SourceId
    party_id: SourceId | None = None
    practitioner_id: SourceId | None = None
    location_id: SourceId | None = None
    in_group: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    arrived: bool | None = None
    cancelled_at: datetime | None = None
    removed: bool = False
    charges: tuple[Line, ...] = ()
    updated_at: datetime
    defect: str = ""
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place where the practice works; `zone` is an IANA name or empty."""

    id: SourceId
    name: str
    zone: str = ""
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practitioner:
    """Somebody who treats; `email` is that of the practitioner's user, when there is one."""

    id: SourceId
    name: str
    email: Private[str] = NOTHING
    active: bool = True
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeSettings:
    """What the practice's own settings say that matters here.

    `native_link_on`: the vendor's own link to the books is switched on; `web_base` builds links for people;
    `account_id` and `subdomain` say whose practice it is.
    """

    name: str = ""
    country_code: str = ""
    native_link_on: bool = False
    web_base: str = ""
    account_id: str = ""
    subdomain: str = ""
    revision: str = ""


PracticeRecord = Party | Invoice | Line | Visit | Location | Practitioner | PracticeSettings


GONE = "gone"
"""The revision under which a record is kept that is certainly gone: nothing that is shown has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A record that is certainly gone from the practice: asked for by its id and not there."""

    kind: str
    id: SourceId
    revision: str = field(default=GONE)
