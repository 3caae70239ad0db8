"""The third stage: from facts and rulebook to a plan in which every record ends exactly once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ligament.core.billing import Bill, party_subject
from ligament.core.conservation import ConservationError, assert_conserved
from ligament.core.drafting import content_fingerprint, invoice_subject, visit_subject
from ligament.core.facts import Facts, PlanContext
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.intents import CLINIC, Subject
from ligament.core.links import DISMISSED_REASON, REFUSED_REASON, DecisionKind
from ligament.core.money import ZERO
from ligament.core.plans import Action, ActionKind, Outcome, Plan, State, in_order
from ligament.core.records import Invoice, Visit
from ligament.core.rules.model import InvoiceSource, Rulebook
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import (
    EarlierPortions,
    Paper,
    PlanBuilder,
    contact_outcome,
    invoice_outcome,
)
from ligament.flow.plan.contacts.contacts import plan_contacts
from ligament.flow.plan.contacts.groups import plan_groups
from ligament.flow.plan.contacts.leaving import drop_archivals
from ligament.flow.plan.documents.new import plan_new
from ligament.flow.plan.documents.posted import plan_posted
from ligament.flow.plan.documents.visits import chargeable, take_over_visit, visit_outcome
from ligament.flow.plan.healing import plan_healing
from ligament.flow.plan.money.payments import plan_money
from ligament.flow.plan.rulings import bill_of, ruling_for, skip_reason
from ligament.flow.plan.setting_aside import set_aside
from ligament.flow.plan.undone import held_as_undone

_LINK, _PLANNED = ActionKind.LINK_DOCUMENT, State.PLANNED
_MOST_ATTEMPTS = 5
"""How often a plan is made anew without the records that nobody foresaw; each attempt sets aside all that it met."""


def make_plan(facts: Facts, rulebook: Rulebook, around: PlanContext, before: EarlierPortions | None = None) -> Plan:
    """Plan every invoice, visit and party in the facts; reads nothing and writes nothing.

    `before` is what the earlier portions of the same plan have taken, to which this one adds. Raises ConservationError
    when a record would not be accounted for exactly once.
    """
    if rulebook.invoices.source is not InvoiceSource.APPOINTMENTS:
        # Visits that are only listed by a comparison are nothing that a plan, or a rule, may lean on.
        facts = replace(facts, visits={})
    assert facts.organisation is not None, "the organisation is read before anything is planned"
    before = before or EarlierPortions()
    untouched = before.copy()
    for _ in range(_MOST_ATTEMPTS):
        builder = PlanBuilder(
            facts=facts,
            rulebook=rulebook,
            around=around,
            organisation=facts.organisation,
            names=before.names,
            adopted=before.adopted,
            options=before.options,
            groups=before.groups,
            made=before.made,
        )
        plan = _planned(builder)
        if plan is not None:
            return plan
        for oddity in builder.odd.values():
            if not oddity.known:
                around.heed(oddity)
        facts = set_aside(facts, builder.odd)
        before.become(untouched)
    message = "records keep failing although they were set aside"
    raise ConservationError(message)


def _planned(builder: PlanBuilder) -> Plan | None:
    """Plan everything on the builder; nothing when some record has to be set aside first."""
    if builder.facts.settings.native_link_on:
        return _all_wait(builder)
    charges = _charges(builder)
    invoices = sorted(builder.facts.invoices.values(), key=_age)
    billed = [(invoice, invoice_subject(invoice)) for invoice in invoices]
    papers = [*billed, *((charge, visit_subject(charge.id)) for charge in charges)]
    plan_contacts(builder, list(builder.facts.parties.values()), _bills(builder, papers))
    builder.guard_each(_originals_first(papers, sort=bool(charges)), partial(_plan_document, builder))
    plan_healing(builder, papers)
    plan_money(builder, billed)
    plan_groups(builder, [*invoices, *charges])
    drop_archivals(builder)
    builder.made.update(key for key, contact_id in builder.contacts.items() if contact_id is None)
    return None if builder.odd else _finished(builder)


def _age(invoice: Invoice) -> tuple[object, ...]:
    return (invoice.created_at, invoice.number, invoice.id)


def _originals_first(papers: list[Paper], *, sort: bool) -> list[Paper]:
    """Return everything in the order of its age, credit notes behind what they may reverse."""
    by_age = sorted(papers, key=lambda paper: _age(paper[0])) if sort else papers
    originals: list[Paper] = []
    credits_: list[Paper] = []
    for paper in by_age:
        (credits_ if paper[0].is_credit() else originals).append(paper)
    return originals + credits_


def _charges(builder: PlanBuilder) -> list[Invoice]:
    visits = sorted(builder.facts.visits.values(), key=lambda visit: (visit.updated_at, visit.id))
    found: list[Invoice] = []

    def charge(visit: Visit) -> None:
        invoice = chargeable(builder, visit)
        if invoice is not None:
            found.append(invoice)

    for visit in visits:
        builder.guard(visit_subject(visit.id), partial(charge, visit))
    return found


def _bills(builder: PlanBuilder, papers: list[Paper]) -> list[Bill]:
    """Decide who is billed for every document that is new or has changed, so that contacts are planned first."""
    bills: list[Bill] = []

    def decide(paper: Paper) -> None:
        invoice, subject = paper
        if not _needs_bill(builder, invoice, subject):
            return
        bill: Bill | Trouble = bill_of(builder, invoice, ruling_for(builder, invoice))
        builder.bills[subject.key] = bill
        if isinstance(bill, Bill):
            bills.append(bill)

    builder.guard_each(papers, decide)
    return bills


def _needs_bill(builder: PlanBuilder, invoice: Invoice, subject: Subject) -> bool:
    if invoice.defect:
        return False
    key = subject.key
    if not builder.facts.document_links.get(key):
        return not skip_reason(builder, invoice) and not ruling_for(builder, invoice).skipped_by
    held = builder.facts.agreements.get(key)
    return invoice.removed_at is None and (held is None or held.fingerprint != content_fingerprint(invoice))


def _plan_document(builder: PlanBuilder, paper: Paper) -> None:
    invoice, subject = paper
    links = builder.facts.document_links.get(subject.key, ())
    if held_as_undone(builder, invoice, subject):
        return
    if links:
        plan_posted(builder, invoice, subject, links)
    elif take_over_visit(builder, invoice, subject):
        builder.outcome(invoice_outcome(invoice, subject, State.PLANNED))
    else:
        plan_new(builder, invoice, subject)


def _all_wait(builder: PlanBuilder) -> Plan:
    """The vendor's own link is on: tell the clinic once, post nothing (choice C29)."""
    hold = Hold(
        subject=CLINIC,
        code=HoldCode.NATIVE_INTEGRATION_ON,
        kind=HoldKind.CLINIC,
        sentence=f"The practice's own link to {builder.around.books_title} is switched on, so nothing is posted here.",
        todo="Switch it off in the practice's settings; everything that waits goes on by itself.",
    )
    facts, code = builder.facts, hold.code.value
    outcomes = (
        *(invoice_outcome(held, invoice_subject(held), State.HELD, code) for held in facts.invoices.values()),
        *(visit_outcome(visit, State.HELD, code) for visit in facts.visits.values()),
        *(contact_outcome(party_subject(party), State.HELD, code) for party in facts.parties.values()),
    )
    return Plan(outcomes=outcomes, holds=(hold,))


