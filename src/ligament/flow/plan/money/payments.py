"""Planning the money: credits on their originals, payments from settlements, and payments to take back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

from ligament.core.clearing import Unpayable, unpayable
from ligament.core.drafting import invoice_subject, zone_of
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.intents import Subject
from ligament.core.ledgers import Account, DocumentKind
from ligament.core.links import DecisionKind, PaymentLink
from ligament.core.money import ZERO, readable
from ligament.core.periods import australian, local_date
from ligament.core.plan_makers import new_action, new_payment_step
from ligament.core.plans import ActionKind, payment_reference
from ligament.core.records import Invoice, InvoiceStatus
from ligament.core.rules.model import PaymentSource
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import Paper, PlanBuilder, lock_trouble, refusal_hold, trouble_hold
from ligament.flow.plan.document_state import DocumentState, reprice
from ligament.flow.plan.money.allocations import (
    credit_may_have_paid,
    draft_trouble,
    index_credits,
    plan_adjusted_credit,
    plan_credit,
)
from ligament.flow.plan.money.unpaying import hold_payment, plan_unpayment, standing_payment

# Looked at for every invoice, and looking into a class takes ten times as long as into a module.
_OPEN, _PAID, _INVOICE, _PAY = InvoiceStatus.OPEN, InvoiceStatus.PAID, DocumentKind.INVOICE, ActionKind.PAY


def plan_money(builder: PlanBuilder, papers: list[Paper]) -> None:
    """Plan unpayments first, then payments that came before a credit, then credits, then the other payments."""
    credits_: list[Paper] = []
    others: list[Paper] = []
    for paper in papers:
        (credits_ if paper[0].is_credit() else others).append(paper)
    builder.guard_each((paper for paper in others if paper[0].status is _OPEN), partial(_plan_unpayment, builder))
    for credit, _ in credits_:
        original = builder.facts.invoices.get(credit.original_id) if credit.original_id else None
        if original is not None and _paid_before(original, credit):
            builder.guard(invoice_subject(original), partial(_plan_payments, builder, original, ActionKind.PAY_FIRST))
    for credit, subject in credits_:
        builder.guard(subject, partial(plan_credit, builder, credit))
    has_adjustments = any(len(states) > 1 for states in builder.states.values())
    for invoice, subject in papers if has_adjustments else ():
        builder.guard(subject, partial(plan_adjusted_credit, builder, invoice))
    index_credits(builder)
    if builder.rulebook.payments.source is PaymentSource.INFERRED:
        builder.guard_each((paper for paper in others if paper[0].status is _PAID), partial(_plan_paid, builder))


def _plan_unpayment(builder: PlanBuilder, paper: Paper) -> None:
    plan_unpayment(builder, paper[0])


def _plan_paid(builder: PlanBuilder, paper: Paper) -> None:
    _plan_payments(builder, paper[0], _PAY)


def _paid_before(original: Invoice, credit: Invoice) -> bool:
    """Say whether the original was closed before the credit note existed (choice C06)."""
    closed = original.closed_at
    return original.status is InvoiceStatus.PAID and closed is not None and closed < credit.created_at


# --- payments ---------------------------------------------------------------------------------------------------------


def _plan_payments(builder: PlanBuilder, invoice: Invoice, kind: ActionKind) -> None:
    """Post what is due on every document of an invoice that the practice says is paid."""
    if (
        invoice.status is not _PAID
        or invoice.removed_at is not None
        or invoice.defect
        or builder.rulebook.payments.source is not PaymentSource.INFERRED
    ):
        return
    for state in builder.states.get(f"invoice:{invoice.id}", []):
        if state.ref.kind is _INVOICE and state.open_amount > 0 and not state.status.is_gone():
            _plan_payment(builder, invoice, state, kind)


def _plan_payment(builder: PlanBuilder, invoice: Invoice, state: DocumentState, kind: ActionKind) -> None:
    if _paid_by_us(builder, invoice, state):
        return
    unsettled = _unsettled(builder, invoice, state.subject)
    if unsettled is not None:
        builder.hold(unsettled)
        return
    if state.is_draft():
        hold_payment(builder, invoice, draft_trouble(state, builder))
        return
    on = payment_date(builder, invoice)
    account, unusable = clearing(builder)
    trouble = lock_trouble(builder, on) or unusable
    if trouble is not None:
        hold_payment(builder, invoice, trouble)
        return
    if kind is _PAY and credit_may_have_paid(builder, invoice, state):
        return
    action = new_action(
        kind=kind,
        subject=state.subject,
        number=state.ref.number,
        sentence=f"Post a payment of {readable(state.open_amount)} on {state.ref.number}, dated {australian(on)}.",
        amount=state.open_amount,
        payment=new_payment_step(
            document=state.ref,
            account=account,
            on=on,
            amount=state.open_amount,
            reference=payment_reference(state.base_number or state.ref.number),
            for_total=invoice.total,
        ),
        trail=(
            "The practice says that the invoice is paid; its interface shows no payments, so this one is inferred.",
        ),
    )
    hold = refusal_hold(builder, action, HoldKind.PAYMENT, invoice.number) if builder.facts.refusals else None
    if hold is not None:
        builder.hold(hold)
        return
    builder.act(action)
    reprice(state, state.open_amount)


def _unsettled(builder: PlanBuilder, invoice: Invoice, subject: Subject) -> Hold | None:
    """Return why nobody can say when, or how much, was paid: no closing time, or an edit of the total that waits."""
    if invoice.closed_at is None:
        trouble = Trouble(
            code=HoldCode.BAD_RECORD,
            sentence="The practice says that the invoice is paid, but not when, so its payment has no date.",
            todo="Open the invoice in the practice and give it a closing date; or enter the payment in the books.",
        )
        return trouble_hold(trouble, subject, HoldKind.PAYMENT, invoice.number)
    held = [hold for hold in builder.holds_about(subject) if hold.kind is not HoldKind.PAYMENT]
    waiting = [hold for hold in held if builder.decision(hold) is not DecisionKind.DISMISSED]
    if not waiting or _in_books(builder, subject) == invoice.total:
        return None
    return Hold(
        subject=subject,
        code=HoldCode.WAITS_FOR,
        kind=HoldKind.PAYMENT,
        number=invoice.number,
        sentence=f"The payment waits for the change of the invoice ({waiting[0].code.value}), and goes on by itself.",
        waits_for=subject.key,
        detail={"waits_for": subject.key},
    )


def _in_books(builder: PlanBuilder, subject: Subject) -> Decimal:
    """Return what the documents of a record come to together."""
    total = ZERO
    for state in builder.states.get(subject.key, []):
        amount = state.document.total if state.document is not None and not state.status.is_gone() else ZERO
        total += -amount if state.ref.kind is DocumentKind.CREDIT_NOTE else amount
    return total


def payment_date(builder: PlanBuilder, invoice: Invoice) -> date:
    """Return the day on the wall of the place that took the money."""
    assert invoice.closed_at is not None
    location = builder.facts.locations.get(invoice.location_id) if invoice.location_id else None
    return local_date(invoice.closed_at, zone_of(location, builder.rulebook))


def _paid_by_us(builder: PlanBuilder, invoice: Invoice, state: DocumentState) -> bool:
    """Say whether we paid this before: what a person took off since is posted again only when one says so (C35)."""
    links = _own_payments(builder, state) if builder.facts.payments else []
    if not links:
        return _own_payment_in_books(state)
    stands = any(standing_payment(state.document, link) is not None for link in links)
    what = "other money was taken off it" if stands else f"our payment {links[-1].reference} was taken off"
    trouble = Trouble(
        code=HoldCode.PAYMENT_REMOVED,
        sentence=(
            f"{state.ref.number} is paid in the practice, but {readable(state.open_amount)} is open again in "
            f"{builder.around.books_title}: {what} there."
        ),
        todo="Approve to post what is open as a payment again, or dismiss this to leave it off.",
        detail={
            "books_number": state.ref.number,
            "open": state.open_amount,
            "shown": f"{state.open_amount}|{invoice.closed_at}|{sorted(link.payment_id for link in links)}",
        },
    )
    hold = trouble_hold(trouble, invoice_subject(invoice), HoldKind.PAYMENT, invoice.number)
    if builder.decision(hold) is DecisionKind.APPROVED:
        return False
    builder.hold(hold)
    return True


def _own_payments(builder: PlanBuilder, state: DocumentState) -> list[PaymentLink]:
    """Return the payments that we posted on a document and did not take back, those that a person removed too."""
    links = builder.facts.payments.get(state.subject.key, ())
    return [link for link in links if link.live and link.document_id == state.ref.id and not link.is_allocation()]


def _own_payment_in_books(state: DocumentState) -> bool:
    held = state.document.payments if state.document is not None else ()
    if not held:
        return False
    reference = payment_reference(state.base_number or state.ref.number)
    return any(payment.reference == reference and not payment.deleted for payment in held)


def clearing(builder: PlanBuilder) -> tuple[str, Trouble | None]:
    """Return how the books are told of the clearing account, however the rulebook names it (choice C45), and its fault.

    It is the same one for every payment, so it is looked at once.
    """
    named = builder.rulebook.payments.account
    known = builder.clearing.get(named)
    if known is None:
        account = builder.facts.chart.account(named)
        key = account.key if account is not None else named
        known = builder.clearing[named] = (key, _account_trouble(builder, named))
    return known


def _account_trouble(builder: PlanBuilder, code: str) -> Trouble | None:
    account = builder.facts.chart.account(code)
    fault = unpayable(account)
    if fault is None:
        return None
    if account is not None and fault is Unpayable.ABROAD:
        return _abroad(builder, account)
    if not code:
        return Trouble(
            code=HoldCode.UNMAPPED_ACCOUNT,
            sentence="No clearing account is chosen, so no payment can be posted.",
            todo="Set account under [payments] in the rulebook; `ligament map` offers what the books have.",
        )
    state = _FAULTS[fault]
    return Trouble(
        code=HoldCode.UNMAPPED_ACCOUNT,
        sentence=f"The clearing account {code} {state} in the books.",
        todo="Choose another account under [payments] in the rulebook, or allow payments to it in the books.",
        detail={"account": code},
    )


_FAULTS = {
    Unpayable.MISSING: "does not exist",
    Unpayable.ARCHIVED: "is archived",
    Unpayable.CLOSED: "takes no payments",
}


def _abroad(builder: PlanBuilder, account: Account) -> Trouble:
    """Return the trouble of an account in another currency: what is paid there would be counted as that currency."""
    own = builder.organisation.currency or "another currency"
    return Trouble(
        code=HoldCode.UNMAPPED_ACCOUNT,
        sentence=f"The clearing account {account.called} is kept in {account.abroad}, and the books in {own}.",
        todo=f"Choose an account in {own} under [payments] in the rulebook; this goes on by itself then.",
        detail={"account": account.called},
    )
