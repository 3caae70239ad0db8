"""Planning records whose document is in the books already: later edits, voids, re-issues and adjustments."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.differences import changed_fields, edited_fields, with_line_ids
from ligament.core.drafting import Draft, as_intent, content_fingerprint, document_number
from ligament.core.holds import HoldCode
from ligament.core.intents import DocumentIntent, Subject
from ligament.core.ledgers import DocumentStatus
from ligament.core.links import Agreement, DecisionKind, DocumentLink, Role
from ligament.core.money import readable
from ligament.core.plans import Action, ActionKind, State, VoidStep
from ligament.core.records import Invoice
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import (
    PlanBuilder,
    held_as_refused,
    hold_document,
    hold_trouble,
    invoice_hold,
    invoice_outcome,
    lock_trouble,
    sound,
)
from ligament.flow.plan.document_state import DocumentState, state_of
from ligament.flow.plan.documents.adjustments import agree_on_what_is_there, plan_difference
from ligament.flow.plan.documents.drafts import agreement_for, unreadable
from ligament.flow.plan.documents.redrafting import draft_again
from ligament.flow.plan.documents.relinking import agree_again
from ligament.flow.plan.documents.updates import Posted, act_update, edited
from ligament.flow.plan.documents.voided import plan_gone


def main_link(links: tuple[DocumentLink, ...]) -> DocumentLink | None:
    """Return the newest main document of a record."""
    mains = [link for link in links if link.role is Role.MAIN]
    return max(mains, key=lambda link: link.version) if mains else None


def plan_posted(builder: PlanBuilder, invoice: Invoice, subject: Subject, links: tuple[DocumentLink, ...]) -> None:
    """Plan an invoice that has a document: nothing, an update, a void, a re-issue, or a hold."""
    if invoice.defect:
        hold_trouble(builder, invoice, subject, unreadable(invoice.defect))
        return
    main = main_link(links)
    assert main is not None
    document = builder.facts.documents.get(main.books_id)
    if document is None:
        hold_trouble(builder, invoice, subject, _unseen(builder, main))
        return
    posted = Posted(invoice=invoice, subject=subject, main=main, document=sound(document), links=links)
    _keep_states(builder, posted)
    if invoice.removed_at is not None:
        _plan_removed(builder, posted)
    elif document.status.is_gone():
        plan_gone(builder, posted)
    else:
        _plan_content(builder, posted)


def _unseen(builder: PlanBuilder, main: DocumentLink) -> Trouble:
    """Return the trouble of a document that is linked and that we hold nothing of: nothing about it can be judged."""
    books = builder.around.books_title
    return Trouble(
        code=HoldCode.BAD_RECORD,
        sentence=f"It is linked to {main.number}, which {books} has not shown, so nothing about it can be compared.",
        todo=f"Open {main.number} in {books} and save it, so that it is shown again; tell us if this stays.",
        detail={"books_number": main.number},
    )


def _keep_states(builder: PlanBuilder, posted: Posted) -> None:
    """Put every live document of the record on the builder."""
    states = builder.states.setdefault(posted.subject.key, [])
    for link in posted.links:
        document = builder.facts.documents.get(link.books_id)
        if document is None or (document.status.is_gone() and link is not posted.main):
            continue
        contact = link.sent.party if link.sent is not None else None
        state = state_of(sound(document), posted.subject, link.role, link.version, contact)
        state.base_number = _base_number(builder, posted.invoice, link)
        states.append(state)


def _base_number(builder: PlanBuilder, invoice: Invoice, link: DocumentLink) -> str:
    """Return the number that payments on a document refer to (choices C15, C20, C28, C30)."""
    if link.role is Role.ADJUSTMENT:
        return link.number
    return document_number(invoice, builder.rulebook, link.version)


# --- removed in the practice, or gone in the books --------------------------------------------------------------------


def _plan_removed(builder: PlanBuilder, posted: Posted) -> None:
    invoice, subject, document = posted.invoice, posted.subject, posted.document
    live = [state for state in builder.states[subject.key] if not state.status.is_gone()]
    if not live:
        builder.outcome(invoice_outcome(invoice, subject, State.UNCHANGED))
        return
    if any(state.document is not None and state.document.has_money() for state in live):
        trouble: Trouble | None = Trouble(
            code=HoldCode.ARCHIVED_PAID,
            sentence=f"The invoice was archived in the practice, but money is on {document.number} in the books.",
            todo="Say where the money went: take the payment or credit off in the books, and this goes on by itself.",
            detail={"books_number": document.number},
        )
    else:
        trouble = lock_trouble(builder, document.on) or edited(builder, posted)
    if trouble is not None and not _overruled(builder, posted, trouble):
        hold_trouble(builder, invoice, subject, trouble)
        return
    for state in live:
        _void(builder, posted, state)


def _overruled(builder: PlanBuilder, posted: Posted, trouble: Trouble) -> bool:
    """Say whether a person approved to go over what somebody changed in the books."""
    hold = invoice_hold(trouble, posted.invoice, posted.subject)
    return trouble.code is HoldCode.EDITED_IN_BOOKS and builder.decision(hold) is DecisionKind.APPROVED


def _void(builder: PlanBuilder, posted: Posted, state: DocumentState) -> None:
    status = DocumentStatus.DELETED if state.is_draft() else DocumentStatus.VOIDED
    word = "Delete the draft" if state.is_draft() else "Void"
    action = Action(
        kind=ActionKind.VOID,
        subject=posted.subject,
        number=state.ref.number,
        sentence=f"{word} {state.ref.number}: {_why_void(posted.invoice)}.",
        amount=state.document.total if state.document is not None else state.open_amount,
        existing=True,
        unsure=posted.invoice.is_untraced(),
        void=VoidStep(document=state.ref, status=status),
    )
    if held_as_refused(builder, posted.invoice, action):
        return
    builder.act(action)
    state.status = status
    state.open_amount = state.open_amount * 0
    builder.outcome(invoice_outcome(posted.invoice, posted.subject, State.PLANNED))


def _why_void(invoice: Invoice) -> str:
    if invoice.is_untraced():
        return "the practice shows it no more, and does not say that it was archived"
    return "it was archived in the practice"


# --- edited in the practice -------------------------------------------------------------------------------------------


def _plan_content(builder: PlanBuilder, posted: Posted) -> None:
    invoice, subject = posted.invoice, posted.subject
    held = builder.facts.agreements.get(subject.key)
    if _total_differs(posted):
        _hold_total(builder, posted)
        return
    if held is not None and held.fingerprint == content_fingerprint(invoice):
        builder.outcome(invoice_outcome(invoice, subject, State.UNCHANGED))
        return
    drafted = draft_again(builder, posted, posted.main.number)
    if drafted is None:
        return
    before = posted.main.sent or as_intent(posted.document, drafted.intent.party)
    wanted = replace(drafted.intent, reference=before.reference, url=before.url or drafted.intent.url)
    drafted = replace(drafted, intent=wanted)
    agreed_lines = held.lines if held is not None else before.lines
    effective = replace(before, lines=agreed_lines)
    if wanted.kind is not posted.document.kind:
        _hold_kind_change(builder, posted)
    elif not changed_fields(effective, wanted):
        _note_agreement(builder, posted, before)
    elif _says_it_already(posted, wanted):
        agree_on_what_is_there(builder, posted, wanted, f"{posted.main.number} says it already.")
    elif _money_or_lock(builder, posted, wanted):
        plan_difference(builder, posted, effective, drafted)
    else:
        _update_in_place(builder, posted, drafted)


def _total_differs(posted: Posted) -> bool:
    """Say whether the books came to another total than we sent, though nobody touched the lines."""
    sent = posted.main.sent
    return sent is not None and sent.total != posted.document.total and not edited_fields(sent, posted.document)


def _hold_total(builder: PlanBuilder, posted: Posted) -> None:
    assert posted.main.sent is not None
    trouble = Trouble(
        code=HoldCode.TOTAL_MISMATCH,
        sentence=(
            f"{posted.document.number} comes to {readable(posted.document.total)} in the books, "
            f"but {readable(posted.main.sent.total)} was sent."
        ),
        todo="Compare the two documents; nothing is paid on it until they agree.",
        detail={"books": posted.document.total, "header": posted.main.sent.total},
    )
    builder.states[posted.subject.key] = []
    hold_trouble(builder, posted.invoice, posted.subject, trouble)


def _says_it_already(posted: Posted, wanted: DocumentIntent) -> bool:
    """Say whether a document without adjustments is as it should be: we wrote it and forgot, or a person did."""
    return not _adjusted(posted) and not changed_fields(as_intent(posted.document, wanted.party), wanted)


def _adjusted(posted: Posted) -> bool:
    return any(link.role is Role.ADJUSTMENT for link in posted.links)


def _money_or_lock(builder: PlanBuilder, posted: Posted, wanted: DocumentIntent) -> bool:
    locked = builder.organisation.locks.locks(posted.document.on) or builder.organisation.locks.locks(wanted.on)
    return posted.document.has_money() or _adjusted(posted) or locked


def _hold_kind_change(builder: PlanBuilder, posted: Posted) -> None:
    trouble = Trouble(
        code=HoldCode.PAID_EDIT,
        sentence="The invoice turned into a credit note, or the other way round, after it was posted.",
        todo="Void the document in the books, or correct the invoice in the practice.",
        detail={"books_number": posted.document.number},
    )
    hold_trouble(builder, posted.invoice, posted.subject, trouble)


def _note_agreement(builder: PlanBuilder, posted: Posted, before: DocumentIntent) -> None:
    """What changed in the practice makes no difference in the books: remember that, write nothing."""
    held = builder.facts.agreements.get(posted.subject.key)
    lines = held.lines if held is not None else before.lines
    agreement = Agreement(
        subject=posted.subject,
        fingerprint=content_fingerprint(posted.invoice),
        kind=before.kind,
        lines=lines,
        total=held.total if held is not None else before.total,
    )
    agree_again(builder, posted, before, agreement, f"Nothing on {posted.main.number} changes.")


def _as_known(builder: PlanBuilder, posted: Posted, wanted: DocumentIntent) -> Posted:
    """Return what is known of a document that was found again with other content while money or a lock was on it.

    Nobody knows any more who changed it. Once it can be written to, it is asked about as where nothing was on it.
    """
    held = builder.facts.agreements.get(posted.subject.key)
    if held is None or not held.is_of_unknown_history:
        return posted
    wanted = replace(wanted, contact_id=builder.contacts.get(wanted.party.key) or posted.document.contact_id)
    return replace(posted, main=replace(posted.main, sent=wanted))


def _update_in_place(builder: PlanBuilder, posted: Posted, drafted: Draft) -> None:
    """Update an unpaid, unlocked document, after checking that nobody changed it meanwhile."""
    intent = drafted.intent
    trouble = edited(builder, _as_known(builder, posted, intent))
    if trouble is not None:
        hold = invoice_hold(trouble, posted.invoice, posted.subject)
        if builder.decision(hold) is not DecisionKind.APPROVED:
            hold_document(builder, posted.invoice, posted.subject, hold)
            return
    status = posted.document.status if posted.document.status.is_draft() else DocumentStatus.AUTHORISED
    wanted = replace(intent, status=status, lines=with_line_ids(intent.lines, posted.document))
    act_update(builder, posted, wanted, agreement_for(posted.invoice, posted.subject, intent), drafted)
