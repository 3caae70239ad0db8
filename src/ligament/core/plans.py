"""The ordered actions that make the books say what they should, and what became of every record read."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ligament.core.contents import clear
from ligament.core.folding import folded
from ligament.core.frozen import fast_frozen
from ligament.core.holds import Hold
from ligament.core.ids import BooksId
from ligament.core.intents import DocumentIntent, Subject
from ligament.core.ledgers import DocumentKind, DocumentStatus
from ligament.core.links import ALLOCATED, AgreedFields, Agreement, Origin, Reason, Role
from ligament.core.money import ZERO
from ligament.core.private import NOTHING, Private
from ligament.core.writes import ContactWrite, PartyWrite

_PAID = "/paid"


class ActionKind(StrEnum):
    """What one action does, in the order in which actions run."""

    LINK_CONTACT = "link_contact"
    CREATE_CONTACT = "create_contact"
    UPDATE_CONTACT = "update_contact"
    UPDATE_PARTY = "update_party"
    ADD_OPTION = "add_option"
    LINK_DOCUMENT = "link_document"
    FORGET_PAYMENT = "forget_payment"
    UNPAY = "unpay"
    DEALLOCATE = "deallocate"
    CREATE_DOCUMENT = "create_document"
    UPDATE_DOCUMENT = "update_document"
    PAY_FIRST = "pay_first"
    ALLOCATE = "allocate"
    PAY = "pay"
    VOID = "void"
    ADD_GROUP = "add_group"
    JOIN_GROUP = "join_group"
    LEAVE_GROUP = "leave_group"
    ARCHIVE_CONTACT = "archive_contact"


LOCAL = frozenset({ActionKind.LINK_CONTACT, ActionKind.LINK_DOCUMENT, ActionKind.FORGET_PAYMENT})
"""Actions that only remember something: nothing is sent, so nobody is asked."""
ORDER = {kind: place for place, kind in enumerate(ActionKind)}


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRef:
    """A document of the books by number, and by id once it has one."""

    kind: DocumentKind
    number: str
    id: BooksId | None = None


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStep:
    """A contact to link, create, update or archive; `agreed` is what both sides say afterwards.

    `without` are the labels of details that the books refused before, so that they are left out here.
    """

    write: ContactWrite
    name: Private[str] = NOTHING
    suffixed: bool = False
    origin: Origin = Origin.MADE
    agreed: AgreedFields = AgreedFields()
    without: frozenset[str] = frozenset()


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStep:
    """A document to link, create or update; `document_id` is None for a new one."""

    intent: DocumentIntent
    document_id: BooksId | None = None
    role: Role = Role.MAIN
    version: int = 1
    origin: Origin = Origin.MADE
    agreement: Agreement | None = None
    relink: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidStep:
    """A document to void, or a draft to delete; `agreement` is what both sides say afterwards, where that changes."""

    document: DocumentRef
    status: DocumentStatus
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationStep:
    """Credit of a note to use on an invoice."""

    credit: DocumentRef
    invoice: DocumentRef
    amount: Decimal
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DeallocationStep:
    """Credit of ours to take off an invoice again; `allocation_id` is how the books call that use of it."""

    allocation_id: BooksId
    credit: DocumentRef
    invoice: DocumentRef
    amount: Decimal


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStep:
    """A payment to post; `amount` is what will be due then; `for_total` the practice's total."""

    document: DocumentRef
    account: str
    on: date
    amount: Decimal
    reference: str
    for_total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpaymentStep:
    """A payment of ours to take back."""

    payment_id: BooksId
    document: DocumentRef
    amount: Decimal
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionStep:
    """A tracking option to add."""

    category_id: BooksId
    category: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStep:
    """A contact group to make, to put a contact into or to take it out of; ids are None until they are known."""

    name: Private[str]
    group_id: BooksId | None = None
    contact_id: BooksId | None = None
    reason: Reason = Reason.RECORD

    @property
    def mark(self) -> str:
        """Return a short text that tells this group from others without saying its name."""
        return hashlib.blake2b(folded(self.name.reveal()).encode(), digest_size=4).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyStep:
    """Fields of a patient to change in the practice; `agreed` is what both sides say afterwards."""

    write: PartyWrite
    agreed: AgreedFields = AgreedFields()


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step of a plan: exactly one of the step fields that fits `kind` is given.

    `existing` says that it changes a record the books already had, `decided` that a person approved it already,
    `unsure` that a person is asked whatever the policy says, `heals` that it mends a variance, `undoes` that it takes
    back what a run did; `amount` is what approval limits look at; `number` names it; `trail` is what decided it.
    """

    kind: ActionKind
    subject: Subject
    number: str = ""
    sentence: str = ""
    amount: Decimal = ZERO
    existing: bool = False
    decided: bool = False
    unsure: bool = False
    heals: bool = False
    undoes: bool = False
    contact: ContactStep | None = None
    document: DocumentStep | None = None
    void: VoidStep | None = None
    allocation: AllocationStep | None = None
    payment: PaymentStep | None = None
    unpayment: UnpaymentStep | None = None
    deallocation: DeallocationStep | None = None
    option: OptionStep | None = None
    group: GroupStep | None = None
    party: PartyStep | None = None
    trail: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return what this action is about, the same in every plan that wants the same thing."""
        which = f"|{self.group.mark}" if self.group is not None else ""
        if self.contact is not None and self.contact.without:
            # What was refused with all details and what was refused without some of them are kept apart.
            which += f"|without {'+'.join(sorted(self.contact.without))}"
        return f"{self.kind}|{self.subject.key}|{self.number}{which}"

    def moves_money(self) -> bool:
        """Say whether it posts, moves or takes back a payment or a credit."""
        if self.payment is None and self.allocation is None and self.unpayment is None and self.deallocation is None:
            return False
        return self.kind is not ActionKind.FORGET_PAYMENT

    @property
    def content(self) -> str:
        """Return a fingerprint of exactly what would be written."""
        steps = (self.contact, self.document, self.void, self.allocation)
        more: tuple[object, ...] = (self.payment, self.unpayment, self.option, self.party, self.group)
        if self.deallocation is not None:
            more = (*more, self.deallocation)
        return hashlib.blake2b(clear(self.key, steps, more).encode(), digest_size=12).hexdigest()


