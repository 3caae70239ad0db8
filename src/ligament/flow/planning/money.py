"""Planning the money: credits on their originals, payments from settlements, and payments to take back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from ligament.core.drafting import invoice_subject, zone_of
from ligament.core.holds import HoldCode, HoldKind
from ligament.core.ids import SourceId
from ligament.core.ledgers import DocumentKind
from ligament.core.links import ALLOCATED, DecisionKind, PaymentLink, Role
from ligament.core.money import two_places
from ligament.core.periods import australian, local_date
from ligament.core.plans import Action, ActionKind, AllocationStep, DocumentRef, PaymentStep
from ligament.core.records import Invoice, InvoiceStatus
from ligament.core.rules.model import PaymentSource
from ligament.core.troubles import Trouble
from ligament.flow.planning.desk import Desk, DocumentState, refusal_hold, reprice, trouble_hold
from ligament.flow.planning.documents import lock_trouble
from ligament.flow.planning.unpaying import hold_payment, plan_unpayment

_SAME_MOMENT = timedelta(minutes=5)


def plan_money(desk: Desk, invoices: list[Invoice]) -> None:
    """Plan unpayments first, then payments that came before a credit, then credits, then the other payments."""
    credits_: list[Invoice] = []
    others: list[Invoice] = []
    for invoice in invoices:
        (credits_ if invoice.is_credit() else others).append(invoice)
    for invoice in others:
        desk.guard(invoice_subject(invoice), partial(plan_unpayment, desk, invoice))
    for credit in credits_:
        original = desk.facts.invoices.get(credit.original_id) if credit.original_id else None
        if original is not None and _paid_before(original, credit):
            desk.guard(invoice_subject(original), partial(_plan_payments, desk, original, ActionKind.PAY_FIRST))
    for credit in credits_:
        desk.guard(invoice_subject(credit), partial(_plan_credit, desk, credit))
    has_adjustments = any(len(states) > 1 for states in desk.states.values())
    for invoice in invoices if has_adjustments else ():
        desk.guard(invoice_subject(invoice), partial(_plan_adjusted_credit, desk, invoice))
    _index_credits(desk)
    for invoice in others:
        desk.guard(invoice_subject(invoice), partial(_plan_payments, desk, invoice, ActionKind.PAY))


def _paid_before(original: Invoice, credit: Invoice) -> bool:
    """Say whether the original was closed before the credit note existed (choice C06)."""
    closed = original.closed_at
    return original.status is InvoiceStatus.PAID and closed is not None and closed < credit.created_at


# --- credits ----------------------------------------------------------------------------------------------------------


def _plan_credit(desk: Desk, credit: Invoice) -> None:
    """Allocate a credit note to its original once it is used, up to what is open on both (choice C06)."""
    note = desk.main_state(invoice_subject(credit))
    original = desk.facts.invoices.get(credit.original_id) if credit.original_id else None
    if note is None or original is None or note.ref.kind is not DocumentKind.CREDIT_NOTE:
        return
    if not credit.is_used_on(original):
        return
    for state in desk.states.get(invoice_subject(original).key, []):
        if state.ref.kind is DocumentKind.INVOICE:
            _allocate(desk, note, state, note.on or credit.issued_on)


def _plan_adjusted_credit(desk: Desk, invoice: Invoice) -> None:
    """Allocate what an adjusting credit note of the same record leaves open on the record's own invoice."""
    states = desk.states.get(f"invoice:{invoice.id}", [])
    for note in states if len(states) > 1 else ():
        for state in states:
            if note.role is Role.ADJUSTMENT and note.ref.kind is DocumentKind.CREDIT_NOTE is not state.ref.kind:
                _allocate(desk, note, state, note.on or _today(desk))


def _today(desk: Desk) -> date:
    return local_date(desk.around.now, desk.rulebook.clinic.time_zone)


