"""Documents of ours that the books hold and the cross-references do not: found by number and reference, and linked."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.drafting import as_intent
from ligament.core.holds import Hold
from ligament.core.intents import DocumentIntent, Subject
from ligament.core.ledgers import BooksDocument
from ligament.core.links import Agreement, DecisionKind, DocumentLink, Role, Unlike
from ligament.core.plans import Action, ActionKind, DocumentStep, State
from ligament.core.records import Invoice
from ligament.flow.plan.builder import PlanBuilder, invoice_hold, invoice_outcome
from ligament.flow.plan.document_state import DocumentState, state_of
from ligament.flow.plan.documents.drafts import agreement_for
from ligament.flow.plan.documents.updates import Posted, edited


def ours_in_books(builder: PlanBuilder, intent: DocumentIntent, subject: Subject) -> BooksDocument | None:
    """Return the live document that carries a number and the reference of a record, and is linked to nothing else."""
    held = builder.facts.documents_by_number.get(f"{intent.kind.value}|{intent.number}")
    document = builder.facts.documents.get(held) if held else None
    if document is None or document.status.is_gone() or document.reference != intent.reference:
        return None
    return document if builder.facts.subject_of_document.get(document.id) in {None, subject.key} else None


def agreed_on(
    builder: PlanBuilder, invoice: Invoice, subject: Subject, wanted: DocumentIntent, document: BooksDocument
) -> Agreement | Hold:
    """Return what both sides agree on about our own document that was found again.

    Where it says something else than the practice, nobody knows any more who changed it: it is asked before it is
    written over (a hold). A paid or locked one is agreed on as it is with no state of the practice, so that the next
    pass finds the difference; an older agreement would hide it.
    """
    wanted = replace(wanted, contact_id=builder.contacts.get(wanted.party.key) or document.contact_id)
    link = DocumentLink(subject=subject, books_id=document.id, kind=document.kind, number=document.number, sent=wanted)
    agreed = agreement_for(invoice, subject, as_intent(document, wanted.party))
    trouble = edited(builder, Posted(invoice=invoice, subject=subject, main=link, document=document, links=()))
    if trouble is None:
        return agreed
    hold = invoice_hold(trouble, invoice, subject)
    fixed = document.has_money() or builder.organisation.locks.locks(document.on)
    settled = fixed or builder.decision(hold) is DecisionKind.APPROVED
    return replace(agreed, fingerprint=Unlike.UNKNOWN.value) if settled else hold


def link_again(  # noqa: PLR0913 - one document in one of two roles
    builder: PlanBuilder,
    posted: Posted,
    document: BooksDocument,
    contact: Subject,
    *,
    role: Role,
    version: int,
    agreed: Agreement,
) -> None:
    """Plan to link a document that we posted and forgot, as when an older backup was put back."""
    intent = as_intent(document, contact)
    step = DocumentStep(intent=intent, document_id=document.id, role=role, version=version, agreement=agreed)
    act_link(builder, posted.invoice, posted.subject, document, step).base_number = document.number


def act_link(
    builder: PlanBuilder, invoice: Invoice, subject: Subject, document: BooksDocument, step: DocumentStep
) -> DocumentState:
    """Plan to link a document that the books already have; return what stands on the builder for it from now on."""
    builder.act(
        Action(
            kind=ActionKind.LINK_DOCUMENT,
            subject=subject,
            number=document.number,
            sentence=f"Link {document.number}, which the books already have.",
            amount=document.total,
            document=step,
        )
    )
    state = state_of(document, subject, step.role, step.version, step.intent.party)
    builder.states.setdefault(subject.key, []).append(state)
    builder.outcome(invoice_outcome(invoice, subject, State.PLANNED))
    return state


def agree_again(
    builder: PlanBuilder, posted: Posted, intent: DocumentIntent, agreement: Agreement, sentence: str
) -> None:
    """Plan to remember what both sides agree on about a document that is linked already; nothing is written."""
    step = DocumentStep(
        intent=intent,
        document_id=posted.document.id,
        version=posted.main.version,
        origin=posted.main.origin,
        agreement=agreement,
        relink=True,
    )
    builder.act(
        Action(
            kind=ActionKind.LINK_DOCUMENT,
            subject=posted.subject,
            number=posted.main.number,
            sentence=sentence,
            document=step,
        )
    )
    builder.outcome(invoice_outcome(posted.invoice, posted.subject, State.UNCHANGED))
