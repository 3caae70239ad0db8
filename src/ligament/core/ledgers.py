"""What the books hold: contacts, documents with lines and money, and the chart behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ligament.core.folding import folded
from ligament.core.frozen import fast_frozen, maker
from ligament.core.ids import BooksId
from ligament.core.money import ZERO
from ligament.core.periods import Locks
from ligament.core.private import NOTHING, Private
from ligament.core.records import NO_ADDRESS, Address


class ContactStatus(StrEnum):
    """Whether a contact can be used; ERASED is one removed for privacy."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    ERASED = "erased"


class PhoneSlot(StrEnum):
    """The four places for a telephone number on a contact of the books."""

    DEFAULT = "default"
    DIRECT = "direct"
    MOBILE = "mobile"
    FAX = "fax"


class ExtraSlot(StrEnum):
    """Further numbers on a contact of the books, which can hold custom fields of the practice."""

    ACCOUNT_NUMBER = "account_number"
    TAX_NUMBER = "tax_number"
    COMPANY_NUMBER = "company_number"


Extras = tuple[tuple[ExtraSlot, Private[str]], ...]


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class BooksContact:
    """A contact of the books; `number` is our cross-reference or somebody else's; `phones` as typed by slot.

    `groups` are the contact groups it was a member of when it was last read; `defect` says in a sentence what about it
    could not be understood, and is empty otherwise.
    """

    id: BooksId
    number: str = ""
    name: Private[str] = NOTHING
    first: Private[str] = NOTHING
    last: Private[str] = NOTHING
    email: Private[str] = NOTHING
    phones: tuple[tuple[PhoneSlot, Private[str]], ...] = ()
    street: Private[Address] = NO_ADDRESS
    postal: Private[Address] = NO_ADDRESS
    extras: Extras = ()
    groups: tuple[BooksId, ...] = ()
    status: ContactStatus = ContactStatus.ACTIVE
    merged_into: BooksId | None = None
    updated_at: datetime
    defect: str = ""

    def phone(self, slot: PhoneSlot) -> Private[str]:
        """Return the number in a slot, or nothing."""
        return next((number for held, number in self.phones if held is slot), NOTHING)

    def further(self, slot: ExtraSlot) -> Private[str]:
        """Return a further number, or nothing."""
        return next((value for held, value in self.extras if held is slot), NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange:
    """Who last changed a record of the books, as its history tells; `by` is blank for a program."""

    by: Private[str] = NOTHING
    at: datetime


class DocumentKind(StrEnum):
    """The two documents we post."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class DocumentStatus(StrEnum):
    """Where a document of the books stands; UNKNOWN is a status we have never heard of."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    AUTHORISED = "authorised"
    PAID = "paid"
    VOIDED = "voided"
    DELETED = "deleted"
    UNKNOWN = "unknown"

    def is_gone(self) -> bool:
        """Say whether the document no longer counts."""
        return self in _GONE

    def is_draft(self) -> bool:
        """Say whether a person still has to approve it."""
        return self in _DRAFTS


_GONE = frozenset({DocumentStatus.VOIDED, DocumentStatus.DELETED})
_DRAFTS = frozenset({DocumentStatus.DRAFT, DocumentStatus.SUBMITTED})


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class BooksLine:
    """One line of a document; amounts include tax; `tracking` pairs category and option, sorted by category."""

    id: BooksId | None = None
    text: str
    quantity: Decimal
    unit_amount: Decimal
    amount: Decimal
    account: str
    tax_type: str
    tax: Decimal | None = None
    tracking: tuple[tuple[str, str], ...] = ()


new_books_line = maker(BooksLine)


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class BooksPayment:
    """Money on a document; `reconciled` is None where the reading does not tell."""

    id: BooksId
    on: date
    amount: Decimal
    reference: str = ""
    account: str = ""
    deleted: bool = False
    reconciled: bool | None = None


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class BooksAllocation:
    """Credit used on an invoice; seen from either side, `other_id` is the document on the other side."""

    other_id: BooksId
    amount: Decimal
    on: date | None = None
    id: BooksId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksReceipt:
    """Money received that somebody coded straight to accounts, without a document; `accounts` are codes or ids."""

    id: BooksId
    on: date
    amount: Decimal
    accounts: tuple[str, ...] = ()


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class BooksDocument:
    """An invoice or credit note of the books; `open_amount` is what is due on it, or the credit left.

    `inclusive` says that line amounts include tax, as ours always do; `defect` says what could not be understood.
    """

    id: BooksId
    kind: DocumentKind
    number: str
    contact_id: BooksId
    reference: str = ""
    url: str = ""
    on: date
    due_on: date | None = None
    status: DocumentStatus
    lines: tuple[BooksLine, ...] = ()
    total: Decimal
    tax: Decimal
    open_amount: Decimal = ZERO
    payments: tuple[BooksPayment, ...] = ()
    allocations: tuple[BooksAllocation, ...] = ()
    inclusive: bool = True
    updated_at: datetime
    defect: str = ""

    def hides_its_money(self) -> bool:
        """Say whether money was used on it though no payment and no credit is listed: some answers leave them out."""
        is_used = self.open_amount != self.total and not self.status.is_gone()
        return is_used and not self.payments and not self.allocations

    def has_money(self) -> bool:
        """Say whether a payment or a credit stands on it."""
        return any(not payment.deleted for payment in self.payments) or bool(self.allocations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the chart; `system` names a role such as rounding or debtors, or is empty.

    `account_class` is the vendor's class in lower case: asset, equity, expense, liability or revenue. `abroad` is the
    currency of a bank account that is kept in another one than the books.
    """

    id: BooksId
    code: str
    name: str
    account_class: str
    is_bank: bool = False
    takes_payments: bool = False
    active: bool = True
    system: str = ""
    tax_type: str = ""
    abroad: str = ""

    @property
    def key(self) -> str:
        """Return how the books are told of it: its code, or its id where it has none, as a bank account may."""
        return self.code or str(self.id)

    @property
    def called(self) -> str:
        """Return how people are told of it: its code, or its name where it has none."""
        return self.code or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate:
    """A tax rate of the books; `rate` is a percentage; `applies_to` holds account classes in lower case."""

    tax_type: str
    name: str
    rate: Decimal
    active: bool = True
    applies_to: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingOption:
    """One choice of a tracking category; `formerly` holds what it was called when the chart was read before."""

    id: BooksId
    name: str
    active: bool = True
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingCategory:
    """A tracking category with its options."""

    id: BooksId
    name: str
    active: bool = True
    options: tuple[TrackingOption, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksUser:
    """Somebody who may sign in to the books."""

    id: BooksId
    name: Private[str] = NOTHING
    email: Private[str] = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """The organisation the books belong to."""

    id: BooksId
    name: str
    country_code: str = ""
    currency: str = ""
    pays_tax: bool = True
    locks: Locks = field(default_factory=Locks)
    zone_name: str = ""
    is_demo: bool = False
    short_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactGroup:
    """A named set of contacts of the books; `formerly` holds what it was called when the chart was read before."""

    id: BooksId
    name: str
    active: bool = True
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Accounts, tax rates, tracking and contact groups of the books as last read; `groups` None was never read."""

    accounts: tuple[Account, ...] = ()
    tax_rates: tuple[TaxRate, ...] = ()
    tracking: tuple[TrackingCategory, ...] = ()
    groups: tuple[ContactGroup, ...] | None = None

    def account(self, named: str) -> Account | None:
        """Return the account that has this code, id or name, in this order; names without case and blanks (C45)."""
        found = next((account for account in self.accounts if named and account.code == named), None)
        if found is not None or not named:
            return found
        wanted = folded(named)
        by_id = (account for account in self.accounts if account.id.casefold() == wanted)
        called = [account for account in self.accounts if folded(account.name) == wanted]
        by_name = sorted(called, key=lambda account: not account.active)
        return next((account for account in (*by_id, *by_name)), None)

    def tax_rate(self, tax_type: str) -> TaxRate | None:
        return next((rate for rate in self.tax_rates if rate.tax_type == tax_type), None)

    def category(self, name: str) -> TrackingCategory | None:
        """Return the active tracking category with that name, compared without case, or nothing."""
        wanted = name.casefold()
        return next((c for c in self.tracking if c.active and c.name.casefold() == wanted), None)

    def group(self, name: str) -> ContactGroup | None:
        """Return the active contact group with that name, compared without case and blanks, or nothing."""
        wanted = folded(name)
        return next((g for g in self.groups or () if g.active and folded(g.name) == wanted), None)

    def renamed_group(self, name: str) -> ContactGroup | None:
        """Return the one active contact group that had that name before, or nothing."""
        wanted = folded(name)
        active = (group for group in self.groups or () if group.active)
        found = [group for group in active if wanted in map(folded, group.formerly)]
        return found[0] if len(found) == 1 else None

    def system_account(self, role: str) -> Account | None:
        """Return the active account that plays a system role such as `ROUNDING`."""
        return next((a for a in self.accounts if a.active and a.system.upper() == role.upper()), None)
