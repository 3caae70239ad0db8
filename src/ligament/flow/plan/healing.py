"""Healing: what a person said to mend, planned like everything else; what a person made is never touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from ligament.core.comparisons import used_on_document
from ligament.core.differences import edited_fields, with_line_ids, written_mark
from ligament.core.drafting import invoice_subject
from ligament.core.intents import DocumentIntent, Subject
from ligament.core.ledgers import BooksDocument, BooksPayment, DocumentKind, DocumentStatus
from ligament.core.links import DocumentLink, Origin, PaymentLink, Role
from ligament.core.money import ZERO, cents, readable
from ligament.core.periods import australian
from ligament.core.plans import (
    Action,
    ActionKind,
    AllocationStep,
    DocumentRef,
    DocumentStep,
    State,
    UnpaymentStep,
)
from ligament.core.records import Invoice, InvoiceStatus
from ligament.core.rules.model import PaymentSource
from ligament.core.variances import Fix, fix_code
from ligament.flow.plan.builder import PlanBuilder, held_as_refused, invoice_outcome
from ligament.flow.plan.document_state import DocumentState, reprice
from ligament.flow.plan.money.payments import clearing, payment_date
from ligament.flow.plan.money.unpaying import hold_payment

_CODES = tuple(fix_code(fix) for fix in (Fix.PUT_BACK, Fix.RE_DATE, Fix.TAKE_OFF, Fix.ALLOCATE))


def plan_healing(builder: PlanBuilder, papers: Iterable[tuple[Invoice, Subject]]) -> None:
    """Plan what was asked for about documents and the money on them, where nothing else is planned or held."""
    wanted = {key for key in builder.facts.decisions if key.endswith(_CODES)}
    if not wanted:
        return
    for invoice, subject in papers:
        outcome = builder.outcomes.get(subject.key)
        rests = outcome is not None and outcome.state is State.UNCHANGED and invoice.removed_at is None
        if rests and any(f"{subject.key}|{code}" in wanted for code in _CODES):
            _heal(builder, invoice, subject)


def _heal(builder: PlanBuilder, invoice: Invoice, subject: Subject) -> None:
    for link in builder.facts.document_links.get(subject.key, ()):
        document = builder.facts.documents.get(link.books_id)
        if document is None or document.status.is_gone():
            continue
        if builder.fix_asked(subject, Fix.PUT_BACK, written_mark(document)):
            _put_back(builder, invoice, link, document)
        if document.kind is DocumentKind.INVOICE:
            _payments(builder, invoice, subject, document)
        elif builder.fix_asked(subject, Fix.ALLOCATE, document.id):
            _allocate(builder, invoice, subject)


# --- documents --------------------------------------------------------------------------------------------------------


def _put_back(builder: PlanBuilder, invoice: Invoice, link: DocumentLink, document: BooksDocument) -> None:
    """Write again what we last wrote, where no money and no lock is on it and somebody changed it."""
    sent = link.sent
    locked = builder.organisation.locks.locks(document.on) or (
        sent is not None and builder.organisation.locks.locks(sent.on)
    )
    if link.origin is not Origin.MADE:
        # What was there before and only linked was made by a person, or by another program.
        return
    if sent is None or document.has_money() or locked or document.status is not DocumentStatus.AUTHORISED:
        return
    if not edited_fields(sent, document):
        return
    wanted = replace(sent, status=DocumentStatus.AUTHORISED, lines=with_line_ids(sent.lines, document))
    action = Action(
        kind=ActionKind.UPDATE_DOCUMENT,
        subject=link.subject,
        number=wanted.number,
        sentence=f"Put {wanted.number} back to {readable(wanted.total)}, as it was posted.",
        amount=wanted.total,
        existing=True,
        heals=True,
        document=_step(link, document, wanted),
    )
    if held_as_refused(builder, invoice, action):
        return
    builder.act(action)
    for state in builder.states.get(link.subject.key, []):
        if state.ref.id == document.id:
            state.open_amount += wanted.total - document.total
    builder.outcome(invoice_outcome(invoice, link.subject, State.PLANNED))


def _step(link: DocumentLink, document: BooksDocument, wanted: DocumentIntent) -> DocumentStep:
    return DocumentStep(
        intent=wanted, document_id=document.id, role=link.role, version=link.version, origin=link.origin
    )


# --- money ------------------------------------------------------------------------------------------------------------


def _payments(builder: PlanBuilder, invoice: Invoice, subject: Subject, document: BooksDocument) -> None:
    """Take off a payment of ours that stands there twice or on another day; the right one follows by itself."""
    for link in builder.facts.payments.get(subject.key, ()):
        payment = next((held for held in document.payments if held.id == link.payment_id and not held.deleted), None)
        if payment is None or not link.live or payment.reconciled or invoice.closed_at is None:
            continue
        on = payment_date(builder, invoice)
        locks = builder.organisation.locks
        if locks.locks(payment.on):
            continue
        if builder.fix_asked(subject, Fix.TAKE_OFF, payment.id) and _paid_without_us(builder, invoice, subject):
            _take_off(builder, link, document, f"Take off our payment {link.reference}: it stands there twice.")
        elif payment.on != on and not locks.locks(on) and _re_dated(builder, subject, payment, on):
            _re_date(builder, invoice, link, document, payment)


def _paid_without_us(builder: PlanBuilder, invoice: Invoice, subject: Subject) -> bool:
    """Say whether what others entered is still all that the practice took; it may have been taken off since."""
    ours = {link.payment_id for link in builder.facts.payments.get(subject.key, ()) if link.live}
    held = [builder.facts.documents.get(link.books_id) for link in builder.facts.document_links.get(subject.key, ())]
    live = [document for document in held if document is not None and not document.status.is_gone()]
    there = [payment for document in live for payment in document.payments if not payment.deleted]
    others = sum((payment.amount for payment in there if payment.id not in ours), ZERO)
    used = sum((used_on_document(document) for document in live), ZERO)
    return invoice.status is InvoiceStatus.PAID and others >= cents(invoice.total) - used


def _re_dated(builder: PlanBuilder, subject: Subject, payment: BooksPayment, on: date) -> bool:
    return builder.fix_asked(subject, Fix.RE_DATE, f"{payment.id} {on.isoformat()}")


def _re_date(
    builder: PlanBuilder, invoice: Invoice, link: PaymentLink, document: BooksDocument, payment: BooksPayment
) -> None:
    """The books cannot move a payment: ours is taken off, and the next pass posts it on the right day.

    Where it could not be posted again, it stays.
    """
    if invoice.status is not InvoiceStatus.PAID or builder.rulebook.payments.source is not PaymentSource.INFERRED:
        return
    _, unusable = clearing(builder)
    if unusable is not None:
        hold_payment(builder, invoice, unusable)
        return
    sentence = f"Take off our payment {link.reference} of {australian(payment.on)}, and post it on the right day."
    _take_off(builder, link, document, sentence)


def _take_off(builder: PlanBuilder, link: PaymentLink, document: BooksDocument, sentence: str) -> None:
    ref = DocumentRef(kind=document.kind, number=document.number, id=document.id)
    builder.act(
        Action(
            kind=ActionKind.UNPAY,
            subject=link.subject,
            number=link.reference,
            sentence=sentence,
            amount=link.amount,
            existing=True,
            heals=True,
            unpayment=UnpaymentStep(
                payment_id=link.payment_id, document=ref, amount=link.amount, reference=link.reference
            ),
        )
    )


def _allocate(builder: PlanBuilder, credit: Invoice, subject: Subject) -> None:
    """Use a credit on its original again, as it was before somebody took it off."""
    original = builder.facts.invoices.get(credit.original_id) if credit.original_id else None
    note = builder.main_state(subject)
    if original is None or note is None or not credit.is_used_on(original):
        return
    for invoice in builder.states.get(invoice_subject(original).key, []):
        amount = min(note.open_amount, invoice.open_amount)
        on = note.on or credit.issued_on
        fits = invoice.role is Role.MAIN and note.contact_id == invoice.contact_id
        if amount > 0 and fits and not builder.organisation.locks.locks(on):
            _use(builder, note, invoice, AllocationStep(credit=note.ref, invoice=invoice.ref, amount=amount, on=on))


def _use(builder: PlanBuilder, note: DocumentState, invoice: DocumentState, step: AllocationStep) -> None:
    builder.act(
        Action(
            kind=ActionKind.ALLOCATE,
            subject=note.subject,
            number=f"{note.ref.number}>{invoice.ref.number}",
            sentence=f"Use {readable(step.amount)} of {note.ref.number} on {invoice.ref.number} again.",
            amount=step.amount,
            heals=True,
            allocation=step,
        )
    )
    reprice(note, step.amount)
    reprice(invoice, step.amount)
