"""Rulings: who a document is for, and whether it is posted at all."""

from __future__ import annotations

from collections.abc import Mapping

from ligament.core.billing import Bill, bill_to, first_line, survivor
from ligament.core.drafting import (
    invoice_subject,
)
from ligament.core.erasing import is_erased
from ligament.core.first_days import first_day
from ligament.core.holds import HoldCode
from ligament.core.links import DecisionKind
from ligament.core.money import cents
from ligament.core.records import Invoice, InvoiceStatus
from ligament.core.rules.apply import LINE_NAMES, NO_RULING, Ruling, judge
from ligament.core.rules.contexts import Around, context
from ligament.core.rules.model import ZeroTotal
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import (
    PlanBuilder,
    invoice_hold,
)


def ruling_for(builder: PlanBuilder, invoice: Invoice) -> Ruling:
    """Return what the clinic's rules say about an invoice; conditions see the bill as it would be without rules."""
    if not builder.rulebook.rules:
        return NO_RULING
    # A visit can carry the id of an invoice, but never its number.
    key = (invoice.id, invoice.number)
    if key not in builder.rulings:
        builder.rulings[key] = _ruling(builder, invoice)
    return builder.rulings[key]


def _ruling(builder: PlanBuilder, invoice: Invoice) -> Ruling:
    around = builder.around
    facts = facts_for(builder, invoice)
    unknown = forgotten(builder, invoice)
    if not unknown and around.untouched(builder.rulebook.rules, facts):
        return NO_RULING
    return judge(builder.rulebook.rules, facts, around.evaluate, around.express, unknown)


def facts_for(builder: PlanBuilder, invoice: Invoice) -> Mapping[str, object]:
    """Return what rules may look at for an invoice; the payer is whom it would be billed to without rules."""
    bill = _addressed(builder, invoice, "")
    practitioners, locations = builder.facts.practitioners, builder.facts.locations
    around = Around(
        patient=survivor(invoice.party_id, builder.facts),
        payer=bill.party if isinstance(bill, Bill) and bill.is_payer else None,
        visit=builder.facts.visits.get(invoice.visit_id) if invoice.visit_id else None,
        practitioner=practitioners.get(invoice.practitioner_id) if invoice.practitioner_id else None,
        business=locations.get(invoice.location_id) if invoice.location_id else None,
    )
    return context(invoice, around, builder.rulebook)


def forgotten(builder: PlanBuilder, invoice: Invoice) -> frozenset[str]:
    """Return under which names rules speak of what is not known any more: a patient, and what lines are called."""
    patient = survivor(invoice.party_id, builder.facts)
    gone = {"patient"} if patient is None or patient.deleted else set()
    if any(is_erased(line.name) for line in invoice.lines):
        gone.add(LINE_NAMES)
    return frozenset(gone)


def skip_reason(builder: PlanBuilder, invoice: Invoice) -> str:
    """Return why an invoice that was never posted is left out, or an empty text."""
    if invoice.removed_at is not None:
        return "archived"
    if invoice.defect:
        # What cannot be read stands there as an old date or zero: that is no reason to leave it out.
        return ""
    started = first_day(builder.rulebook.invoices.start_on, builder.facts.first_connected_on)
    if started is not None and invoice.issued_on < started and not _open_before_start(builder, invoice):
        return "before_start"
    if not cents(invoice.total) and builder.rulebook.invoices.zero_total is ZeroTotal.SKIP:
        return "zero_total"
    return ""


def _open_before_start(builder: PlanBuilder, invoice: Invoice) -> bool:
    open_ones = {InvoiceStatus.OPEN, InvoiceStatus.OPEN_CREDIT}
    return builder.rulebook.invoices.post_open_before_start and invoice.status in open_ones


def bill_of(builder: PlanBuilder, invoice: Invoice, ruling: Ruling) -> Bill | Trouble:
    """Return who is billed, with a person's answer to an unknown payer applied."""
    bill = _addressed(builder, invoice, ruling.effects.contact)
    if isinstance(bill, Trouble) and bill.code is HoldCode.PAYER_UNKNOWN and bill.proposed:
        hold = invoice_hold(bill, invoice, invoice_subject(invoice))
        if builder.decision(hold) is DecisionKind.APPROVED:
            return bill_to(invoice, builder.rulebook, builder.facts, "patient")
    return bill


def _addressed(builder: PlanBuilder, invoice: Invoice, by_rule: str) -> Bill | Trouble:
    """Return who is billed: the same for all invoices of one patient and place that are addressed alike."""
    sort = (invoice.party_id, invoice.location_id, first_line(invoice), by_rule)
    found = builder.addressed.get(sort)
    if found is None:
        found = builder.addressed[sort] = bill_to(invoice, builder.rulebook, builder.facts, by_rule)
    return found
