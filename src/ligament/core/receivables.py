"""Receivables: what is settled and owed on a record beside what its documents explain already."""

from __future__ import annotations

from datetime import date
from typing import Any

from ligament.core.cases import Case, held_variance
from ligament.core.comparisons import Posted
from ligament.core.ledgers import BooksPayment, DocumentKind
from ligament.core.links import PaymentLink
from ligament.core.money import ZERO, cents, readable
from ligament.core.periods import australian
from ligament.core.records import InvoiceStatus
from ligament.core.rules.model import PaymentSource
from ligament.core.variances import Fix, Needs, Variance, VarianceKind


def judge_money(case: Case) -> list[Variance]:
    """Return the variances of payments and credits; nothing of what is settled or owed is left afterwards."""
    hold = case.hold(of_money=True)
    if hold is not None:
        return [case.explains(held_variance(case, hold), {}, case.settled, case.owed)]
    if case.pairing.dismissed and (case.settled or case.owed):
        return [case.explains(_dismissed(case), {}, case.settled, case.owed)]
    found = [*_credits(case), *_difference(case)]
    return found or _payments(case)


def _dismissed(case: Case) -> Variance:
    """A person was asked about this money, and left it as it is."""
    sentence = f"{case.named}: the money on it was left as it is by a person's decision."
    code = min(case.pairing.dismissed)
    return case.make(VarianceKind.HELD, sentence, needs=Needs.NOBODY, code=code, which="money")


# --- credit -----------------------------------------------------------------------------------------------------------


def _credits(case: Case) -> list[Variance]:
    return [_open_credit(case, held) for held in case.pairing.live if _has_credit(held)]


def _has_credit(held: Posted) -> bool:
    document = held.document
    return document.kind is DocumentKind.CREDIT_NOTE and document.open_amount > 0 and not document.status.is_draft()


def _open_credit(case: Case, held: Posted) -> Variance:
    """A credit that is open in the practice too is only listed; one that was used there waits for somebody."""
    how, left = case.how, held.document.open_amount
    waits = case.pairing.owed < 0
    number = held.document.number
    begins = f"The credit note {number} has {readable(left)} left in {how.books}"
    if waits:
        sentence = f"{begins}, and is open in {how.title} too: nothing is to be done until it is used."
    else:
        sentence = f"{begins}, but was used in {how.title}: use it on an invoice, or pay it out."
    more: dict[str, Any] = {"which": held.document.id} if held.is_adjustment else {}
    variance = case.make(
        VarianceKind.CREDIT_NOT_ALLOCATED,
        sentence,
        needs=Needs.NOBODY if waits else Needs.PERSON,
        number=number if held.is_adjustment else case.pairing.invoice.number,
        books_id=held.document.id,
        books_on=held.document.on,
        amount=cents(-left) if waits else cents(left),
        fix=Fix.ALLOCATE if _may_be_used(case, held) and not waits else None,
        target=held.document.id,
        **more,
    )
    # What is left of the credit is owed to the patient; the practice owes as much while it is open there.
    owed = ZERO if waits else min(left, case.owed) if case.owed > 0 else ZERO
    return case.explains(variance, {}, ZERO, owed)


def _may_be_used(case: Case, held: Posted) -> bool:
    """Say whether the credit was used on its original before and taken off by somebody, so that we can use it again."""
    ours = [link for link in case.pairing.payments if link.is_allocation() and link.live]
    names = {f"{held.document.number}:"}
    return any(name in link.payment_id for link in ours for name in names)


# --- payments ---------------------------------------------------------------------------------------------------------