class State(StrEnum):
    """How a record ends in a plan; exactly one for each."""

    PLANNED = "planned"
    UNCHANGED = "unchanged"
    HELD = "held"
    SKIPPED = "skipped"


class RecordKind(StrEnum):
    """The kinds that are counted apart in every summary."""

    CONTACTS = "contacts"
    INVOICES = "invoices"
    CREDIT_NOTES = "credit_notes"
    PAYMENTS = "payments"
    ALLOCATIONS = "allocations"


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one record; `reason` is the skip reason or the hold code; `label` names the kind in `skips`."""

    subject: Subject
    kind: RecordKind
    state: State
    number: str = ""
    amount: Decimal = ZERO
    reason: str = ""
    label: str = ""
    sentence: str = ""


class NoteKind(StrEnum):
    """Why a field of a pair differs though nothing is done about it."""

    PUT_BACK = "put_back"
    EMPTIED = "emptied"
    REFUSED = "refused"
    NOT_HELD = "not_held"
    WAITS = "waits"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNote:
    """A field of a pair that differs and is listed: the name of the field, never its value.

    `put_back`: the other side holds a value that does not win; `emptied`: one side let go of it; `refused`: the books
    find it invalid; `not_held`: the books cannot hold it as it is; `waits`: a person is asked which side is right.
    """

    subject: Subject
    field: str
    kind: NoteKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ordered actions, the outcome of every record considered, every hold open for them, and what is only listed."""

    actions: tuple[Action, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    holds: tuple[Hold, ...] = ()
    notes: tuple[FieldNote, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Return a fingerprint of everything that would be written, in order."""
        text = "\n".join(f"{action.key}={action.content}" for action in self.actions)
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    def counts(self, state: State) -> Counter[RecordKind]:
        """Return how many records of each kind ended that way."""
        return Counter(outcome.kind for outcome in self.outcomes if outcome.state is state)

    def amount(self, state: State) -> Decimal:
        """Return the sum of the amounts of the records that ended that way."""
        return sum((outcome.amount for outcome in self.outcomes if outcome.state is state), ZERO)


def in_order(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Return the actions in the order in which they must run: by kind, then as they were planned."""
    return tuple(sorted(actions, key=lambda action: ORDER[action.kind]))


def allocation_id(note: DocumentRef, invoice: DocumentRef) -> str:
    """Return the name under which an allocation of ours is remembered."""
    return f"{ALLOCATED}{note.number}:{invoice.number}"


def payment_reference(number: str) -> str:
    """Return what a payment of ours bears: the number of its document, and that it was paid."""
    return f"{number}{_PAID}"


def without_paid(reference: str) -> str:
    """Return the number of the document in the reference of a payment of ours; any other text as it is."""
    return reference.removesuffix(_PAID)


def kind_word(action: Action) -> str:
    """Return under which kind of record an action is counted."""
    if action.allocation is not None or action.deallocation is not None:
        return "allocations"
    if action.payment is not None or action.unpayment is not None:
        return "payments"
    kind = action.document.intent.kind if action.document is not None else None
    if action.void is not None:
        kind = action.void.document.kind
    if kind is None:
        return "contacts"
    return "credit_notes" if kind is DocumentKind.CREDIT_NOTE else "invoices"
