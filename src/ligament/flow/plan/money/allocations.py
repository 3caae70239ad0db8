"""Allocations: credit that the practice says is used, on the invoices it was used for."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from ligament.core.drafting import invoice_subject
from ligament.core.holds import HoldCode, HoldKind
from ligament.core.ids import SourceId
from ligament.core.intents import SubjectKind
from ligament.core.ledgers import DocumentKind
from ligament.core.links import DecisionKind, Role
from ligament.core.money import readable
from ligament.core.periods import local_date
from ligament.core.plans import Action, ActionKind, AllocationStep, DocumentRef, allocation_id
from ligament.core.records import Invoice, InvoiceStatus
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import PlanBuilder, lock_trouble, refusal_hold, trouble_hold
from ligament.flow.plan.document_state import DocumentState, reprice
from ligament.flow.plan.money.unpaying import hold_payment

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
        if state.ref.kind is not DocumentKind.INVOICE:
            continue
        if note.status.is_gone() is not state.status.is_gone():
            _hold_voided(builder, credit, note, state)
        else:
            _allocate(builder, note, state, note.on or credit.issued_on)


def _hold_voided(builder: PlanBuilder, credit: Invoice, note: DocumentState, invoice: DocumentState) -> None:
    """Hold credit that the practice used, where a person voided one of the two documents in the books (choice C46)."""
    gone, left = (note, invoice) if note.status.is_gone() else (invoice, note)
    if left.open_amount <= 0 or credit.removed_at is not None or _was_allocated(builder, note, invoice):
        return
    books = builder.around.books_title
    trouble = Trouble(
        code=HoldCode.VOIDED_IN_BOOKS,
        sentence=(
            f"{note.ref.number} was used on {invoice.ref.number} in the practice, but {gone.ref.number} was voided "
            f"in {books}: {readable(left.open_amount)} stays open on {left.ref.number}."
        ),
        todo=f"Settle {left.ref.number} in {books}, or dismiss this to leave it open.",
        detail={"changed": ["status"], "books_number": gone.ref.number, "left": left.open_amount},
    )
    builder.hold(trouble_hold(trouble, note.subject, HoldKind.CREDIT_NOTE, credit.number))


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
    if amount <= 0 or _was_allocated(builder, note, invoice):
        # Nothing is open on one of them, or a person took the two apart: reconciliation lists what credit is left.
        return
    trouble = _unusable(builder, note, invoice, on)
    if trouble is not None:
        # Never re-dated and never left out silently: it waits until it can be done.
        credit = builder.facts.invoices.get(SourceId(note.subject.id))
        number = credit.number if credit is not None else note.ref.number
        builder.hold(trouble_hold(trouble, note.subject, HoldKind.CREDIT_NOTE, number))
        return
    _act_allocation(builder, note, invoice, amount, on)


def _same_contact(note: DocumentState, invoice: DocumentState) -> bool:
    """Say whether both stand on one contact of the books; who was merged into whom was followed when they were read."""
    if note.contact_id is not None and invoice.contact_id is not None:
        return note.contact_id == invoice.contact_id
    return note.contact is not None and note.contact == invoice.contact


def _was_allocated(builder: PlanBuilder, note: DocumentState, invoice: DocumentState) -> bool:
    """Say whether we allocated the two before: what a person took apart is not put together again."""
    wanted = allocation_id(note.ref, invoice.ref)
    links = builder.facts.payments.get(note.subject.key, ())
    if any(link.payment_id == wanted and link.live for link in links):
        return True
    # Either side tells of it: the two are read one after the other, and a person may take it off in between.
    return _names(note, invoice.ref) or _names(invoice, note.ref)


def _names(state: DocumentState, other: DocumentRef) -> bool:
    held = state.document.allocations if state.document is not None else ()
    return any(allocation.other_id == other.id for allocation in held)


def _act_allocation(
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
        sentence=f"Use {readable(amount)} of {note.ref.number} on {invoice.ref.number}.",
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


def _open_credit(builder: PlanBuilder, invoice: Invoice, state: DocumentState) -> DocumentState | None:
    """Return an open credit note of the same contact that the invoice may have used."""
    if not builder.credits:
        return None
    for note in builder.credits.get(_owner(builder, state), ()):
        if note.open_amount <= 0 or note.subject == state.subject:
            continue
        credit = builder.facts.invoices.get(SourceId(note.subject.id))
        if credit is not None and _fits(credit, invoice):
            return note
    return None


def index_credits(builder: PlanBuilder) -> None:
    """Find open credit notes by their contact, once for all payments."""
    for states in builder.states.values():
        for state in states:
            if state.ref.kind is DocumentKind.CREDIT_NOTE and state.open_amount > 0:
                builder.credits.setdefault(_owner(builder, state), []).append(state)


def _fits(credit: Invoice, invoice: Invoice) -> bool:
    """Open, or closed at the same moment; a credit made later than that cannot have paid the invoice (choice C07)."""
    closed = invoice.closed_at
    if closed is None or credit.created_at > closed + _SAME_MOMENT or credit.original_id == invoice.id:
        return False
    if credit.status is InvoiceStatus.OPEN_CREDIT:
        return True
    same_moment = credit.closed_at is not None and abs(credit.closed_at - closed) <= _SAME_MOMENT
    return credit.status is InvoiceStatus.CLOSED and same_moment


def credit_may_have_paid(builder: PlanBuilder, invoice: Invoice, state: DocumentState) -> bool:
    """Hold a payment that may have come from account credit (choice C07), or do what a person decided."""
    note = _open_credit(builder, invoice, state)
    if note is None:
        return False
    amount = min(note.open_amount, state.open_amount)
    state_on = state.on or invoice.issued_on
    on = max(note.on or state_on, state_on)
    trouble = Trouble(
        code=HoldCode.CREDIT_OR_CASH,
        sentence=f"This invoice may have been paid from the credit {note.ref.number} instead of with money.",
        todo="Approve to use the credit, or say that it was paid with money.",
        detail={"credit": note.ref.number, "left": note.open_amount},
        proposed={"allocate": note.ref.number, "amount": amount, "date": on.isoformat()},
    )
    hold = trouble_hold(trouble, invoice_subject(invoice), HoldKind.PAYMENT, invoice.number)
    decision = builder.decision(hold)
    if decision is DecisionKind.CASH:
        return False
    in_the_way = _unusable(builder, note, state, on) if decision is DecisionKind.APPROVED else None
    if in_the_way is not None:
        hold_payment(builder, invoice, in_the_way)
        return True
    if decision is DecisionKind.APPROVED:
        return not _act_allocation(builder, note, state, amount, on, decided=True) or state.open_amount <= 0
    builder.hold(hold)
    return True


def _unusable(builder: PlanBuilder, note: DocumentState, invoice: DocumentState, on: date) -> Trouble | None:
    """Return why the books would not take this credit on that invoice (choice C46)."""
    draft = next((state for state in (note, invoice) if state.is_draft()), None)
    if draft is not None:
        return draft_trouble(draft, builder)
    if _same_contact(note, invoice):
        return lock_trouble(builder, on)
    books = builder.around.books_title
    return Trouble(
        code=HoldCode.CONTACTS_DIFFER,
        sentence=f"{note.ref.number} and {invoice.ref.number} stand on two contacts, so the credit cannot be used.",
        todo=f"Merge the two contacts in {books}, and this goes on by itself; or refund the credit there and dismiss.",
        detail={"credit": note.ref.number, "invoice": invoice.ref.number},
    )


def _owner(builder: PlanBuilder, state: DocumentState) -> str:
    """Return who has a document, by merges on both sides: the survivor of whoever the contact belongs to (C46)."""
    key = state.contact.key if state.contact is not None else ""
    if state.contact_id is not None:
        key = builder.facts.party_of_contact.get(state.contact_id, key or str(state.contact_id))
    kind, _, identifier = key.partition(":")
    return f"{kind}:{builder.facts.last_patient(identifier)}" if kind == SubjectKind.PATIENT.value else key


def draft_trouble(state: DocumentState, builder: PlanBuilder) -> Trouble:
    """Return the trouble of money that belongs on a draft."""
    return Trouble(
        code=HoldCode.INVOICE_IS_DRAFT,
        sentence=f"{state.ref.number} is still a draft in {builder.around.books_title}, and a draft takes no money.",
        todo="Approve it in the books; the rest follows by itself.",
    )
