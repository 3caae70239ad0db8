"""Planning attended appointments without an invoice (SPEC section 4, choice C27)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ligament.core.drafting import as_intent, invoice_from_visit, visit_subject
from ligament.core.holds import HoldCode, HoldKind
from ligament.core.intents import Subject
from ligament.core.links import Agreement, DocumentLink, Role, Unlike
from ligament.core.money import ZERO
from ligament.core.plans import Action, ActionKind, DocumentStep, Outcome, RecordKind, State
from ligament.core.records import Invoice, Visit
from ligament.core.rules.model import InvoiceSource
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import PlanBuilder, hold_trouble, trouble_hold
from ligament.flow.plan.rulings import skip_reason


def visit_outcome(visit: Visit, state: State, reason: str = "") -> Outcome:
    """Return the outcome of a visit: an individual one is called an appointment, one in a group an attendee."""
    label = "attendee" if visit.in_group else "appointment"
    identifier = visit.id if visit.in_group else visit.booking_id
    return Outcome(
        subject=visit_subject(visit.id),
        kind=RecordKind.INVOICES,
        state=state,
        number=str(identifier),
        reason=reason,
        label=label,
    )


def skip_visit(builder: PlanBuilder, visit: Visit) -> str:
    """Return why a visit is not charged now, or an empty text."""
    if visit.removed:
        return "archived"
    if visit.cancelled_at is not None:
        return "cancelled"
    if visit.arrived is False:
        return "did_not_arrive"
    if visit.arrived is None:
        return "not_attended"
    grace = timedelta(minutes=builder.rulebook.invoices.appointment_grace_minutes)
    if visit.ends_at is None or visit.ends_at + grace > builder.around.now:
        return "within_grace"
    return ""


def chargeable(builder: PlanBuilder, visit: Visit) -> Invoice | None:
    """Return the invoice that a visit becomes, or decide its outcome here and return nothing."""
    if builder.rulebook.invoices.source is not InvoiceSource.APPOINTMENTS:
        return None
    if visit.defect and not visit.removed:
        _hold_unreadable(builder, visit)
        return None
    reason = skip_visit(builder, visit)
    if visit.id in builder.facts.invoice_of_visit and reason in {"", "archived", "within_grace"}:
        builder.outcome(visit_outcome(visit, State.UNCHANGED))
        return None
    location = builder.facts.locations.get(visit.location_id) if visit.location_id else None
    invoice = invoice_from_visit(visit, location, builder.rulebook)
    if invoice is not None and not reason and visit_subject(visit.id).key not in builder.facts.document_links:
        reason = skip_reason(builder, invoice)
    if builder.facts.document_links.get(visit_subject(visit.id).key):
        return _posted_visit(builder, visit, invoice, reason)
    if reason or invoice is None:
        builder.outcome(visit_outcome(visit, State.SKIPPED, reason or "not_attended"))
        return None
    return invoice


def _hold_unreadable(builder: PlanBuilder, visit: Visit) -> None:
    outcome = visit_outcome(visit, State.HELD, HoldCode.BAD_RECORD.value)
    trouble = Trouble(
        code=HoldCode.BAD_RECORD,
        sentence=visit.defect,
        todo="Open the appointment in the practice and save it again; tell us if it stays.",
    )
    builder.hold(trouble_hold(trouble, outcome.subject, HoldKind.INVOICE, outcome.number))
    builder.outcome(outcome)


def _posted_visit(builder: PlanBuilder, visit: Visit, invoice: Invoice | None, reason: str) -> Invoice | None:
    """A charge that was posted stays while the visit stands; a visit taken back takes its charge back."""
    if invoice is None or reason in {"within_grace", "before_start", "zero_total"}:
        builder.outcome(visit_outcome(visit, State.UNCHANGED))
        return None
    if reason:
        return replace(invoice, removed_at=visit.cancelled_at or visit.updated_at)
    return invoice


def take_over_visit(builder: PlanBuilder, invoice: Invoice, subject: Subject) -> bool:
    """Hand the document of a visit to the invoice that the builder raised for it later (choice C28)."""
    if invoice.visit_id is None or builder.facts.document_links.get(subject.key) or invoice.removed_at is not None:
        return False
    links = builder.facts.document_links.get(visit_subject(invoice.visit_id).key, ())
    mains = [link for link in links if link.role is Role.MAIN]
    if not mains:
        return False
    _relink(builder, invoice, subject, mains[-1])
    return True


def _relink(builder: PlanBuilder, invoice: Invoice, subject: Subject, link: DocumentLink) -> None:
    document = builder.facts.documents.get(link.books_id)
    if document is None or document.status.is_gone():
        trouble = Trouble(
            code=HoldCode.VOIDED_IN_BOOKS,
            sentence=f"The visit was posted as {link.number}, which is void now.",
            todo="Dismiss this, or post the invoice by hand.",
        )
        hold_trouble(builder, invoice, subject, trouble)
        return
    intent = link.sent if link.sent is not None else as_intent(document, subject)
    held = builder.facts.agreements.get(link.subject.key)
    agreement = Agreement(
        subject=subject,
        fingerprint=Unlike.OF_THE_VISIT.value,
        kind=link.kind,
        lines=held.lines if held is not None else intent.lines,
        total=held.total if held is not None else ZERO,
    )
    step = DocumentStep(intent=intent, document_id=document.id, origin=link.origin, agreement=agreement, relink=True)
    builder.act(
        Action(
            kind=ActionKind.LINK_DOCUMENT,
            subject=subject,
            number=link.number,
            sentence=f"The visit posted as {link.number} now has invoice {invoice.number} in the practice.",
            amount=document.total,
            document=step,
        )
    )