def _allocate(desk: Desk, note: DocumentState, invoice: DocumentState, on: date) -> None:
    amount = min(note.open_amount, invoice.open_amount)
    if amount <= 0 or note.is_draft() or invoice.is_draft() or _was_allocated(desk, note, invoice):
        return
    if not _same_contact(note, invoice):
        return
    locked = lock_trouble(desk, on)
    if locked is not None:
        # Never re-dated silently: it waits until the period opens.
        desk.hold(trouble_hold(locked, note.subject, HoldKind.CREDIT_NOTE, note.ref.number))
        return
    _act_allocation(desk, note, invoice, amount, on)


def _same_contact(note: DocumentState, invoice: DocumentState) -> bool:
    if note.contact_id is not None and invoice.contact_id is not None:
        return note.contact_id == invoice.contact_id
    return note.contact is not None and note.contact == invoice.contact


def allocation_id(note: DocumentRef, invoice: DocumentRef) -> str:
    """Return the name under which an allocation of ours is remembered."""
    return f"{ALLOCATED}{note.number}:{invoice.number}"


def _was_allocated(desk: Desk, note: DocumentState, invoice: DocumentState) -> bool:
    """Say whether we allocated the two before: what a person took apart is not put together again."""
    wanted = allocation_id(note.ref, invoice.ref)
    links = desk.facts.payments.get(note.subject.key, ())
    if any(link.payment_id == wanted for link in links):
        return True
    # Either side tells of it: the two are read one after the other, and a person may take it off in between.
    return _names(note, invoice.ref) or _names(invoice, note.ref)


def _names(state: DocumentState, other: DocumentRef) -> bool:
    held = state.document.allocations if state.document is not None else ()
    return any(allocation.other_id == other.id for allocation in held)