def _difference(case: Case) -> list[Variance]:
    """Name what is left of settled and owed by who says that money moved."""
    if not case.settled and not case.owed:
        return []
    how, pairing = case.how, case.pairing
    in_books, in_practice = pairing.settled - case.settled, pairing.settled
    money = f"{readable(abs(in_books))} paid in {how.books} and {readable(abs(in_practice))} in {how.title}"
    if not case.settled:
        return [case.explains(_debtor(case), {}, ZERO, case.owed)]
    doubled = _doubled(case)
    if doubled is not None:
        beside = f"our payment of {readable(doubled.amount)} stands beside what somebody entered"
        sentence = f"{case.number} has {money}: {beside}."
        variance = case.make(VarianceKind.PAYMENT, sentence, fix=Fix.TAKE_OFF, target=doubled.id)
    elif pairing.owed and in_books:
        todo = "raise its invoice and record the payment" if case.is_visit else "record the payment"
        sentence = (
            f"{case.number} has {readable(abs(in_books))} paid in {how.books} and is open in {how.title}: "
            f"{todo} in {how.title}."
        )
        variance = case.make(VarianceKind.PAID_IN_BOOKS, sentence)
    elif _will_be_paid(case):
        asks = pairing.asks
        ending = "posting it waits for approval" if asks else "the next run posts it"
        sentence = f"{case.number} is paid in {how.title} and open in {how.books}: {ending}."
        variance = case.make(VarianceKind.PAYMENT, sentence, needs=Needs.PERSON if asks else Needs.HEAL)
    else:
        removed = _removed(case)
        why = f": our payment of {readable(removed.amount)} was removed in {how.books}" if removed is not None else ""
        variance = case.make(VarianceKind.PAYMENT, f"{case.number} has {money}{why}.")
    return [case.explains(variance, {}, case.settled, case.owed)]


def _doubled(case: Case) -> BooksPayment | None:
    """Return our payment where what others entered is all that the practice took."""
    if case.pairing.invoice.status is not InvoiceStatus.PAID or case.settled >= 0:
        return None
    there, ours = _standing(case), {link.payment_id for link in _own(case)}
    others = sum((payment.amount for key, payment in there.items() if key not in ours), ZERO)
    mine = [payment for key, payment in there.items() if key in ours and not payment.reconciled]
    return mine[0] if mine and others >= case.pairing.settled else None


def _debtor(case: Case) -> Variance:
    how, pairing = case.how, case.pairing
    in_books = pairing.owed - case.owed
    sentence = (
        f"{case.number} has {readable(abs(in_books))} open in {how.books} and {readable(abs(pairing.owed))} "
        f"in {how.title}, though the documents agree."
    )
    closed = pairing.invoice.status is InvoiceStatus.CLOSED
    if closed:
        sentence = (
            f"{case.number} is closed in {how.title} without a payment and has {readable(abs(in_books))} open in "
            f"{how.books}."
        )
    return case.make(VarianceKind.DEBTOR, sentence)


def _will_be_paid(case: Case) -> bool:
    is_paid = case.pairing.invoice.status is InvoiceStatus.PAID
    return is_paid and case.settled > 0 and case.pairing.state == "planned"


def _own(case: Case) -> list[PaymentLink]:
    return [link for link in case.pairing.payments if link.live and not link.is_allocation()]


def _standing(case: Case) -> dict[str, BooksPayment]:
    return {
        payment.id: payment for held in case.pairing.live for payment in held.document.payments if not payment.deleted
    }


def _removed(case: Case) -> PaymentLink | None:
    """Return our payment that a person took off in the books."""
    there = _standing(case)
    return next((link for link in _own(case) if link.payment_id not in there), None)


def _payments(case: Case) -> list[Variance]:
    """The sums agree: a payment may still stand on another day, or have been entered again by a person."""
    there = _standing(case)
    removed = _removed(case)
    if removed is not None and there:
        other = next(iter(there.values()))
        sentence = (
            f"Our payment of {readable(removed.amount)} on {case.number} was replaced in {case.how.books} by one of "
            f"{readable(other.amount)}, dated {australian(other.on)}."
        )
        return [case.make(VarianceKind.PAYMENT, sentence, needs=Needs.NOBODY, which="replaced", books_on=other.on)]
    for link in _own(case):
        payment = there.get(link.payment_id)
        if payment is not None and case.pairing.paid_on is not None and payment.on != case.pairing.paid_on:
            return [_dated(case, payment, case.pairing.paid_on)]
    return []


def _dated(case: Case, payment: BooksPayment, paid_on: date) -> Variance:
    how = case.how
    locked = how.locked_to is not None and min(payment.on, paid_on) <= how.locked_to
    sentence = (
        f"The payment of {readable(payment.amount)} on {case.number} is dated {australian(payment.on)} in "
        f"{how.books}, but {how.title} says that it was paid on {australian(paid_on)}."
    )
    inferred = how.rulebook.payments.source is PaymentSource.INFERRED
    may = inferred and not locked and not payment.reconciled
    return case.make(
        VarianceKind.PAYMENT,
        sentence,
        which="dated",
        books_on=payment.on,
        fix=Fix.RE_DATE if may else None,
        target=f"{payment.id} {paid_on.isoformat()}" if may else "",
    )
