"""Planning invoices and credit notes that have no document yet: create, link what is there, skip, or hold."""

from __future__ import annotations

from datetime import date

from ligament.core.billing import Bill, bill_to, first_line, survivor
from ligament.core.drafting import (
    Draft,
    Letterhead,
    content_fingerprint,
    document_number,
    draft,
    invoice_subject,
    place_of,
)
from ligament.core.holds import Hold, HoldCode
from ligament.core.intents import DocumentIntent, Subject, SubjectKind
from ligament.core.ledgers import BooksDocument, DocumentKind, DocumentStatus
from ligament.core.links import Agreement, DecisionKind, Role
from ligament.core.money import cents, two_places
from ligament.core.periods import australian
from ligament.core.plans import Action, ActionKind, DocumentRef, DocumentStep, OptionStep, State
from ligament.core.postings import NO_LINE_RULES, LineContext, LineRules
from ligament.core.records import Invoice, InvoiceStatus, Party
from ligament.core.rules.apply import NO_RULING, Ruling, context, judge
from ligament.core.rules.model import ZeroTotal
from ligament.core.troubles import Trouble
from ligament.flow.planning.desk import (
    Desk,
    DocumentState,
    hold_kind,
    invoice_hold,
    invoice_outcome,
    refusal_hold,
)


def ruling_for(desk: Desk, invoice: Invoice) -> Ruling:
    """Return what the clinic's rules say about an invoice; conditions see the bill as it would be without rules."""
    if not desk.rulebook.rules:
        return NO_RULING
    # A visit can carry the id of an invoice, but never its number.
    key = (invoice.id, invoice.number)
    if key not in desk.rulings:
        desk.rulings[key] = _ruling(desk, invoice)
    return desk.rulings[key]


def _ruling(desk: Desk, invoice: Invoice) -> Ruling:
    patient = survivor(invoice.party_id, desk.facts)
    bill = bill_to(invoice, desk.rulebook, desk.facts)
    payer = bill.party if isinstance(bill, Bill) and bill.is_payer else None
    visit = desk.facts.visits.get(invoice.visit_id) if invoice.visit_id else None
    facts = context(invoice, patient, payer, visit, desk.rulebook)
    return judge(desk.rulebook.rules, facts, desk.around.evaluate, _forgotten(patient))


def _forgotten(patient: Party | None) -> frozenset[str]:
    """Return under which name rules speak of a patient of whom nothing is known any more."""
    return frozenset({"patient"}) if patient is None or patient.deleted else frozenset()


def unreadable(defect: str) -> Trouble:
    """Return the trouble with an invoice of which something cannot be understood."""
    return Trouble(
        code=HoldCode.BAD_RECORD,
        sentence=defect,
        todo="Open the invoice in the practice and save it again; tell us if it stays.",
    )


def skip_reason(desk: Desk, invoice: Invoice) -> str:
    """Return why an invoice that was never posted is left out, or an empty text."""
    if invoice.removed_at is not None:
        return "archived"
    if invoice.defect:
        # What cannot be read stands there as an old date or zero: that is no reason to leave it out.
        return ""
    started = desk.rulebook.invoices.start_on or desk.facts.first_connected_on
    if started is not None and invoice.issued_on < started and not _open_before_start(desk, invoice):
        return "before_start"
    if not cents(invoice.total) and desk.rulebook.invoices.zero_total is ZeroTotal.SKIP:
        return "zero_total"
    return ""


def _open_before_start(desk: Desk, invoice: Invoice) -> bool:
    open_ones = {InvoiceStatus.OPEN, InvoiceStatus.OPEN_CREDIT}
    return desk.rulebook.invoices.post_open_before_start and invoice.status in open_ones


def bill_of(desk: Desk, invoice: Invoice, ruling: Ruling) -> Bill | Trouble:
    """Return who is billed, with a person's answer to an unknown payer applied."""
    bill = _addressed(desk, invoice, ruling.effects.contact)
    if isinstance(bill, Trouble) and bill.code is HoldCode.PAYER_UNKNOWN and bill.proposed:
        hold = invoice_hold(bill, invoice, invoice_subject(invoice))
        if desk.decision(hold) is DecisionKind.APPROVED:
            return bill_to(invoice, desk.rulebook, desk.facts, "patient")
    return bill


def _addressed(desk: Desk, invoice: Invoice, by_rule: str) -> Bill | Trouble:
    """Return who is billed: the same for all invoices of one patient and place that are addressed alike."""
    sort = (invoice.party_id, invoice.location_id, first_line(invoice), by_rule)
    found = desk.addressed.get(sort)
    if found is None:
        found = desk.addressed[sort] = bill_to(invoice, desk.rulebook, desk.facts, by_rule)
    return found


def hold_document(desk: Desk, invoice: Invoice, subject: Subject, hold: Hold) -> None:
    """Open a hold about a document; what depends on it waits."""
    desk.hold(hold)
    desk.held_documents.add(subject.key)
    desk.outcome(invoice_outcome(invoice, subject, State.HELD, hold.code.value, hold.sentence))


def held_as_refused(desk: Desk, invoice: Invoice, action: Action) -> bool:
    """Hold a document whose action the books refused before in exactly this form; say whether that was so."""
    hold = refusal_hold(desk, action, hold_kind(invoice), invoice.number)
    if hold is not None:
        hold_document(desk, invoice, action.subject, hold)
    return hold is not None


def hold_trouble(desk: Desk, invoice: Invoice, subject: Subject, trouble: Trouble) -> None:
    """Hold a document because of trouble, unless a person dismissed exactly that."""
    hold_document(desk, invoice, subject, invoice_hold(trouble, invoice, subject))


