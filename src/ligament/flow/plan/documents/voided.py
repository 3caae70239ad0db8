"""Documents that are void in the books: issued again, found under another number, or left as a person wanted."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.drafting import content_fingerprint, document_number
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.intents import DocumentIntent
from ligament.core.links import DecisionKind, Role
from ligament.core.money import cents
from ligament.core.plans import State
from ligament.core.records import InvoiceStatus
from ligament.core.rules.model import PaymentSource
from ligament.core.troubles import Trouble
from ligament.core.variances import Fix
from ligament.flow.plan.builder import (
    PlanBuilder,
    hold_document,
    hold_trouble,
    invoice_hold,
    invoice_outcome,
    lock_trouble,
)
from ligament.flow.plan.documents.drafts import create
from ligament.flow.plan.documents.redrafting import draft_again
from ligament.flow.plan.documents.relinking import agreed_on, link_again, ours_in_books
from ligament.flow.plan.documents.updates import Posted


def plan_gone(builder: PlanBuilder, posted: Posted) -> None:
    """A document we voided is issued again when the invoice is restored; one voided by a person stays so (C20, C36)."""
    invoice, subject = posted.invoice, posted.subject
    if posted.main.voided_by_us:
        _reissue(builder, posted)
        return
    if posted.main.sent is not None and _found_successor(builder, posted, posted.main.sent):
        return
    if builder.fix_asked(subject, Fix.POST_AGAIN, posted.main.books_id):
        _post_again(builder, posted)
        return
    hold = _voided_hold(builder, posted)
    if hold is None:
        builder.outcome(invoice_outcome(invoice, subject, State.UNCHANGED))
    elif builder.decision(hold) is DecisionKind.APPROVED:
        _reissue(builder, posted)
    elif hold.kind is HoldKind.PAYMENT:
        builder.hold(hold)
        builder.outcome(invoice_outcome(invoice, subject, State.HELD, hold.code.value, hold.sentence))
    else:
        hold_document(builder, invoice, subject, hold)


def _voided_hold(builder: PlanBuilder, posted: Posted) -> Hold | None:
    """Return the hold of a document that a person voided and that the practice has changed, or says is paid (C36)."""
    invoice = posted.invoice
    held = builder.facts.agreements.get(posted.subject.key)
    is_changed = held is not None and held.fingerprint != content_fingerprint(invoice)
    inferred = builder.rulebook.payments.source is PaymentSource.INFERRED
    is_paid = invoice.status is InvoiceStatus.PAID and bool(cents(invoice.total)) and inferred
    if not is_changed and not is_paid:
        return None
    again = document_number(invoice, builder.rulebook, posted.main.version + 1)
    since = "has changed in the practice" if is_changed else "is paid in the practice"
    trouble = Trouble(
        code=HoldCode.VOIDED_IN_BOOKS,
        sentence=f"{posted.document.number} was voided in {builder.around.books_title}, and the invoice {since}.",
        todo=f"Approve to post it again as {again}, archive the invoice in the practice, or dismiss this.",
        detail={"changed": ["status"], "books_number": posted.document.number},
        proposed={"number": again},
    )
    hold = invoice_hold(trouble, invoice, posted.subject)
    return hold if is_changed else replace(hold, kind=HoldKind.PAYMENT)


def _post_again(builder: PlanBuilder, posted: Posted) -> None:
    """A person voided it and a person says to post it again: that is mending, whatever the policy for new documents."""
    before = len(builder.actions)
    _reissue(builder, posted)
    builder.actions[before:] = [replace(action, heals=True) for action in builder.actions[before:]]


def _reissue(builder: PlanBuilder, posted: Posted) -> None:
    states = builder.states[posted.subject.key]
    builder.states[posted.subject.key] = [state for state in states if not state.status.is_gone()]
    drafted = draft_again(builder, posted, document_number(posted.invoice, builder.rulebook, posted.main.version + 1))
    if drafted is None or _linked_successor(builder, posted, drafted.intent):
        return
    trouble = lock_trouble(builder, drafted.intent.on)
    if trouble is not None:
        hold_trouble(builder, posted.invoice, posted.subject, trouble)
        return
    create(builder, posted.invoice, posted.subject, drafted, version=posted.main.version + 1)


def _found_successor(builder: PlanBuilder, posted: Posted, sent: DocumentIntent) -> bool:
    """Link what was issued again in the place of a document that somebody voided, as far as our memory goes."""
    again = document_number(posted.invoice, builder.rulebook, posted.main.version + 1)
    if ours_in_books(builder, replace(sent, number=again), posted.subject) is None:
        return False
    drafted = draft_again(builder, posted, again)
    return drafted is None or _linked_successor(builder, posted, drafted.intent)


def _linked_successor(builder: PlanBuilder, posted: Posted, intent: DocumentIntent) -> bool:
    """Link the document that was issued again in the place of a voided one, when the cross-reference was lost."""
    document = ours_in_books(builder, intent, posted.subject)
    if document is None:
        return False
    agreed = agreed_on(builder, posted.invoice, posted.subject, intent, document)
    if isinstance(agreed, Hold):
        hold_document(builder, posted.invoice, posted.subject, agreed)
        return True
    version = posted.main.version + 1
    link_again(builder, posted, document, intent.party, role=Role.MAIN, version=version, agreed=agreed)
    return True
