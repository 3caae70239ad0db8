"""Planning the difference of a document that money or a lock is on (choices C15 and C16)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from ligament.core.differences import (
    Adjustment,
    adjustment,
    adjustment_intent,
    changed_fields,
    only_places_differ,
    proposal,
    with_line_ids,
)
from ligament.core.drafting import Draft, as_intent
from ligament.core.holds import HoldCode
from ligament.core.intents import DocumentIntent, SubjectKind
from ligament.core.ledgers import BooksDocument, BooksLine, DocumentKind, DocumentStatus
from ligament.core.links import Agreement, DecisionKind, Role, Unlike
from ligament.core.money import readable
from ligament.core.periods import local_date
from ligament.core.plans import Action, ActionKind, DocumentRef, DocumentStep, State
from ligament.core.rules.model import PaidEdits
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import (
    PlanBuilder,
    held_as_refused,
    hold_document,
    hold_trouble,
    invoice_hold,
    invoice_outcome,
)
from ligament.flow.plan.document_state import DocumentState
from ligament.flow.plan.documents.drafts import agreement_for
from ligament.flow.plan.documents.relinking import agree_again, link_again, ours_in_books
from ligament.flow.plan.documents.updates import Posted, act_update, edited, listed


def plan_difference(builder: PlanBuilder, posted: Posted, effective: DocumentIntent, drafted: Draft) -> None:
    """Post the difference of a paid or locked document as its own document, once somebody approves it (choice C15)."""
    wanted = drafted.intent
    held = builder.facts.agreements.get(posted.subject.key)
    agreed_total = held.total if held is not None else effective.total
    there = _in_books(builder, posted, wanted)
    # Whoever did that: a difference from what was agreed would be wrong where the books moved away from it.
    moved = there.total != agreed_total
    if moved:
        effective = there
        if not changed_fields(there, wanted):
            agree_on_what_is_there(builder, posted, wanted, f"{posted.main.number} and its adjustments say it already.")
            return
    locked = builder.organisation.locks.locks(posted.document.on)
    changed = changed_fields(effective, wanted)
    placed = only_places_differ(effective.lines, wanted.lines) and wanted.total == effective.total
    clear = not (moved or locked) and posted.main.sent is not None
    if clear and changed == ("lines",) and placed and not edited(builder, posted):
        # A document that was found in the books says that it is paid, which nobody may write.
        lines = with_line_ids(wanted.lines, posted.document)
        assert posted.main.sent is not None
        in_place = replace(posted.main.sent, status=DocumentStatus.AUTHORISED, lines=lines)
        act_update(builder, posted, in_place, agreement_for(posted.invoice, posted.subject, wanted), drafted)
        return
    is_credit = wanted.kind is DocumentKind.CREDIT_NOTE
    made = adjustment(effective.lines, wanted.lines, posted.main.number, is_credit=is_credit)
    trouble = _difference_trouble(posted, changed, _why_not_in_place(builder, posted, wanted))
    if moved:
        trouble = _with_totals(trouble, there.total, agreed_total)
    if made is None:
        # Nothing differs in money, so there is no document to propose.
        advice = "Correct it by hand in the books or in the practice, then dismiss this."
        hold_trouble(builder, posted.invoice, posted.subject, replace(trouble, todo=advice))
        return
    intent = _as_document(builder, posted, made, wanted)
    so_far = replace(effective, total=there.total if moved else agreed_total)
    if _posted_before(builder, posted, intent, wanted, so_far):
        return
    shown = {**proposal(intent), "contact": _contact_shown(builder, intent)}
    hold = invoice_hold(replace(trouble, proposed=shown), posted.invoice, posted.subject)
    approved = builder.decision(hold) is DecisionKind.APPROVED
    if approved or (builder.rulebook.invoices.paid_edits is PaidEdits.ADJUST and not moved):
        _post_adjustment(builder, posted, intent, wanted)
    else:
        hold_document(builder, posted.invoice, posted.subject, hold)


def agree_on_what_is_there(builder: PlanBuilder, posted: Posted, wanted: DocumentIntent, sentence: str) -> None:
    """Plan to remember that the books hold what the practice says, as the document stands there; nothing is written."""
    there = as_intent(posted.document, wanted.party)
    agree_again(builder, posted, there, agreement_for(posted.invoice, posted.subject, wanted), sentence)


def _as_document(builder: PlanBuilder, posted: Posted, made: Adjustment, wanted: DocumentIntent) -> DocumentIntent:
    number = f"{posted.main.number}-A{_adjustments(posted) + 1}"
    today = local_date(builder.around.now, builder.rulebook.clinic.time_zone)
    on = builder.organisation.locks.first_open_day(today)
    terms = builder.rulebook.invoices.terms_days_payer if _is_payer(wanted) else builder.rulebook.invoices.terms_days
    main = replace(wanted, number=posted.main.number, contact_id=posted.document.contact_id)
    return adjustment_intent(made, main, number, on, terms)


def _posted_before(
    builder: PlanBuilder, posted: Posted, intent: DocumentIntent, wanted: DocumentIntent, effective: DocumentIntent
) -> bool:
    """Link an adjustment that the books have already, when the cross-reference was lost; another one is never made.

    One over another amount was posted for an earlier state of the invoice. It is agreed on with what both documents
    come to and no state of the practice, so that the next pass finds what is left.
    """
    other = DocumentKind.INVOICE if intent.kind is DocumentKind.CREDIT_NOTE else DocumentKind.CREDIT_NOTE
    document = ours_in_books(builder, intent, posted.subject)
    document = document or ours_in_books(builder, replace(intent, kind=other), posted.subject)
    if document is None:
        return False
    agreed: Agreement | None = None
    if document.kind is intent.kind and document.total == intent.total:
        agreed = agreement_for(posted.invoice, posted.subject, wanted)
    elif document.contact_id == intent.contact_id and all(
        line.text.strip() == intent.lines[0].text for line in document.lines
    ):
        lines = (*effective.lines, *_moving(document, effective.kind))
        total = effective.total + _signed(document, effective.kind)
        so_far = agreement_for(posted.invoice, posted.subject, effective)
        agreed = replace(so_far, fingerprint=Unlike.UNKNOWN.value, lines=lines, total=total)
    if agreed is not None:
        version = _adjustments(posted) + 1
        link_again(builder, posted, document, intent.party, role=Role.ADJUSTMENT, version=version, agreed=agreed)
        return True
    trouble = Trouble(
        code=HoldCode.NUMBER_TAKEN,
        sentence=f"{document.number} adjusts the invoice in the books already, by {readable(document.total)}.",
        todo="Compare the invoice with its documents in the books; correct them by hand, then dismiss this.",
        detail={"books_id": document.id},
    )
    hold_trouble(builder, posted.invoice, posted.subject, trouble)
    return True


def _signed(document: BooksDocument, kind: DocumentKind) -> Decimal:
    return document.total if document.kind is kind else -document.total


def _in_books(builder: PlanBuilder, posted: Posted, wanted: DocumentIntent) -> DocumentIntent:
    """Return what the document and its adjustments come to in the books now."""
    kind = posted.document.kind
    found = (builder.facts.documents.get(link.books_id) for link in posted.links if link.role is Role.ADJUSTMENT)
    live = [posted.document, *(one for one in found if one is not None and not one.status.is_gone())]
    return replace(
        as_intent(posted.document, wanted.party),
        lines=tuple(line for one in live for line in _moving(one, kind)),
        total=sum((_signed(one, kind) for one in live), Decimal(0)),
    )


def _with_totals(trouble: Trouble, there: Decimal, agreed: Decimal) -> Trouble:
    """Say that somebody changed the documents in the books, so that an answer counts for this state of them."""
    added = f"In the books it comes to {readable(there)} by now, where {readable(agreed)} was agreed."
    shown = {"books_total": there, "agreed_total": agreed}
    return replace(trouble, sentence=f"{trouble.sentence} {added}", detail={**trouble.detail, **shown})


def _moving(document: BooksDocument, kind: DocumentKind) -> tuple[BooksLine, ...]:
    """Return the lines of an adjustment as they move what a document of a kind comes to."""
    if document.kind is kind:
        return document.lines
    return tuple(
        replace(line, unit_amount=-line.unit_amount, amount=-line.amount, tax=None if line.tax is None else -line.tax)
        for line in document.lines
    )


def _contact_shown(builder: PlanBuilder, intent: DocumentIntent) -> str:
    """Return the contact's number, or its id where it has none: never a name."""
    contact = builder.facts.contacts.get(intent.contact_id) if intent.contact_id else None
    return contact.number if contact is not None and contact.number else str(intent.contact_id or "")