def _finished(builder: PlanBuilder) -> Plan:
    _settle_visits(builder)
    refused = {hold.subject.key for hold in builder.holds.values() if hold.code is HoldCode.REFUSED}
    holds = _undismissed(builder)
    drop_archivals(builder)
    held = {hold.subject.key for hold in holds if hold.kind is not HoldKind.PAYMENT}
    unpaid = {hold.subject.key for hold in holds if hold.kind is HoldKind.PAYMENT}
    acted = {action.subject.key for action in builder.actions if action.kind is not _LINK or not _is_note(action)}
    held |= unpaid - acted
    # Most are planned and nothing waits for them: they stay as they are.
    outcomes = [
        outcome if outcome.state is _PLANNED and key not in held else _final(key, outcome, held, acted, refused)
        for key, outcome in builder.outcomes.items()
    ]
    plan = Plan(
        actions=in_order(builder.actions),
        outcomes=tuple(outcomes),
        holds=tuple(builder.holds.values()),
        notes=tuple(builder.notes),
    )
    read = {f"invoice:{invoice.id}": invoice.total for invoice in builder.facts.invoices.values()}
    read |= dict.fromkeys(builder.facts.parties, ZERO)
    assert_conserved(read, plan)
    return plan


def _settle_visits(builder: PlanBuilder) -> None:
    """Visits that only provide context for an invoice are unchanged."""
    for visit in builder.facts.visits.values():
        builder.outcomes.setdefault(visit_subject(visit.id).key, visit_outcome(visit, State.UNCHANGED))
        outcome = builder.outcomes[visit_subject(visit.id).key]
        if outcome.label == "invoice":
            builder.outcomes[visit_subject(visit.id).key] = replace(
                outcome,
                label=visit_outcome(visit, State.PLANNED).label,
                number=visit_outcome(visit, State.PLANNED).number,
            )


def _undismissed(builder: PlanBuilder) -> list[Hold]:
    """Drop holds that a person dismissed as they are now shown; their records are left as they are."""
    for key, hold in list(builder.holds.items()):
        refused = hold.code is HoldCode.REFUSED
        if refused or builder.decision(hold) is DecisionKind.DISMISSED:
            del builder.holds[key]
            outcome = builder.outcomes.get(hold.subject.key)
            if outcome is not None and outcome.state is State.HELD:
                reason = REFUSED_REASON if refused else DISMISSED_REASON
                builder.outcomes[hold.subject.key] = replace(outcome, state=State.SKIPPED, reason=reason)
    return list(builder.holds.values())


def _is_note(action: Action) -> bool:
    return action.document is not None and action.document.relink


def _final(key: str, outcome: Outcome, held: set[str], acted: set[str], refused: set[str]) -> Outcome:
    """A record with an open hold is held, one with an action is planned, one whose payment was refused is skipped."""
    if key in held and outcome.state is not State.HELD:
        return replace(outcome, state=State.HELD, reason=outcome.reason or "hold")
    if outcome.state is State.UNCHANGED and key in acted:
        return replace(outcome, state=State.PLANNED)
    if outcome.state is State.UNCHANGED and key in refused and outcome.label:
        return replace(outcome, state=State.SKIPPED, reason=REFUSED_REASON)
    return outcome
