"""Allocations: credit that the practice says is used, on the invoices it was used for."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from ligament.core.drafting import invoice_subject
from ligament.core.holds import HoldKind
from ligament.core.ids import SourceId
from ligament.core.ledgers import DocumentKind
from ligament.core.links import Role
from ligament.core.money import two_places
from ligament.core.periods import local_date
from ligament.core.plans import Action, ActionKind, AllocationStep, DocumentRef, allocation_id
from ligament.core.records import Invoice, InvoiceStatus
from ligament.flow.plan.builder import DocumentState, PlanBuilder, lock_trouble, refusal_hold, reprice, trouble_hold

_SAME_MOMENT = timedelta(minutes=5)


def plan_credit(builder: PlanBuilder, credit: Invoice) -> None:
    """Allocate a credit note to its original once it is used, up to what is open on both (choice C06)."""
    note = builder.main_state(invoice_subject(credit))
    original = builder.facts.invoices.get(credit.original_id) if credit.original_id else None
    if note is None or original is None or note.ref.kind is not DocumentKind.CREDIT_NOTE:
        return
    if not credit.is_used_on(original):
        return
    for state in builder.states.get(invoice_subject(original).key, []):
        if state.ref.kind is DocumentKind.INVOICE:
            _allocate(builder, note, state, note.on or credit.issued_on)


def plan_adjusted_credit(builder: PlanBuilder, invoice: Invoice) -> None:
    """Allocate what an adjusting credit note of the same record leaves open on the record's own invoice."""
    states = builder.states.get(f"invoice:{invoice.id}", [])
    for note in states if len(states) > 1 else ():
        for state in states:
            if note.role is Role.ADJUSTMENT and note.ref.kind is DocumentKind.CREDIT_NOTE is not state.ref.kind:
                _allocate(builder, note, state, note.on or _today(builder))


def _today(builder: PlanBuilder) -> date:
    return local_date(builder.around.now, builder.rulebook.clinic.time_zone)


def _allocate(builder: PlanBuilder, note: DocumentState, invoice: DocumentState, on: date) -> None:
    amount = min(note.open_amount, invoice.open_amount)
    if amount <= 0 or note.is_draft() or invoice.is_draft() or _was_allocated(builder, note, invoice):
        return
    if not _same_contact(note, invoice):
        return
    locked = lock_trouble(builder, on)
    if locked is not None:
        # Never re-dated silently: it waits until the period opens.
        builder.hold(trouble_hold(locked, note.subject, HoldKind.CREDIT_NOTE, note.ref.number))
        return
    act_allocation(builder, note, invoice, amount, on)


def _same_contact(note: DocumentState, invoice: DocumentState) -> bool:
    if note.contact_id is not None and invoice.contact_id is not None:
        return note.contact_id == invoice.contact_id
    return note.contact is not None and note.contact == invoice.contact


def _was_allocated(builder: PlanBuilder, note: DocumentState, invoice: DocumentState) -> bool:
    """Say whether we allocated the two before: what a person took apart is not put together again."""
    wanted = allocation_id(note.ref, invoice.ref)
    links = builder.facts.payments.get(note.subject.key, ())
    if any(link.payment_id == wanted for link in links):
        return True
    # Either side tells of it: the two are read one after the other, and a person may take it off in between.
    return _names(note, invoice.ref) or _names(invoice, note.ref)


def _names(state: DocumentState, other: DocumentRef) -> bool:
    held = state.document.allocations if state.document is not None else ()
    return any(allocation.other_id == other.id for allocation in held)


def act_allocation(
    builder: PlanBuilder,
    note: DocumentState,
    invoice: DocumentState,
    amount: Decimal,
    on: date,
    *,
    decided: bool = False,
) -> bool:
    action = Action(
        kind=ActionKind.ALLOCATE,
        subject=note.subject,
        number=f"{note.ref.number}>{invoice.ref.number}",
        sentence=f"Use {two_places(amount)} of {note.ref.number} on {invoice.ref.number}.",
        amount=amount,
        decided=decided,
        allocation=AllocationStep(credit=note.ref, invoice=invoice.ref, amount=amount, on=on),
    )
    hold = refusal_hold(builder, action, HoldKind.CREDIT_NOTE, note.ref.number)
    if hold is not None:
        builder.hold(hold)
        return False
    builder.act(action)
    reprice(note, amount)
    reprice(invoice, amount)
    return True


def open_credit(builder: PlanBuilder, invoice: Invoice, state: DocumentState) -> DocumentState | None:
    """Return an open credit note of the same contact that the invoice may have used."""
    if not builder.credits:
        return None
    for note in builder.credits.get(_contact_key(state), ()):
        if note.open_amount <= 0 or note.subject == state.subject:
            continue
        credit = builder.facts.invoices.get(SourceId(note.subject.id))
        if credit is not None and _fits(credit, invoice):
            return note
    return None


def _contact_key(state: DocumentState) -> str:
    return str(state.contact_id or (state.contact.key if state.contact is not None else ""))


def index_credits(builder: PlanBuilder) -> None:
    """Find open credit notes by their contact, once for all payments."""
    for states in builder.states.values():
        for state in states:
            if state.ref.kind is DocumentKind.CREDIT_NOTE and state.open_amount > 0:
                builder.credits.setdefault(_contact_key(state), []).append(state)


def _fits(credit: Invoice, invoice: Invoice) -> bool:
    """Open, or closed at the same moment; a credit made later than that cannot have paid the invoice (choice C07)."""
    closed = invoice.closed_at
    if closed is None or credit.created_at > closed + _SAME_MOMENT or credit.original_id == invoice.id:
        return False
    if credit.status is InvoiceStatus.OPEN_CREDIT:
        return True
    same_moment = credit.closed_at is not None and abs(credit.closed_at - closed) <= _SAME_MOMENT
    return credit.status is InvoiceStatus.CLOSED and same_moment
