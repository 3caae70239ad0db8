"""Planning invoices and credit notes that have no document linked yet: create, link what is there, skip, or hold."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.drafting import Draft, as_intent, document_number, invoice_subject
from ligament.core.holds import Hold, HoldCode
from ligament.core.intents import DocumentIntent, Subject
from ligament.core.ledgers import BooksDocument
from ligament.core.links import DecisionKind
from ligament.core.money import cents, readable
from ligament.core.plans import DocumentStep, State
from ligament.core.records import Invoice, InvoiceStatus
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import (
    PlanBuilder,
    hold_document,
    hold_trouble,
    invoice_hold,
    invoice_outcome,
    lock_trouble,
    sound,
    stopped_by_rule,
    waits,
)
from ligament.flow.plan.documents.drafts import create, drafted_for, unreadable
from ligament.flow.plan.documents.history import in_history, link_as_said
from ligament.flow.plan.documents.relinking import agreed_on
from ligament.flow.plan.rulings import bill_of, ruling_for, skip_reason


def plan_new(builder: PlanBuilder, invoice: Invoice, subject: Subject) -> None:
    """Plan an invoice or credit note that has no document in the books yet."""
    reason = skip_reason(builder, invoice)
    if reason:
        builder.outcome(invoice_outcome(invoice, subject, State.SKIPPED, reason))
        return
    trouble = _unreadable(invoice)
    if trouble is not None:
        hold_trouble(builder, invoice, subject, trouble)
        return
    ruling = ruling_for(builder, invoice)
    if ruling.skipped_by:
        builder.outcome(invoice_outcome(invoice, subject, State.SKIPPED, f"rule:{ruling.skipped_by}"))
        return
    if stopped_by_rule(builder, invoice, subject, ruling) or _waits_for_original(builder, invoice, subject):
        return
    bill = builder.bills.get(subject.key) or bill_of(builder, invoice, ruling)
    if isinstance(bill, Trouble):
        hold_trouble(builder, invoice, subject, bill)
        return
    if bill.subject.key in builder.unready or bill.subject.key not in builder.contacts:
        waits(builder, invoice, subject, bill.subject)
        return
    if in_history(builder, invoice, subject, bill):
        return
    drafted = drafted_for(builder, invoice, bill, ruling)
    if isinstance(drafted, Trouble):
        hold_trouble(builder, invoice, subject, drafted)
    else:
        create_or_find(builder, invoice, subject, drafted)


def _unreadable(invoice: Invoice) -> Trouble | None:
    if invoice.defect:
        return unreadable(invoice.defect)
    if invoice.status is InvoiceStatus.UNKNOWN:
        return Trouble(
            code=HoldCode.UNKNOWN_STATUS,
            sentence=f'The invoice has a status we have never seen ("{invoice.status_text}").',
            todo="Tell us about it; nothing is guessed about money.",
        )
    if not invoice.lines and cents(invoice.total):
        return Trouble(
            code=HoldCode.TOTAL_MISMATCH,
            sentence=f"The invoice comes to {readable(invoice.total)} but shows no lines.",
            todo="Open the invoice in the practice and save it again.",
        )
    return None


def _waits_for_original(builder: PlanBuilder, invoice: Invoice, subject: Subject) -> bool:
    """Hold a credit note whose original is not in the books (choice C19), or let it wait for a held one."""
    if invoice.original_id is None:
        return False
    original = builder.facts.invoices.get(invoice.original_id)
    key = f"invoice:{invoice.original_id}"
    if key in builder.held_documents and not builder.states.get(key):
        waits(builder, invoice, subject, invoice_subject(original) if original else subject)
        return True
    if builder.states.get(key) or builder.facts.document_links.get(key):
        return False
    trouble = Trouble(
        code=HoldCode.ORIGINAL_NOT_POSTED,
        sentence="The invoice that this credit note reverses is not in the books.",
        todo="Approve to post the credit note on its own, or dismiss it if it belongs to the old books.",
    )
    hold = invoice_hold(trouble, invoice, subject)
    if builder.decision(hold) is DecisionKind.APPROVED:
        return False
    hold_document(builder, invoice, subject, hold)
    return True


# --- what the books already have --------------------------------------------------------------------------------------


def _link_own(
    builder: PlanBuilder,
    invoice: Invoice,
    subject: Subject,
    wanted: DocumentIntent,
    document: BooksDocument,
    version: int,
) -> None:
    agreed = agreed_on(builder, invoice, subject, wanted, document)
    if isinstance(agreed, Hold):
        hold_document(builder, invoice, subject, agreed)
        return
    intent = as_intent(document, wanted.party)
    step = DocumentStep(intent=intent, document_id=document.id, version=version, agreement=agreed)
    link_as_said(builder, invoice, subject, document, step)


def _number_in_use(
    builder: PlanBuilder, invoice: Invoice, subject: Subject, drafted: Draft, document: BooksDocument
) -> None:
    intent, number, again = drafted.intent, drafted.intent.number, 0
    if _is_ours(builder, intent, subject, document):
        version, newest = _newest(builder, invoice, intent, subject, document)
        if not newest.status.is_gone():
            wanted = replace(intent, number=newest.number)
            _link_own(builder, invoice, subject, wanted, newest, version)
            return
        again = version + 1
        trouble = Trouble(
            code=HoldCode.VOIDED_IN_BOOKS,
            sentence=f"{newest.number} was voided in the books, and we do not know why.",
            todo=f"Approve to post it again as {document_number(invoice, builder.rulebook, again)}, or dismiss it.",
            proposed={"number": document_number(invoice, builder.rulebook, again)},
        )
    elif version := _next_version(builder, invoice, document):
        renumbered = replace(intent, number=document_number(invoice, builder.rulebook, version))
        create(builder, invoice, subject, replace(drafted, intent=renumbered), version=version)
        return
    else:
        trouble = Trouble(
            code=HoldCode.NUMBER_TAKEN,
            sentence=f"The number {number} belongs to another document in the books.",
            todo="Rename that document in the books, or choose another prefix in the rulebook.",
            detail={"books_id": document.id},
        )
    hold = invoice_hold(trouble, invoice, subject)
    if again and builder.decision(hold) is DecisionKind.APPROVED:
        renumbered = replace(intent, number=document_number(invoice, builder.rulebook, again))
        create(builder, invoice, subject, replace(drafted, intent=renumbered), version=again)
        return
    hold_document(builder, invoice, subject, hold)


def _is_ours(builder: PlanBuilder, intent: DocumentIntent, subject: Subject, document: BooksDocument) -> bool:
    """Say whether a document bears the reference of a record and is linked to nothing else."""
    linked = builder.facts.subject_of_document.get(document.id)
    return document.reference == intent.reference and linked in {None, subject.key}


def _newest(
    builder: PlanBuilder, invoice: Invoice, intent: DocumentIntent, subject: Subject, document: BooksDocument
) -> tuple[int, BooksDocument]:
    """Return what was issued last for a record, and as which version: each is voided before the next is issued."""
    version = 1
    while document.status.is_gone():
        number = document_number(invoice, builder.rulebook, version + 1)
        held = builder.facts.documents_by_number.get(f"{intent.kind.value}|{number}")
        following = builder.facts.documents.get(held) if held else None
        if following is None or not _is_ours(builder, intent, subject, following):
            break
        version, document = version + 1, sound(following)
    return version, document


def _next_version(builder: PlanBuilder, invoice: Invoice, document: BooksDocument) -> int:
    """Return the version under which a visit is posted anew, or 0 where its number is not one that we voided.

    What the visit was posted as went on to its invoice (choice C28), and was voided with it (choice C20).
    """
    facts = builder.facts
    links = facts.document_links.get(facts.subject_of_document.get(document.id) or "", ())
    if not any(link.books_id == document.id and link.voided_by_us for link in links):
        return 0
    version = 2
    while f"{document.kind}|{document_number(invoice, builder.rulebook, version)}" in facts.documents_by_number:
        version += 1
    return version


def create_or_find(builder: PlanBuilder, invoice: Invoice, subject: Subject, drafted: Draft) -> None:
    """Create the document, or link our own when the cross-reference was lost."""
    intent = drafted.intent
    numbers = builder.facts.documents_by_number
    held = numbers.get(f"{intent.kind}|{intent.number}") if numbers else None
    document = builder.facts.documents.get(held) if held else None
    if document is not None:
        _number_in_use(builder, invoice, subject, drafted, sound(document))
        return
    trouble = lock_trouble(builder, intent.on)
    if trouble is not None:
        hold_trouble(builder, invoice, subject, trouble)
        return
    create(builder, invoice, subject, drafted)
