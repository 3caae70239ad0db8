"""Planning invoices and credit notes that have no document yet: create, link what is there, skip, or hold."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.billing import Bill
from ligament.core.drafting import (
    Draft,
    content_fingerprint,
    document_number,
    draft,
    new_header,
    place_of,
)
from ligament.core.holds import HoldCode
from ligament.core.intents import DocumentIntent, Subject, SubjectKind
from ligament.core.ledgers import DocumentKind, DocumentStatus, TrackingCategory
from ligament.core.lines import Said
from ligament.core.links import Agreement, Role, new_agreement
from ligament.core.money import readable
from ligament.core.periods import australian
from ligament.core.plan_makers import new_action, new_document_step, new_ref
from ligament.core.plans import Action, ActionKind, OptionStep, State
from ligament.core.postings import NO_LINE_RULES, LineContext, LineRules
from ligament.core.records import Invoice
from ligament.core.rules.apply import NO_RULING, Ruling
from ligament.core.sold import listed_items
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import (
    PlanBuilder,
    held_as_refused,
    hold_document,
    hold_kind,
    invoice_outcome,
    refusal_hold,
)
from ligament.flow.plan.document_state import new_state

# Looked at for every document, and looking into a class takes ten times as long as into a module.
_CREATE, _MAIN, _PLANNED = ActionKind.CREATE_DOCUMENT, Role.MAIN, State.PLANNED


def unreadable(defect: str) -> Trouble:
    """Return the trouble with an invoice of which something cannot be understood."""
    return Trouble(
        code=HoldCode.BAD_RECORD,
        sentence=defect,
        todo="Put right what the sentence names, in the practice or in the books; tell us if it stays.",
    )


def drafted_for(
    builder: PlanBuilder, invoice: Invoice, bill: Bill, ruling: Ruling, number: str = ""
) -> Draft | Trouble:
    """Draft the document of an invoice for a contact that is settled."""
    head = new_header(
        number=number or document_number(invoice, builder.rulebook),
        bill=bill,
        contact_id=builder.contacts.get(bill.subject.key),
        ruling=ruling,
        reference_prefix=f"{builder.around.practice_name}:",
    )
    return draft(invoice, head, _line_context(builder, invoice, ruling))


def _line_context(builder: PlanBuilder, invoice: Invoice, ruling: Ruling) -> LineContext:
    """Return what decides about the lines: the same for all invoices of one place, practitioner and set of rules."""
    rules = NO_LINE_RULES if ruling is NO_RULING else LineRules.of(ruling.effects, ruling.by)
    said = () if ruling is NO_RULING else rules.sort
    sort = (invoice.location_id, invoice.practitioner_id, said)
    found = builder.contexts.get(sort)
    if found is None:
        found = builder.contexts[sort] = LineContext(
            rulebook=builder.rulebook,
            chart=builder.facts.chart,
            organisation=builder.organisation,
            place=place_of(invoice, builder.facts),
            rules=rules,
            sealed=lambda: builder.around.sealed(listed_items(builder.rulebook)),
        )
    return found


# --- creating --------------------------------------------------------------------------------------------------------


def agreement_for(invoice: Invoice, subject: Subject, intent: DocumentIntent, said: Said | None = None) -> Agreement:
    """Return what the practice says now, as what the books follow; `said` is that where it was written already."""
    return new_agreement(
        subject=subject,
        fingerprint=content_fingerprint(invoice, said),
        kind=intent.kind,
        lines=intent.lines,
        total=intent.total,
    )


def create(builder: PlanBuilder, invoice: Invoice, subject: Subject, drafted: Draft, version: int = 1) -> None:
    """Plan a new document, with the tracking options it needs."""
    intent = drafted.intent
    agreement = agreement_for(invoice, subject, intent, drafted.said)
    action = new_action(
        kind=_CREATE,
        subject=subject,
        number=intent.number,
        sentence=f"Post {intent.number} over {readable(intent.total)}, dated {australian(intent.on)}.",
        amount=intent.total,
        document=new_document_step(intent=intent, version=version, agreement=agreement),
        trail=intent.trail,
    )
    if held_as_refused(builder, invoice, action):
        return
    if drafted.wanted_options and not plan_options(builder, invoice, subject, drafted.wanted_options):
        return
    builder.act(action)
    builder.states.setdefault(subject.key, []).append(
        new_state(
            subject=subject,
            role=_MAIN,
            version=version,
            ref=new_ref(kind=intent.kind, number=intent.number),
            contact=intent.party,
            contact_id=intent.contact_id,
            status=_status_after(intent),
            open_amount=intent.total,
            base_number=intent.number,
            on=intent.on,
        )
    )
    builder.outcome(invoice_outcome(invoice, subject, _PLANNED))


def _status_after(intent: DocumentIntent) -> DocumentStatus:
    if not intent.total and intent.status is DocumentStatus.AUTHORISED and intent.kind is DocumentKind.INVOICE:
        return DocumentStatus.PAID
    return intent.status


def plan_options(builder: PlanBuilder, invoice: Invoice, subject: Subject, wanted: tuple[tuple[str, str], ...]) -> bool:
    """Plan tracking options that do not exist yet, each once; where the books refused one, hold the document instead.

    Says whether the document can have what it needs.
    """
    found = [(category, name) for of, name in wanted if (category := builder.facts.chart.category(of)) is not None]
    adding = [_adding(category, name) for category, name in found]
    for action in adding if builder.facts.refusals else ():
        named = f'the tracking option "{action.number}"'
        hold = refusal_hold(builder, action, hold_kind(invoice), invoice.number, named)
        if hold is not None and hold.code is HoldCode.REJECTED:
            # The document waits, though it was its option that was refused: to try again means to send both.
            detail = {**hold.detail, "refused": action.subject.key}
            hold_document(builder, invoice, subject, replace(hold, subject=subject, detail=detail))
            return False
    for (category, name), action in zip(found, adding, strict=True):
        if (category.name, name) not in builder.options:
            builder.options.add((category.name, name))
            builder.act(action)
    return True


def _adding(category: TrackingCategory, name: str) -> Action:
    return Action(
        kind=ActionKind.ADD_OPTION,
        subject=Subject(kind=SubjectKind.CLINIC, id=f"{category.name}/{name}"),
        number=name,
        sentence=f'Add the tracking option "{name}" to {category.name}.',
        option=OptionStep(category_id=category.id, category=category.name, name=name),
    )