def _is_payer(intent: DocumentIntent) -> bool:
    return intent.party.kind is SubjectKind.PAYER


def _adjustments(posted: Posted) -> int:
    return sum(1 for link in posted.links if link.role is Role.ADJUSTMENT)


def _why_not_in_place(builder: PlanBuilder, posted: Posted, wanted: DocumentIntent) -> tuple[HoldCode, str]:
    """Return why the document is not written over: the lock on the day it has, money, or the lock on its new day."""
    locks = builder.organisation.locks
    if locks.locks(posted.document.on):
        return HoldCode.LOCKED_PERIOD, "its period is locked"
    if locks.locks(wanted.on) and not posted.document.has_money() and not _adjustments(posted):
        return HoldCode.LOCKED_PERIOD, "its new date lies in a locked period"
    return HoldCode.PAID_EDIT, "money is on it"


def _difference_trouble(posted: Posted, changed: tuple[str, ...], reason: tuple[HoldCode, str]) -> Trouble:
    code, why = reason
    return Trouble(
        code=code,
        sentence=f"The invoice changed ({listed(changed)}) after {posted.document.number} was posted, and {why}.",
        todo="Approve to post the difference as its own document, or correct the invoice in the practice.",
        detail={"changed": list(changed), "books_number": posted.document.number},
    )


def _post_adjustment(builder: PlanBuilder, posted: Posted, intent: DocumentIntent, wanted: DocumentIntent) -> None:
    version = _adjustments(posted) + 1
    agreement = agreement_for(posted.invoice, posted.subject, wanted)
    step = DocumentStep(intent=intent, role=Role.ADJUSTMENT, version=version, agreement=agreement)
    action = Action(
        kind=ActionKind.CREATE_DOCUMENT,
        subject=posted.subject,
        number=intent.number,
        sentence=f"Post {intent.number} over {readable(intent.total)} for the difference.",
        amount=intent.total,
        decided=True,
        document=step,
        trail=intent.trail,
    )
    if held_as_refused(builder, posted.invoice, action):
        return
    builder.act(action)
    builder.states[posted.subject.key].append(
        DocumentState(
            subject=posted.subject,
            role=Role.ADJUSTMENT,
            version=version,
            ref=DocumentRef(kind=intent.kind, number=intent.number),
            contact=intent.party,
            contact_id=intent.contact_id,
            status=intent.status,
            open_amount=intent.total,
            base_number=intent.number,
            on=intent.on,
        )
    )
    builder.outcome(invoice_outcome(posted.invoice, posted.subject, State.PLANNED))
