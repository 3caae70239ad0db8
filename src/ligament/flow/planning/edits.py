"""Planning records whose document is in the books already: later edits, voids, re-issues and adjustments."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.billing import Bill
from ligament.core.differences import (
    changed_fields,
    edited_fields,
    with_line_ids,
)
from ligament.core.drafting import Draft, content_fingerprint, document_number
from ligament.core.holds import Hold, HoldCode
from ligament.core.intents import DocumentIntent, Subject, SubjectKind
from ligament.core.ledgers import DocumentStatus
from ligament.core.links import Agreement, DecisionKind, DocumentLink, Role
from ligament.core.money import two_places
from ligament.core.plans import Action, ActionKind, State, VoidStep
from ligament.core.records import Invoice
from ligament.core.troubles import Trouble
from ligament.flow.planning.adjusting import plan_difference
from ligament.flow.planning.desk import (
    Desk,
    DocumentState,
    invoice_hold,
    invoice_outcome,
    sound,
    state_of,
)
from ligament.flow.planning.documents import (
    agreement_for,
    as_intent,
    bill_of,
    create,
    drafted_for,
    held_as_refused,
    hold_document,
    hold_trouble,
    lock_trouble,
    ruling_for,
    stopped_by_rule,
    unreadable,
    waits,
)
from ligament.flow.planning.found import agree_again, agreed_on, link_again, ours_in_books
from ligament.flow.planning.posted import Posted, act_update, edited


def main_link(links: tuple[DocumentLink, ...]) -> DocumentLink | None:
    """Return the newest main document of a record."""
    mains = [link for link in links if link.role is Role.MAIN]
    return max(mains, key=lambda link: link.version) if mains else None


def plan_posted(desk: Desk, invoice: Invoice, subject: Subject, links: tuple[DocumentLink, ...]) -> None:
    """Plan an invoice that has a document: nothing, an update, a void, a re-issue, or a hold."""
    if invoice.defect:
        hold_trouble(desk, invoice, subject, unreadable(invoice.defect))
        return
    main = main_link(links)
    assert main is not None
    document = desk.facts.documents.get(main.books_id)
    if document is None:
        desk.outcome(invoice_outcome(invoice, subject, State.UNCHANGED))
        return
    posted = Posted(invoice=invoice, subject=subject, main=main, document=sound(document), links=links)
    _keep_states(desk, posted)
    if invoice.removed_at is not None:
        _plan_removed(desk, posted)
    elif document.status.is_gone():
        _plan_gone(desk, posted)
    else:
        _plan_content(desk, posted)


def _keep_states(desk: Desk, posted: Posted) -> None:
    """Put every live document of the record on the desk."""
    states = desk.states.setdefault(posted.subject.key, [])
    for link in posted.links:
        document = desk.facts.documents.get(link.books_id)
        if document is None or (document.status.is_gone() and link is not posted.main):
            continue
        contact = link.sent.party if link.sent is not None else None
        state = state_of(sound(document), posted.subject, link.role, link.version, contact)
        state.base_number = _base_number(desk, posted.invoice, link)
        states.append(state)


def _base_number(desk: Desk, invoice: Invoice, link: DocumentLink) -> str:
    """Return the number that payments on a document refer to (choices C15, C20, C28, C30)."""
    if link.role is Role.ADJUSTMENT:
        return link.number
    return document_number(invoice, desk.rulebook, link.version)


# --- removed in the practice, or gone in the books --------------------------------------------------------------------


def _plan_removed(desk: Desk, posted: Posted) -> None:
    invoice, subject, document = posted.invoice, posted.subject, posted.document
    live = [state for state in desk.states[subject.key] if not state.status.is_gone()]
    if not live:
        desk.outcome(invoice_outcome(invoice, subject, State.UNCHANGED))
        return
    if any(state.document is not None and state.document.has_money() for state in live):
        trouble: Trouble | None = Trouble(
            code=HoldCode.ARCHIVED_PAID,
            sentence=f"The invoice was archived in the practice, but money is on {document.number} in the books.",
            todo="Say where the money went: take the payment or credit off in the books, and this goes on by itself.",
            detail={"books_number": document.number},
        )
    else:
        trouble = lock_trouble(desk, document.on) or edited(desk, posted)
    if trouble is not None and not _overruled(desk, posted, trouble):
        hold_trouble(desk, invoice, subject, trouble)
        return
    for state in live:
        _void(desk, posted, state)


def _overruled(desk: Desk, posted: Posted, trouble: Trouble) -> bool:
    """Say whether a person approved to go over what somebody changed in the books."""
    hold = invoice_hold(trouble, posted.invoice, posted.subject)
    return trouble.code is HoldCode.EDITED_IN_BOOKS and desk.decision(hold) is DecisionKind.APPROVED


def _void(desk: Desk, posted: Posted, state: DocumentState) -> None:
    status = DocumentStatus.DELETED if state.is_draft() else DocumentStatus.VOIDED
    word = "Delete the draft" if state.is_draft() else "Void"
    action = Action(
        kind=ActionKind.VOID,
        subject=posted.subject,
        number=state.ref.number,
        sentence=f"{word} {state.ref.number}: it was archived in the practice.",
        amount=state.document.total if state.document is not None else state.open_amount,
        existing=True,
        void=VoidStep(document=state.ref, status=status),
    )
    if held_as_refused(desk, posted.invoice, action):
        return
    desk.act(action)
    state.status = status
    state.open_amount = state.open_amount * 0
    desk.outcome(invoice_outcome(posted.invoice, posted.subject, State.PLANNED))


def _plan_gone(desk: Desk, posted: Posted) -> None:
    """A document we voided is issued again when the invoice is restored; one voided by a person stays so (C20, C36)."""
    invoice, subject = posted.invoice, posted.subject
    if posted.main.voided_by_us:
        desk.states[subject.key] = [s for s in desk.states[subject.key] if not s.status.is_gone()]
        _reissue(desk, posted)
        return
    if posted.main.sent is not None and _found_successor(desk, posted, posted.main.sent):
        return
    held = desk.facts.agreements.get(subject.key)
    if held is None or held.fingerprint == content_fingerprint(invoice):
        desk.outcome(invoice_outcome(invoice, subject, State.UNCHANGED))
        return
    hold_trouble(
        desk,
        invoice,
        subject,
        Trouble(
            code=HoldCode.EDITED_IN_BOOKS,
            sentence=f"{posted.document.number} was voided in the books, and the invoice has changed in the practice.",
            todo="Archive the invoice in the practice, or dismiss this to leave it as it is.",
            detail={"changed": ["status"], "books_number": posted.document.number},
        ),
    )


def _reissue(desk: Desk, posted: Posted) -> None:
    drafted = _draft(desk, posted, document_number(posted.invoice, desk.rulebook, posted.main.version + 1))
    if drafted is None or _linked_successor(desk, posted, drafted.intent):
        return
    trouble = lock_trouble(desk, drafted.intent.on)
    if trouble is not None:
        hold_trouble(desk, posted.invoice, posted.subject, trouble)
        return
    create(desk, posted.invoice, posted.subject, drafted, version=posted.main.version + 1)


def _found_successor(desk: Desk, posted: Posted, sent: DocumentIntent) -> bool:
    """Link what was issued again in the place of a document that somebody voided, as far as our memory goes."""
    again = document_number(posted.invoice, desk.rulebook, posted.main.version + 1)
    if ours_in_books(desk, replace(sent, number=again), posted.subject) is None:
        return False
    drafted = _draft(desk, posted, again)
    return drafted is None or _linked_successor(desk, posted, drafted.intent)


def _linked_successor(desk: Desk, posted: Posted, intent: DocumentIntent) -> bool:
    """Link the document that was issued again in the place of a voided one, when the cross-reference was lost."""
    document = ours_in_books(desk, intent, posted.subject)
    if document is None:
        return False
    agreed = agreed_on(desk, posted.invoice, posted.subject, intent, document)
    if isinstance(agreed, Hold):
        hold_document(desk, posted.invoice, posted.subject, agreed)
        return True
    version = posted.main.version + 1
    link_again(desk, posted, document, intent.party, role=Role.MAIN, version=version, agreed=agreed)
    return True


def _draft(desk: Desk, posted: Posted, number: str) -> Draft | None:
    """Draft what the document should say now; hold or let it wait when that cannot be decided."""
    invoice, subject = posted.invoice, posted.subject
    ruling = ruling_for(desk, invoice)
    if stopped_by_rule(desk, invoice, subject, ruling):
        return None
    bill = _same_bill(desk, posted) or desk.bills.get(subject.key) or bill_of(desk, invoice, ruling)
    if isinstance(bill, Trouble):
        hold_trouble(desk, invoice, subject, bill)
        return None
    if bill.subject.key in desk.unready:
        waits(desk, invoice, subject, bill.subject)
        return None
    drafted = drafted_for(desk, invoice, bill, ruling, number)
    if isinstance(drafted, Trouble):
        hold_trouble(desk, invoice, subject, drafted)
        return None
    return drafted


def _same_bill(desk: Desk, posted: Posted) -> Bill | None:
    """Keep billing whom the document bills when that person, or the patient, left since (choices C25, C26)."""
    sent = posted.main.sent
    if sent is None or sent.party.kind is SubjectKind.LOCATION or not _left(desk, posted, sent.party):
        return None
    said = desk.bills.get(posted.subject.key)
    if isinstance(said, Bill) and said.is_payer:
        return None
    desk.contacts.setdefault(sent.party.key, sent.contact_id or posted.document.contact_id)
    return Bill(
        subject=sent.party,
        party=desk.facts.parties.get(sent.party.key),
        is_payer=sent.party.kind is SubjectKind.PAYER,
        why="the document was posted to this contact",
    )


def _left(desk: Desk, posted: Posted, billed: Subject) -> bool:
    """Say whether the patient was deleted, or whom the document bills was merged, deleted or, a payer, archived."""
    patient = posted.invoice.party_id
    treated = desk.facts.parties.get(f"patient:{patient}")
    if patient is None or (treated is not None and treated.deleted):
        return True
    party = desk.facts.parties.get(billed.key)
    if billed.kind is SubjectKind.PAYER:
        return party is None or party.removed_at is not None
    return party is not None and (party.merged_into is not None or party.deleted)


# --- edited in the practice -------------------------------------------------------------------------------------------


def _plan_content(desk: Desk, posted: Posted) -> None:
    invoice, subject = posted.invoice, posted.subject
    held = desk.facts.agreements.get(subject.key)
    if _total_differs(posted):
        _hold_total(desk, posted)
        return
    if held is not None and held.fingerprint == content_fingerprint(invoice):
        desk.outcome(invoice_outcome(invoice, subject, State.UNCHANGED))
        return
    drafted = _draft(desk, posted, posted.main.number)
    if drafted is None:
        return
    before = posted.main.sent or as_intent(posted.document, drafted.intent.party)
    wanted = replace(drafted.intent, reference=before.reference, url=before.url or drafted.intent.url)
    drafted = replace(drafted, intent=wanted)
    agreed_lines = held.lines if held is not None else before.lines
    effective = replace(before, lines=agreed_lines)
    if wanted.kind is not posted.document.kind:
        _hold_kind_change(desk, posted)
    elif not changed_fields(effective, wanted):
        _note_agreement(desk, posted, before)
    elif _money_or_lock(desk, posted, wanted):
        plan_difference(desk, posted, effective, drafted)
    else:
        _update_in_place(desk, posted, drafted)


def _total_differs(posted: Posted) -> bool:
    """Say whether the books came to another total than we sent, though nobody touched the lines."""
    sent = posted.main.sent
    return sent is not None and sent.total != posted.document.total and not edited_fields(sent, posted.document)


def _hold_total(desk: Desk, posted: Posted) -> None:
    assert posted.main.sent is not None
    trouble = Trouble(
        code=HoldCode.TOTAL_MISMATCH,
        sentence=(
            f"{posted.document.number} comes to {two_places(posted.document.total)} in the books, "
            f"but {two_places(posted.main.sent.total)} was sent."
        ),
        todo="Compare the two documents; nothing is paid on it until they agree.",
        detail={"books": posted.document.total, "header": posted.main.sent.total},
    )
    desk.states[posted.subject.key] = []
    hold_trouble(desk, posted.invoice, posted.subject, trouble)


def _money_or_lock(desk: Desk, posted: Posted, wanted: DocumentIntent) -> bool:
    adjusted = any(link.role is Role.ADJUSTMENT for link in posted.links)
    locked = desk.organisation.locks.locks(posted.document.on) or desk.organisation.locks.locks(wanted.on)
    return posted.document.has_money() or adjusted or locked


def _hold_kind_change(desk: Desk, posted: Posted) -> None:
    trouble = Trouble(
        code=HoldCode.PAID_EDIT,
        sentence="The invoice turned into a credit note, or the other way round, after it was posted.",
        todo="Void the document in the books, or correct the invoice in the practice.",
        detail={"books_number": posted.document.number},
    )
    hold_trouble(desk, posted.invoice, posted.subject, trouble)


def _note_agreement(desk: Desk, posted: Posted, before: DocumentIntent) -> None:
    """What changed in the practice makes no difference in the books: remember that, write nothing."""
    held = desk.facts.agreements.get(posted.subject.key)
    lines = held.lines if held is not None else before.lines
    agreement = Agreement(
        subject=posted.subject,
        fingerprint=content_fingerprint(posted.invoice),
        kind=before.kind,
        lines=lines,
        total=held.total if held is not None else before.total,
    )
    agree_again(desk, posted, before, agreement, f"Nothing on {posted.main.number} changes.")


def _update_in_place(desk: Desk, posted: Posted, drafted: Draft) -> None:
    """Update an unpaid, unlocked document, after checking that nobody changed it meanwhile."""
    intent = drafted.intent
    there = as_intent(posted.document, intent.party)
    if not changed_fields(there, intent):
        agreement = agreement_for(posted.invoice, posted.subject, intent)
        agree_again(desk, posted, there, agreement, f"{posted.main.number} says it already.")
        return
    trouble = edited(desk, posted)
    if trouble is not None:
        hold = invoice_hold(trouble, posted.invoice, posted.subject)
        if desk.decision(hold) is not DecisionKind.APPROVED:
            hold_document(desk, posted.invoice, posted.subject, hold)
            return
    status = posted.document.status if posted.document.status.is_draft() else DocumentStatus.AUTHORISED
    wanted = replace(intent, status=status, lines=with_line_ids(intent.lines, posted.document))
    act_update(desk, posted, wanted, agreement_for(posted.invoice, posted.subject, intent), drafted)
