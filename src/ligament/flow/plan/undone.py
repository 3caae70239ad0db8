"""Undone: records of which an undo took something back wait until a person wants them again."""

from __future__ import annotations

from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.intents import Subject
from ligament.core.links import DecisionKind
from ligament.core.records import Invoice
from ligament.flow.plan.builder import PlanBuilder, hold_document, hold_kind

_UNDONE = HoldCode.UNDONE.value


def is_undone(builder: PlanBuilder, subject: Subject) -> bool:
    """Say whether an undo took something of this back, and nobody said since to have it again."""
    if not builder.facts.decisions:
        return False
    decision = builder.facts.decisions.get(f"{subject.key}|{_UNDONE}")
    return decision is not None and decision.decision is not DecisionKind.APPROVED


def held_as_undone(builder: PlanBuilder, invoice: Invoice, subject: Subject) -> bool:
    """Hold a document of which an undo took something back; say whether that was so."""
    if not is_undone(builder, subject):
        return False
    hold_document(builder, invoice, subject, undone_hold(subject, hold_kind(invoice), invoice.number))
    return True


def undone_hold(subject: Subject, kind: HoldKind, number: str) -> Hold:
    """Return the hold of what an undo took back; it says the same whatever becomes of the record."""
    return Hold(
        subject=subject,
        code=HoldCode.UNDONE,
        kind=kind,
        number=number,
        sentence="The run that posted it was undone; it is not posted again by itself.",
        todo="Retry or approve it to have it posted again, or dismiss it to leave it out.",
    )