def _act_allocation(
    desk: Desk, note: DocumentState, invoice: DocumentState, amount: Decimal, on: date, *, decided: bool = False
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
    hold = refusal_hold(desk, action, HoldKind.CREDIT_NOTE, note.ref.number)
    if hold is not None:
        desk.hold(hold)
        return False
    desk.act(action)
    reprice(note, amount)
    reprice(invoice, amount)
    return True


# --- payments ---------------------------------------------------------------------------------------------------------


def _plan_payments(desk: Desk, invoice: Invoice, kind: ActionKind) -> None:
    """Post what is due on every document of an invoice that the practice says is paid."""
    settled = invoice.status is InvoiceStatus.PAID and invoice.closed_at is not None
    if (
        not settled
        or invoice.removed_at is not None
        or invoice.defect
        or desk.rulebook.payments.source is not PaymentSource.INFERRED
    ):
        return
    for state in desk.states.get(f"invoice:{invoice.id}", []):
        if state.ref.kind is DocumentKind.INVOICE and state.open_amount > 0 and not state.status.is_gone():
            _plan_payment(desk, invoice, state, kind)


def _plan_payment(desk: Desk, invoice: Invoice, state: DocumentState, kind: ActionKind) -> None:
    if _own_payment(desk, state) is not None or _own_payment_in_books(state):
        return
    if state.is_draft():
        hold_payment(desk, invoice, _draft_trouble(state, desk))
        return
    on = payment_date(desk, invoice)
    trouble = lock_trouble(desk, on) or _clearing_trouble(desk)
    if trouble is not None:
        hold_payment(desk, invoice, trouble)
        return
    if kind is ActionKind.PAY and _credit_may_have_paid(desk, invoice, state):
        return
    action = Action(
        kind=kind,
        subject=state.subject,
        number=state.ref.number,
        sentence=f"Post a payment of {two_places(state.open_amount)} on {state.ref.number}, dated {australian(on)}.",
        amount=state.open_amount,
        payment=PaymentStep(
            document=state.ref,
            account=desk.rulebook.payments.account,
            on=on,
            amount=state.open_amount,
            reference=f"{state.base_number or state.ref.number}/paid",
            for_total=invoice.total,
        ),
        trail=(
            "The practice says that the invoice is paid; its interface shows no payments, so this one is inferred.",
        ),
    )
    hold = refusal_hold(desk, action, HoldKind.PAYMENT, invoice.number)
    if hold is not None:
        desk.hold(hold)
        return
    desk.act(action)
    reprice(state, state.open_amount)


def payment_date(desk: Desk, invoice: Invoice) -> date:
    """Return the day on the wall of the place that took the money."""
    assert invoice.closed_at is not None
    location = desk.facts.locations.get(invoice.location_id) if invoice.location_id else None
    return local_date(invoice.closed_at, zone_of(location, desk.rulebook))


def _own_payment(desk: Desk, state: DocumentState) -> PaymentLink | None:
    """Return our live payment on a document, even one that a person deleted in the books: it is not posted again."""
    links = desk.facts.payments.get(state.subject.key, ())
    if not links:
        return None
    own = (link for link in links if link.live and link.document_id == state.ref.id and not link.is_allocation())
    return next(own, None)


def _own_payment_in_books(state: DocumentState) -> bool:
    held = state.document.payments if state.document is not None else ()
    if not held:
        return False
    reference = f"{state.base_number or state.ref.number}/paid"
    return any(payment.reference == reference and not payment.deleted for payment in held)


def _draft_trouble(state: DocumentState, desk: Desk) -> Trouble:
    return Trouble(
        code=HoldCode.INVOICE_IS_DRAFT,
        sentence=f"{state.ref.number} is still a draft in {desk.around.books_title}, and a draft cannot be paid.",
        todo="Approve the invoice in the books; the payment follows by itself.",
    )


def _clearing_trouble(desk: Desk) -> Trouble | None:
    """Return what is wrong with the clearing account; it is the same one for every payment, so it is looked at once."""
    code = desk.rulebook.payments.account
    if code not in desk.clearing:
        desk.clearing[code] = _account_trouble(desk, code)
    return desk.clearing[code]


def _account_trouble(desk: Desk, code: str) -> Trouble | None:
    account = desk.facts.chart.account(code)
    if account is not None and account.active and (account.is_bank or account.takes_payments):
        return None
    state = "does not exist" if account is None else "is archived" if not account.active else "takes no payments"
    return Trouble(
        code=HoldCode.UNMAPPED_ACCOUNT,
        sentence=f"The clearing account {code} {state} in the books.",
        todo="Choose another account under [payments] in the rulebook, or allow payments to it in the books.",
        detail={"account": code},
    )


# --- credit or cash ---------------------------------------------------------------------------------------------------


def _credit_may_have_paid(desk: Desk, invoice: Invoice, state: DocumentState) -> bool:
    """Hold a payment that may have come from account credit (choice C07), or do what a person decided."""
    note = _open_credit(desk, invoice, state)
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
    decision = desk.decision(hold)
    if decision is DecisionKind.CASH:
        return False
    if decision is DecisionKind.APPROVED:
        return not _act_allocation(desk, note, state, amount, on, decided=True) or state.open_amount <= 0
    desk.hold(hold)
    return True


def _open_credit(desk: Desk, invoice: Invoice, state: DocumentState) -> DocumentState | None:
    """Return an open credit note of the same contact that the invoice may have used."""
    if not desk.credits:
        return None
    for note in desk.credits.get(_contact_key(state), ()):
        if note.open_amount <= 0 or note.subject == state.subject:
            continue
        credit = desk.facts.invoices.get(SourceId(note.subject.id))
        if credit is not None and _fits(credit, invoice):
            return note
    return None


def _contact_key(state: DocumentState) -> str:
    return str(state.contact_id or (state.contact.key if state.contact is not None else ""))


def _index_credits(desk: Desk) -> None:
    """Find open credit notes by their contact, once for all payments."""
    for states in desk.states.values():
        for state in states:
            if state.ref.kind is DocumentKind.CREDIT_NOTE and state.open_amount > 0:
                desk.credits.setdefault(_contact_key(state), []).append(state)


def _fits(credit: Invoice, invoice: Invoice) -> bool:
    """Open, or closed at the same moment; a credit made later than that cannot have paid the invoice (choice C07)."""
    closed = invoice.closed_at
    if closed is None or credit.created_at > closed + _SAME_MOMENT or credit.original_id == invoice.id:
        return False
    if credit.status is InvoiceStatus.OPEN_CREDIT:
        return True
    same_moment = credit.closed_at is not None and abs(credit.closed_at - closed) <= _SAME_MOMENT
    return credit.status is InvoiceStatus.CLOSED and same_moment
