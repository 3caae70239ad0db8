"""Undoing: what one run wrote, planned to be taken back in the safe order; what cannot be is listed with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ligament.core.differences import edited_fields, with_line_ids
from ligament.core.ids import BooksId
from ligament.core.intents import DocumentIntent
from ligament.core.ledgers import BooksDocument, DocumentKind, DocumentStatus
from ligament.core.links import Agreement, DocumentLink, Role, Unlike
from ligament.core.money import readable
from ligament.core.plans import (
    Action,
    ActionKind,
    DeallocationStep,
    DocumentRef,
    DocumentStep,
    UnpaymentStep,
    VoidStep,
)
from ligament.core.undos import PAYING, RunWrite, Stays, UndoFacts, UndoPlan
from ligament.flow.plan.undoing_contacts import undo_contacts
from ligament.flow.plan.undoing_credit import use_made


@dataclass(slots=True, kw_only=True)
class _Undoing:
    """The plan so far: `payments` and `uses` are taken off by it, `stuck` stay, `voided` are documents that go."""

    known: UndoFacts
    plan: UndoPlan
    payments: set[BooksId] = field(default_factory=set)
    uses: set[tuple[BooksId, BooksId]] = field(default_factory=set)
    stuck_payments: set[BooksId] = field(default_factory=set)
    stuck_uses: set[tuple[BooksId, BooksId]] = field(default_factory=set)
    voided: set[BooksId] = field(default_factory=set)

    def locked(self, *days: object) -> bool:
        """Say whether one of the days lies in a locked period."""
        organisation = self.known.facts.organisation
        assert organisation is not None, "the organisation is read before anything is undone"
        return any(organisation.locks.locks(day) for day in days if day is not None)  # type: ignore[arg-type]


def plan_undo(known: UndoFacts) -> UndoPlan:
    """Plan to take back what a run wrote: money first, then credit notes, invoices and contacts; then what changed."""
    undoing = _Undoing(known=known, plan=UndoPlan())
    for write in known.writes:
        if write.kind in PAYING:
            _payment(undoing, write)
    for write in known.writes:
        if write.kind is ActionKind.ALLOCATE:
            _allocation(undoing, write)
    made = {write.books_id for write in known.writes if write.kind is ActionKind.CREATE_DOCUMENT}
    for kind in (DocumentKind.CREDIT_NOTE, DocumentKind.INVOICE):
        for write in known.writes:
            if write.kind is ActionKind.CREATE_DOCUMENT and write.after is not None and write.after.kind is kind:
                _document(undoing, write)
    for first, last in _updates(known, made):
        _restore(undoing, first, last)
    for write in known.writes:
        _gone_by_run(undoing, write)
    undo_contacts(known, undoing.plan, undoing.voided)
    return undoing.plan


# --- money ------------------------------------------------------------------------------------------------------------


def _payment(undoing: _Undoing, write: RunWrite) -> None:
    known, step = undoing.known, write.payment
    if step is None or write.payment_id is None:
        return
    if any(taken.unpayment is not None and taken.unpayment.payment_id == write.payment_id for taken in known.taken):
        return
    payment = known.payments.get(write.payment_id)
    what = f"The payment on {write.number}"
    found: tuple[Stays, str] | None = None
    if payment is None or payment.deleted:
        found = Stays.ALREADY_GONE, f"{what} is gone already."
    elif payment.reconciled:
        found = Stays.RECONCILED, f"{what} is reconciled with the bank in {known.books_title}."
    elif undoing.locked(payment.on):
        found = Stays.LOCKED_PERIOD, f"{what} lies in a locked period."
    if found is not None:
        if found[0] is not Stays.ALREADY_GONE:
            undoing.stuck_payments.add(write.payment_id)
        undoing.plan.keep("payment", write.number, write.payment_id, *found)
        return
    undoing.payments.add(write.payment_id)
    undoing.plan.actions.append(
        Action(
            kind=ActionKind.UNPAY,
            subject=write.subject,
            number=step.reference,
            sentence=f"Take off the payment of {readable(step.amount)} on {write.number}.",
            amount=step.amount,
            existing=True,
            undoes=True,
            unpayment=UnpaymentStep(
                payment_id=write.payment_id, document=step.document, amount=step.amount, reference=step.reference
            ),
        )
    )


def _allocation(undoing: _Undoing, write: RunWrite) -> None:
    known, step = undoing.known, write.allocation
    if step is None or step.credit.id is None or step.invoice.id is None:
        return
    pair = (step.credit.id, step.invoice.id)
    if any(
        taken.deallocation is not None and (taken.deallocation.credit.id, taken.deallocation.invoice.id) == pair
        for taken in known.taken
    ):
        return
    use, found = use_made(known, write, step, undoing.locked)
    if found is not None or use is None or use.id is None:
        assert found is not None
        if found[0] is not Stays.ALREADY_GONE:
            undoing.stuck_uses.add(pair)
        undoing.plan.keep("allocation", write.number, use.id if use is not None else None, *found)
        return
    undoing.uses.add(pair)
    undoing.plan.actions.append(
        Action(
            kind=ActionKind.DEALLOCATE,
            subject=write.subject,
            number=write.number,
            sentence=f"Take {readable(step.amount)} of {step.credit.number} off {step.invoice.number} again.",
            amount=step.amount,
            existing=True,
            undoes=True,
            deallocation=DeallocationStep(
                allocation_id=use.id, credit=step.credit, invoice=step.invoice, amount=step.amount
            ),
        )
    )


# --- documents --------------------------------------------------------------------------------------------------------


def _document(undoing: _Undoing, write: RunWrite) -> None:
    known, sent = undoing.known, write.after
    if sent is None or write.books_id is None or _is_void(known, write.books_id):
        return
    document = known.document(write.books_id)
    link = _link(known, write)
    last = link.sent if link is not None and link.sent is not None else sent
    found = _stays(undoing, document, last) or _adjusted(known, link)
    if found is not None or document is None:
        assert found is not None
        undoing.plan.keep(sent.kind.value, sent.number, write.books_id, *found)
        return
    is_draft = document.status.is_draft()
    undoing.voided.add(document.id)
    undoing.plan.actions.append(
        Action(
            kind=ActionKind.VOID,
            subject=write.subject,
            number=document.number,
            sentence=f"{'Delete the draft' if is_draft else 'Void'} {document.number}.",
            amount=document.total,
            existing=True,
            undoes=True,
            void=VoidStep(
                document=DocumentRef(kind=document.kind, number=document.number, id=document.id),
                status=DocumentStatus.DELETED if is_draft else DocumentStatus.VOIDED,
                agreement=_agreement_without(known, link),
            ),
        )
    )


def _is_void(known: UndoFacts, books_id: BooksId) -> bool:
    return any(taken.void is not None and taken.void.document.id == books_id for taken in known.taken)


def _link(known: UndoFacts, write: RunWrite) -> DocumentLink | None:
    links = known.facts.document_links.get(write.subject.key, ())
    return next((link for link in links if link.books_id == write.books_id), None)


def _stays(undoing: _Undoing, document: BooksDocument | None, sent: DocumentIntent) -> tuple[Stays, str] | None:
    title, number = undoing.known.books_title, sent.number
    if document is None:
        return Stays.ALREADY_GONE, f"{number} is void already."
    later = any(
        held.books_id == document.id and held.kind is ActionKind.UPDATE_DOCUMENT for held in undoing.known.later
    )
    if later:
        return Stays.LATER_RUN, f"A later run changed {number}: undo that one first."
    if edited_fields(sent, document):
        return Stays.EDITED, f"Somebody changed {number} in {title}."
    found = next(_money(undoing, document), None)
    if found is not None:
        return found
    if undoing.locked(document.on):
        return Stays.LOCKED_PERIOD, f"{number} lies in a locked period."
    return None


def _money(undoing: _Undoing, document: BooksDocument) -> Iterator[tuple[Stays, str]]:
    """Yield what money will still stand on a document, the nearest reason first."""
    known, number = undoing.known, document.number
    ours = {held.payment_id for held in known.later if held.kind in PAYING}
    for payment in document.payments:
        if payment.deleted or payment.id in undoing.payments:
            continue
        if payment.id in undoing.stuck_payments:
            yield Stays.DEPENDS_ON_LEFT, f"{number} stays because its payment stays."
        elif payment.id in ours:
            yield Stays.LATER_RUN, f"A later run posted a payment on {number}: undo that one first."
        else:
            yield Stays.PAID_BY_OTHERS, f"Somebody else's payment stands on {number} in {known.books_title}."
    later = {
        frozenset({held.allocation.credit.id, held.allocation.invoice.id})
        for held in known.later
        if held.allocation is not None
    }
    for use in document.allocations:
        pair = {document.id, use.other_id}
        if any(set(gone) == pair for gone in undoing.uses):
            continue
        if any(set(kept) == pair for kept in undoing.stuck_uses):
            yield Stays.DEPENDS_ON_LEFT, f"{number} stays because the credit used on it, or of it, stays."
        elif frozenset(pair) in later:
            yield Stays.LATER_RUN, f"A later run used credit with {number}: undo that one first."
        else:
            yield Stays.CREDIT_USED, f"Somebody used credit with {number} in {known.books_title}."


def _adjusted(known: UndoFacts, link: DocumentLink | None) -> tuple[Stays, str] | None:
    """An adjustment stands on those before it: only the newest can go, and leaves what was agreed without it."""
    if link is None or link.role is not Role.ADJUSTMENT:
        return None
    others = [
        held
        for held in known.facts.document_links.get(link.subject.key, ())
        if held.role is Role.ADJUSTMENT and held.books_id != link.books_id and known.document(held.books_id) is not None
    ]
    if not others:
        return None
    return Stays.DEPENDS_ON_LEFT, f"{link.number} stays because there are other adjustments of the same invoice."


def _agreement_without(known: UndoFacts, link: DocumentLink | None) -> Agreement | None:
    if link is None or link.role is not Role.ADJUSTMENT:
        return None
    mains = [held for held in known.facts.document_links.get(link.subject.key, ()) if held.role is Role.MAIN]
    newest = max(mains, key=lambda held: held.version) if mains else None
    return _agreed(newest.sent, link) if newest is not None and newest.sent is not None else None


def _agreed(sent: DocumentIntent, link: DocumentLink) -> Agreement:
    # It is an agreement no more, so that a retry compares again.
    word = Unlike.UNDONE.value
    return Agreement(subject=link.subject, fingerprint=word, kind=sent.kind, lines=sent.lines, total=sent.total)


# --- what was changed -------------------------------------------------------------------------------------------------


def _updates(known: UndoFacts, made: set[BooksId | None]) -> Iterator[tuple[RunWrite, RunWrite]]:
    """Yield the first and the last change of each document that the run changed and did not make."""
    found: dict[BooksId, tuple[RunWrite, RunWrite]] = {}
    for write in known.writes:
        if write.kind is ActionKind.UPDATE_DOCUMENT and write.books_id is not None and write.books_id not in made:
            first, _ = found.get(write.books_id, (write, write))
            found[write.books_id] = (first, write)
    yield from found.values()


def _restore(undoing: _Undoing, first: RunWrite, last: RunWrite) -> None:
    known, before, after = undoing.known, first.before, last.after
    done = any(taken.kind is ActionKind.UPDATE_DOCUMENT and taken.books_id == first.books_id for taken in known.taken)
    if done or after is None or first.books_id is None:
        return
    document, link = known.document(first.books_id), _link(known, first)
    found = _stays(undoing, document, after)
    if found is None and (before is None or link is None):
        found = Stays.ALREADY_GONE, f"What {after.number} said before is not known here."
    if found is None and before is not None and undoing.locked(before.on):
        found = Stays.LOCKED_PERIOD, f"{after.number} would move into a locked period."
    if found is not None or before is None or link is None or document is None:
        assert found is not None
        undoing.plan.keep(after.kind.value, after.number, first.books_id, *found)
        return
    wanted = replace(before, status=document.status, lines=with_line_ids(before.lines, document), trail=())
    undoing.plan.actions.append(
        Action(
            kind=ActionKind.UPDATE_DOCUMENT,
            subject=first.subject,
            number=after.number,
            sentence=f"Put {after.number} back to {readable(before.total)}, as it was before.",
            amount=before.total,
            existing=True,
            undoes=True,
            document=DocumentStep(
                intent=wanted,
                document_id=document.id,
                role=link.role,
                version=link.version,
                origin=link.origin,
                agreement=_agreed(before, link),
            ),
        )
    )


def _gone_by_run(undoing: _Undoing, write: RunWrite) -> None:
    """What the run itself took away does not come back: a voided document stays void."""
    title = undoing.known.books_title
    if write.kind is ActionKind.VOID and write.void is not None:
        kept = write.void.document
        sentence = f"The run voided {kept.number}, and {title} brings no voided document back."
        undoing.plan.keep(kept.kind.value, kept.number, kept.id, Stays.ALREADY_GONE, sentence)
    elif write.kind is ActionKind.UNPAY and write.unpayment is not None:
        number = write.unpayment.document.number
        sentence = f"The run took its payment off {number}, and {title} brings none back."
        undoing.plan.keep("payment", number, write.unpayment.payment_id, Stays.ALREADY_GONE, sentence)
