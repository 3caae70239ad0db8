"""Writes with every id resolved, ready to be turned into bytes, and what comes back for each of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ligament.core.frozen import fast_frozen, maker
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import (
    BooksContact,
    BooksDocument,
    BooksLine,
    BooksPayment,
    ContactGroup,
    DocumentKind,
    DocumentStatus,
    Extras,
    PhoneSlot,
    TrackingOption,
)
from ligament.core.private import Private
from ligament.core.records import Address, Party, Phone


class Verb(StrEnum):
    """What a call to an outside system does; all elements of one call share the verb."""

    CREATE_CONTACTS = "create_contacts"
    UPDATE_CONTACTS = "update_contacts"
    CREATE_INVOICES = "create_invoices"
    UPDATE_INVOICES = "update_invoices"
    CREATE_CREDIT_NOTES = "create_credit_notes"
    UPDATE_CREDIT_NOTES = "update_credit_notes"
    ALLOCATE = "allocate"
    PAY = "pay"
    UNPAY = "unpay"
    DEALLOCATE = "deallocate"
    ADD_OPTION = "add_option"
    ADD_GROUP = "add_group"
    JOIN_GROUP = "join_group"
    LEAVE_GROUP = "leave_group"
    UPDATE_PARTY = "update_party"


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWrite:
    """A contact to create (`id` None) or to update; a field that is None is left as it is."""

    id: BooksId | None = None
    number: str | None = None
    name: Private[str] | None = None
    first: Private[str] | None = None
    last: Private[str] | None = None
    email: Private[str] | None = None
    phones: tuple[tuple[PhoneSlot, Private[str]], ...] | None = None
    street: Private[Address] | None = None
    postal: Private[Address] | None = None
    extras: Extras | None = None
    archive: bool = False


new_contact_write = maker(ContactWrite)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentWrite:
    """An invoice or credit note to create (`id` None) or to update; a field that is None is left as it is.

    A status change alone (void, delete a draft) has `id`, `number` and `status` only.
    """

    id: BooksId | None = None
    kind: DocumentKind
    number: str
    contact_id: BooksId | None = None
    reference: str | None = None
    url: str | None = None
    on: date | None = None
    due_on: date | None = None
    status: DocumentStatus | None = None
    lines: tuple[BooksLine, ...] | None = None
    theme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationWrite:
    """Credit of one note to use on one invoice."""

    credit_id: BooksId
    invoice_id: BooksId
    amount: Decimal
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentWrite:
    """A payment on one invoice, or a refund of one credit note; exactly one of the two ids is given."""

    invoice_id: BooksId | None = None
    credit_id: BooksId | None = None
    account: str
    on: date
    amount: Decimal
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRemoval:
    """A payment of ours to take back."""

    payment_id: BooksId
    invoice_id: BooksId


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationRemoval:
    """Credit to take off an invoice again."""

    credit_id: BooksId
    allocation_id: BooksId


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionWrite:
    """A tracking option to add to a category."""

    category_id: BooksId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWrite:
    """A contact group to make."""

    name: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipWrite:
    """A contact to put into a contact group, or to take out of it; all of one call share the group."""

    group_id: BooksId
    contact_id: BooksId


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyWrite:
    """Fields of a patient to change in the practice; None is left as it is. Nothing else is ever written there."""

    id: SourceId
    first: Private[str] | None = None
    last: Private[str] | None = None
    email: Private[str] | None = None
    phones: tuple[Phone, ...] | None = None
    address: Private[Address] | None = None
    foreign_reference: str | None = None


BooksWrite = (
    ContactWrite
    | DocumentWrite
    | AllocationWrite
    | PaymentWrite
    | PaymentRemoval
    | AllocationRemoval
    | OptionWrite
    | GroupWrite
    | MembershipWrite
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCall:
    """One write as it will leave: exact bytes, never built again. `target` is the path with its query."""

    verb: Verb
    method: str
    target: str
    body: bytes
    elements: int


class ElementVerdict(StrEnum):
    """How one element of a call ended; taken off: it was done, and a person undid it before we learnt of it."""

    DONE = "done"
    TAKEN_OFF = "taken_off"
    REFUSED = "refused"


Written = BooksContact | BooksDocument | BooksPayment | TrackingOption | ContactGroup | Party | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementResult:
    """The answer for one element, in the order of the call.

    `result` is the record as the system holds it now, where the answer shows it; `refusals` are the system's own
    words, classified by `code` (see `RefusalCode`).
    """

    verdict: ElementVerdict
    result: Written = None
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    code: str = ""


class Detail(StrEnum):
    """The details of a contact that can be left out when the books refuse them."""

    EMAIL = "email"
    PHONES = "phones"
    ADDRESS = "address"
    ACCOUNT_NUMBER = "account_number"
    TAX_NUMBER = "tax_number"
    COMPANY_NUMBER = "company_number"


BAD_DETAIL = "bad_detail/"
"""How the code of a refusal begins that names details other than the e-mail: their labels follow, with plus signs."""


def bad_details(details: Collection[Detail]) -> str:
    """Return the code of a refusal of some details."""
    if set(details) == {Detail.EMAIL}:
        return RefusalCode.BAD_EMAIL.value
    return BAD_DETAIL + "+".join(sorted(detail.value for detail in details))


def refused_details(words: str) -> frozenset[str]:
    """Return the labels of the details that a kept refusal names; its code stands before the first colon."""
    code = words.partition(":")[0]
    if code == RefusalCode.BAD_EMAIL.value:
        return frozenset({Detail.EMAIL.value})
    return frozenset(code.removeprefix(BAD_DETAIL).split("+")) if code.startswith(BAD_DETAIL) else frozenset()


class RefusalCode(StrEnum):
    """What a refusal means for us; the connector sorts the vendor's words into these."""

    NAME_TAKEN = "name_taken"
    NUMBER_TAKEN = "number_taken"
    CONTACT_NUMBER_TAKEN = "contact_number_taken"
    ARCHIVED_CONTACT = "archived_contact"
    WRONG_STATE = "wrong_state"
    HAS_MONEY = "has_money"
    LOCKED = "locked"
    OVERPAID = "overpaid"
    NOT_AUTHORISED_YET = "not_authorised_yet"
    MAPPING = "mapping"
    BAD_EMAIL = "bad_email"
    PLAN_LIMIT = "plan_limit"
    SETUP = "setup"
    NOT_FOUND = "not_found"
    OTHER = "other"