def waits(desk: Desk, invoice: Invoice, subject: Subject, cause: Subject) -> None:
    """Let a document wait for something else that is held; it goes on by itself (choice C33)."""
    hold = Hold(
        subject=subject,
        code=HoldCode.WAITS_FOR,
        kind=hold_kind(invoice),
        number=invoice.number,
        sentence="It waits for another record that is held, and goes on by itself.",
        waits_for=cause.key,
        detail={"waits_for": cause.key},
    )
    hold_document(desk, invoice, subject, hold)


def stopped_by_rule(desk: Desk, invoice: Invoice, subject: Subject, ruling: Ruling) -> bool:
    """Hold an invoice that a rule stops or asks about, unless a person approved it."""
    for trouble in (ruling.stop, ruling.ask):
        if trouble is None:
            continue
        hold = invoice_hold(trouble, invoice, subject)
        if desk.decision(hold) is not DecisionKind.APPROVED:
            hold_document(desk, invoice, subject, hold)
            return True
    return False


def drafted_for(desk: Desk, invoice: Invoice, bill: Bill, ruling: Ruling, number: str = "") -> Draft | Trouble:
    """Draft the document of an invoice for a contact that is settled."""
    head = Letterhead(
        number=number or document_number(invoice, desk.rulebook),
        bill=bill,
        contact_id=desk.contacts.get(bill.subject.key),
        ruling=ruling,
        reference_prefix=f"{desk.around.practice_name}:",
    )
    return draft(invoice, head, _line_context(desk, invoice, ruling))


def _line_context(desk: Desk, invoice: Invoice, ruling: Ruling) -> LineContext:
    """Return what decides about the lines: the same for all invoices of one place, practitioner and set of rules."""
    rules = NO_LINE_RULES if ruling is NO_RULING else LineRules.of(ruling.effects, ruling.by)
    said = () if ruling is NO_RULING else rules.sort
    sort = (invoice.location_id, invoice.practitioner_id, said)
    found = desk.contexts.get(sort)
    if found is None:
        found = desk.contexts[sort] = LineContext(
            rulebook=desk.rulebook,
            chart=desk.facts.chart,
            organisation=desk.organisation,
            place=place_of(invoice, desk.facts),
            rules=rules,
        )
    return found


# --- creating --------------------------------------------------------------------------------------------------------


def as_intent(document: BooksDocument, contact: Subject) -> DocumentIntent:
    """Return what a document of the books says, as an intent."""
    return DocumentIntent(
        kind=document.kind,
        number=document.number,
        party=contact,
        contact_id=document.contact_id,
        reference=document.reference,
        url=document.url,
        on=document.on,
        due_on=document.due_on,
        status=document.status,
        lines=document.lines,
        total=document.total,
        tax=document.tax,
    )


def agreement_for(invoice: Invoice, subject: Subject, intent: DocumentIntent) -> Agreement:
    """Return what the practice says now, as what the books follow."""
    return Agreement(
        subject=subject,
        fingerprint=content_fingerprint(invoice),
        kind=intent.kind,
        lines=intent.lines,
        total=intent.total,
    )


def lock_trouble(desk: Desk, on: date) -> Trouble | None:
    """Return the trouble of writing a document dated on a locked day."""
    locks = desk.organisation.locks
    if not locks.locks(on):
        return None
    last = locks.last_locked_day()
    return Trouble(
        code=HoldCode.LOCKED_PERIOD,
        sentence=f"It is dated {australian(on)}; the books are locked to {australian(last) if last else ''}.",
        todo="Ask your accountant to move the lock date; this goes on by itself then.",
        detail={"locked_to": last.isoformat() if last else "", "dated": on.isoformat()},
    )


def create(desk: Desk, invoice: Invoice, subject: Subject, drafted: Draft, version: int = 1) -> None:
    """Plan a new document, with the tracking options it needs."""
    intent = drafted.intent
    action = Action(
        kind=ActionKind.CREATE_DOCUMENT,
        subject=subject,
        number=intent.number,
        sentence=f"Post {intent.number} over {two_places(intent.total)}, dated {australian(intent.on)}.",
        amount=intent.total,
        document=DocumentStep(intent=intent, version=version, agreement=agreement_for(invoice, subject, intent)),
        trail=intent.trail,
    )
    if held_as_refused(desk, invoice, action):
        return
    plan_options(desk, drafted.wanted_options)
    desk.act(action)
    desk.states.setdefault(subject.key, []).append(
        DocumentState(
            subject=subject,
            role=Role.MAIN,
            version=version,
            ref=DocumentRef(kind=intent.kind, number=intent.number),
            contact=intent.party,
            contact_id=intent.contact_id,
            status=_status_after(intent),
            open_amount=intent.total,
            base_number=intent.number,
            on=intent.on,
        )
    )
    desk.outcome(invoice_outcome(invoice, subject, State.PLANNED))


def _status_after(intent: DocumentIntent) -> DocumentStatus:
    if intent.status is DocumentStatus.AUTHORISED and not intent.total and intent.kind is DocumentKind.INVOICE:
        return DocumentStatus.PAID
    return intent.status


def plan_options(desk: Desk, wanted: tuple[tuple[str, str], ...]) -> None:
    """Plan tracking options that do not exist yet, each once."""
    for category_name, name in wanted:
        category = desk.facts.chart.category(category_name)
        if category is None or (category_name, name) in desk.options:
            continue
        desk.options.add((category_name, name))
        step = OptionStep(category_id=category.id, category=category.name, name=name)
        subject = Subject(kind=SubjectKind.CLINIC, id=f"{category.name}/{name}")
        sentence = f'Add the tracking option "{name}" to {category.name}.'
        desk.act(Action(kind=ActionKind.ADD_OPTION, subject=subject, number=name, sentence=sentence, option=step))
