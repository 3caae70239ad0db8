"""Cross-references between the practice and the books, and what was last agreed on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from ligament.core.frozen import fast_frozen, maker
from ligament.core.ids import BooksId
from ligament.core.intents import DocumentIntent, Subject
from ligament.core.ledgers import BooksLine, BooksPayment, DocumentKind, Extras, PhoneSlot
from ligament.core.private import NOTHING, Private
from ligament.core.records import Address

T = TypeVar("T")
K = TypeVar("K")
Phones = tuple[tuple[PhoneSlot, Private[str]], ...]


class Origin(StrEnum):
    """How a pair came to be: made by us, found and taken over, or posted by an earlier link between the systems."""

    MADE = "made"
    ADOPTED = "adopted"
    HISTORY = "history"


class Role(StrEnum):
    """What a document is to its record: the document itself, or an adjustment of one that money was on."""

    MAIN = "main"
    ADJUSTMENT = "adjustment"


class Reason(StrEnum):
    """What put a contact into a group: what its own record says, or a document that was billed to it."""

    RECORD = "record"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A contact group that we put a contact into; `name` is what the rulebook or the custom field called it."""

    group_id: BooksId
    name: Private[str]
    reason: Reason = Reason.RECORD


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedFields:
    """The values both systems last agreed on; None was never agreed; `refused` is an e-mail the books found invalid.

    `groups` are the contact groups that we put the contact into; those that people chose are never among them.
    `another` names the fields in which a contact that survived a merge brought details of its own. `left_out` gives
    the details that the books refused, by their labels, with the values they had. `emptied` names the fields of which
    one side was found blank, as `side:field`: what is typed on the other side from then on came later.
    """

    name: Private[str] | None = None
    first: Private[str] | None = None
    last: Private[str] | None = None
    email: Private[str] | None = None
    phones: tuple[tuple[PhoneSlot, Private[str]], ...] | None = None
    street: Private[Address] | None = None
    postal: Private[Address] | None = None
    extras: Extras | None = None
    refused: Private[str] | None = None
    groups: tuple[Membership, ...] | None = None
    another: tuple[str, ...] | None = None
    left_out: tuple[tuple[str, Private[str]], ...] | None = None
    emptied: tuple[str, ...] | None = None


new_agreed = maker(AgreedFields)


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLink:
    """A party and its contact; `number` is the contact's number, `name` the name decided once and kept."""

    party: Subject
    contact_id: BooksId
    number: str
    name: Private[str] = NOTHING
    suffixed: bool = False
    origin: Origin = Origin.MADE
    agreed: AgreedFields = AgreedFields()
    archived: bool = False


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLink:
    """A record and one document of the books; `sent` is what we last wrote there (None: never written by us)."""

    subject: Subject
    role: Role = Role.MAIN
    version: int = 1
    books_id: BooksId
    kind: DocumentKind
    number: str
    origin: Origin = Origin.MADE
    sent: DocumentIntent | None = None
    voided_by_us: bool = False


class Unlike(StrEnum):
    """Why what the books hold is like nothing that the practice says of the record, so that it is planned again.

    They stand in the place of a fingerprint, and in no field of their own: what people approved and refused is
    remembered by a fingerprint of the whole step, agreement and all, and must still be known after an upgrade.
    """

    UNKNOWN = ""
    """Nobody knows what the practice said when the books got it."""
    OF_THE_VISIT = "visit"
    """It was posted for an attended appointment, which says nothing of its invoice yet."""
    UNDONE = "undone"
    """A person took back what the books had been given last."""


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the practice said about a record when the books last followed it.

    `fingerprint` covers the content (not the settlement), or is one of the words of `Unlike`, which no content has;
    `lines` are those the books hold in sum over the main document and its adjustments.
    """

    subject: Subject
    fingerprint: str
    kind: DocumentKind
    lines: tuple[BooksLine, ...]
    total: Decimal

    @property
    def is_of_unknown_history(self) -> bool:
        """Say whether nobody knows any more what the practice said when the books got what they hold."""
        return self.fingerprint == Unlike.UNKNOWN


new_agreement = maker(Agreement)


ALLOCATED = "allocation:"
"""How the name under which used credit is remembered begins."""


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLink:
    """A payment of ours; `for_total` is the practice's total when it was posted.

    Of credit that we used, `use` is how the books call that use of it, once a reading told.
    """

    subject: Subject
    payment_id: BooksId
    document_id: BooksId
    reference: str
    account: str
    amount: Decimal
    on: date
    for_total: Decimal
    live: bool = True
    use: BooksId | None = None

    @classmethod
    def to(cls, payment: BooksPayment, document_id: BooksId, subject: Subject, for_total: Decimal) -> PaymentLink:
        """Return the link to a payment that carries our reference, as though we had seen it posted."""
        return cls(
            subject=subject,
            payment_id=payment.id,
            document_id=document_id,
            reference=payment.reference,
            account=payment.account,
            amount=payment.amount,
            on=payment.on,
            for_total=for_total,
        )

    def is_allocation(self) -> bool:
        """Say whether this remembers credit that we used on an invoice, which is no payment of it."""
        return self.payment_id.startswith(ALLOCATED)


class DecisionKind(StrEnum):
    """What a person decided about a hold."""

    APPROVED = "approved"
    DISMISSED = "dismissed"
    CASH = "cash"
    SEPARATE = "separate"
    TAKE_PRACTICE = "take_practice"
    TAKE_BOOKS = "take_books"
    FIX = "fix"
    UNDONE = "undone"


REFUSED_REASON, DISMISSED_REASON = "refused", "dismissed"
"""Why a record is left out that a person refused, or left as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's decision about one hold (`code` is the hold's decision code).

    It counts while `fingerprint` still fits what was shown. `chosen` is the contact it names where it may be several.
    """

    subject: Subject
    code: str
    decision: DecisionKind
    fingerprint: str
    by: str
    reason: str = ""
    chosen: str = ""
    at: datetime


def joined(before: AgreedFields, after: AgreedFields) -> AgreedFields:
    """Return what was agreed before with what is newly agreed over it."""
    return AgreedFields(
        name=_newer(after.name, before.name),
        first=_newer(after.first, before.first),
        last=_newer(after.last, before.last),
        email=_newer(after.email, before.email),
        phones=_over(before.phones, after.phones),
        street=_newer(after.street, before.street),
        postal=_newer(after.postal, before.postal),
        extras=_over(before.extras, after.extras),
        refused=_newer(after.refused, before.refused),
        groups=_newer(after.groups, before.groups),
        another=_newer(after.another, before.another),
        left_out=_newer(after.left_out, before.left_out),
        emptied=_newer(after.emptied, before.emptied),
    )


def _newer(after: T | None, before: T | None) -> T | None:
    return before if after is None else after


def _over(
    before: tuple[tuple[K, T], ...] | None, after: tuple[tuple[K, T], ...] | None
) -> tuple[tuple[K, T], ...] | None:
    return before if after is None else tuple(sorted({**dict(before or ()), **dict(after)}.items()))
