"""The sixth stage: what an answer means for the records and links we keep."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from ligament.core.differences import edited_fields
from ligament.core.drafting import as_intent
from ligament.core.ids import BooksId
from ligament.core.intents import DocumentIntent
from ligament.core.ledgers import (
    BooksAllocation,
    BooksContact,
    BooksDocument,
    BooksPayment,
    ContactGroup,
    DocumentStatus,
    TrackingOption,
)
from ligament.core.links import ContactLink, DocumentLink, Membership, PaymentLink, joined
from ligament.core.plans import Action, ActionKind, allocation_id
from ligament.core.receipts import Effect
from ligament.core.records import Party
from ligament.core.writes import ElementResult, ElementVerdict, RefusalCode, Written
from ligament.flow.execute.working_state import WorkingState


def effect_of(action: Action, result: ElementResult, ledger: WorkingState, *, found: bool = False) -> Effect:
    """Return what is to be kept after one action, from the answer for it."""
    if result.verdict is ElementVerdict.REFUSED:
        return Effect(
            action=action, refused=result.refusals or ("no reason given",), code=result.code or RefusalCode.OTHER
        )
    effect = _effect(action, result, ledger)
    if result.verdict is ElementVerdict.TAKEN_OFF:
        # That it was done is remembered; the documents stand as they were just read.
        effect = replace(effect, documents=())
    return replace(effect, warnings=result.warnings, found=found)


def _effect(action: Action, result: ElementResult, ledger: WorkingState) -> Effect:
    match action.kind:
        case (
            ActionKind.CREATE_CONTACT | ActionKind.UPDATE_CONTACT | ActionKind.ARCHIVE_CONTACT | ActionKind.LINK_CONTACT
        ):
            return _contact(action, result.result if isinstance(result.result, BooksContact) else None, ledger)
        case ActionKind.UPDATE_PARTY:
            return _party(action, result.result if isinstance(result.result, Party) else None, ledger)
        case ActionKind.CREATE_DOCUMENT | ActionKind.UPDATE_DOCUMENT | ActionKind.LINK_DOCUMENT:
            return _document(action, result.result if isinstance(result.result, BooksDocument) else None, ledger)
        case ActionKind.VOID:
            return _void(action, result.result if isinstance(result.result, BooksDocument) else None, ledger)
        case ActionKind.ALLOCATE | ActionKind.DEALLOCATE:
            return _allocation(action, ledger) if action.allocation is not None else _deallocation(action, ledger)
        case ActionKind.PAY | ActionKind.PAY_FIRST:
            return _payment(action, result.result if isinstance(result.result, BooksPayment) else None, ledger)
        case ActionKind.UNPAY | ActionKind.FORGET_PAYMENT:
            return _unpayment(action, ledger)
        case ActionKind.JOIN_GROUP | ActionKind.LEAVE_GROUP:
            return _membership(action, result.result if isinstance(result.result, BooksContact) else None, ledger)
        case _:
            return _made(action, result.result)


def _made(action: Action, made: Written) -> Effect:
    """Something to choose from was made: a contact group or a tracking option."""
    group = made if isinstance(made, ContactGroup) else None
    return Effect(action=action, group=group, option=made if isinstance(made, TrackingOption) else None)


def _contact(action: Action, contact: BooksContact | None, ledger: WorkingState) -> Effect:
    step = action.contact
    assert step is not None
    before = ledger.contact_link(action.subject.key)
    contact_id = contact.id if contact is not None else step.write.id
    assert contact_id is not None, "an answer about a contact names it"
    held = ledger.contact(contact_id)
    if contact is not None and held is not None and not contact.groups:
        # The answer to a write never names groups; those of the last reading still stand.
        contact = replace(contact, groups=held.groups)
    # Nothing was ever agreed with another contact, as one that survived a merge.
    known = before is not None and before.contact_id == contact_id
    agreed = joined(before.agreed, step.agreed) if before is not None and known and not action.undoes else step.agreed
    number = (contact.number if contact is not None else "") or step.write.number or (before.number if before else "")
    link = ContactLink(
        party=action.subject,
        contact_id=contact_id,
        number=number or action.number,
        name=step.name,
        suffixed=step.suffixed,
        origin=before.origin if before is not None else step.origin,
        agreed=agreed,
        archived=step.write.archive,
    )
    return Effect(action=action, contact_link=link, contact=contact)


def _membership(action: Action, contact: BooksContact | None, ledger: WorkingState) -> Effect:
    """The answer names ids only, so the contact is carried forward with its groups until it is read again."""
    step = action.group
    assert step is not None
    assert step.group_id is not None, "a resolved action knows its group"
    link = ledger.contact_link(action.subject.key)
    held = contact or (ledger.contact(step.contact_id) if step.contact_id is not None else None)
    if link is None or link.contact_id != step.contact_id:
        return Effect(action=action, contact=held)
    groups = {group: None for group in (held.groups if held is not None else ()) if group != step.group_id}
    ours = [known for known in link.agreed.groups or () if known.group_id != step.group_id]
    if action.kind is ActionKind.JOIN_GROUP:
        groups[step.group_id] = None
        ours.append(Membership(group_id=step.group_id, name=step.name, reason=step.reason))
    agreed = replace(link.agreed, groups=tuple(ours))
    now = replace(held, groups=tuple(sorted(groups))) if held is not None else None
    return Effect(action=action, contact_link=replace(link, agreed=agreed), contact=now)


def _party(action: Action, party: Party | None, ledger: WorkingState) -> Effect:
    assert action.party is not None
    before = ledger.contact_link(action.subject.key)
    link = None
    if before is not None:
        agreed = action.party.agreed if action.undoes else joined(before.agreed, action.party.agreed)
        link = replace(before, agreed=agreed)
    return Effect(action=action, contact_link=link, party=party)


def _document(action: Action, document: BooksDocument | None, ledger: WorkingState) -> Effect:
    step = action.document
    assert step is not None
    books_id = document.id if document is not None else step.document_id
    assert books_id is not None, "an answer about a document names it"
    sent = step.intent
    if document is not None:
        sent = replace(sent, contact_id=document.contact_id)
    link = DocumentLink(
        subject=action.subject,
        role=step.role,
        version=step.version,
        books_id=books_id,
        kind=step.intent.kind,
        number=document.number if document is not None else step.intent.number,
        origin=step.origin,
        sent=sent,
    )
    documents = (document,) if document is not None else ()
    over = _wrote_over(action, ledger)
    return Effect(action=action, document_link=link, documents=documents, agreement=step.agreement, wrote_over=over)


def _wrote_over(action: Action, ledger: WorkingState) -> DocumentIntent | None:
    """Return what somebody had made of a document that was written over, so that an undo gives it back."""
    if action.kind is not ActionKind.UPDATE_DOCUMENT or action.document is None:
        return None
    held = ledger.document(action.document.document_id)
    link = ledger.document_link(action.subject.key, action.document.document_id)
    if held is None or link is None or link.sent is None or not edited_fields(link.sent, held):
        return None
    return as_intent(held, link.sent.party)


def _void(action: Action, document: BooksDocument | None, ledger: WorkingState) -> Effect:
    assert action.void is not None
    held = document or ledger.document(action.void.document.id)
    documents = () if held is None else (replace(held, status=action.void.status),)
    link = ledger.document_link(action.subject.key, action.void.document.id)
    gone = replace(link, voided_by_us=True) if link is not None else None
    return Effect(action=action, document_link=gone, documents=documents, agreement=action.void.agreement)


def _reduced(document: BooksDocument, by: Decimal) -> BooksDocument:
    left = document.open_amount - by
    status = document.status
    if left <= 0 and status is DocumentStatus.AUTHORISED:
        status = DocumentStatus.PAID
    if left > 0 and status is DocumentStatus.PAID:
        status = DocumentStatus.AUTHORISED
    return replace(document, open_amount=left, status=status)


def _allocation(action: Action, ledger: WorkingState) -> Effect:
    """The answer to an allocation shows neither document, so both are carried forward until they are read again."""
    step = action.allocation
    assert step is not None
    note_id = step.credit.id or ledger.document_id(step.credit.kind.value, step.credit.number)
    invoice_id = step.invoice.id or ledger.document_id(step.invoice.kind.value, step.invoice.number)
    note, invoice = ledger.document(note_id), ledger.document(invoice_id)
    documents = []
    if note is not None and invoice is not None:
        for held, other in ((note, invoice), (invoice, note)):
            entry = BooksAllocation(other_id=other.id, amount=step.amount, on=step.on)
            documents.append(replace(_reduced(held, step.amount), allocations=(*held.allocations, entry)))
    assert invoice_id is not None
    link = PaymentLink(
        subject=action.subject,
        payment_id=BooksId(allocation_id(step.credit, step.invoice)),
        document_id=invoice_id,
        reference=action.number,
        account="",
        amount=step.amount,
        on=step.on,
        for_total=step.amount,
    )
    return Effect(action=action, payment_link=link, documents=tuple(documents))


def _deallocation(action: Action, ledger: WorkingState) -> Effect:
    """The answer shows neither document, so both are carried forward until they are read again."""
    step = action.deallocation
    assert step is not None
    note, invoice = ledger.document(step.credit.id), ledger.document(step.invoice.id)
    documents = []
    if note is not None and invoice is not None:
        for held, other in ((note, invoice), (invoice, note)):
            uses = list(held.allocations)
            gone = next((use for use in uses if use.other_id == other.id and use.amount == step.amount), None)
            if gone is not None:
                uses.remove(gone)
                documents.append(replace(_reduced(held, -step.amount), allocations=tuple(uses)))
    link = ledger.payment_of(action.subject.key, BooksId(allocation_id(step.credit, step.invoice)))
    return Effect(
        action=action,
        payment_link=replace(link, live=False) if link is not None else None,
        documents=tuple(documents),
    )


def _payment(action: Action, payment: BooksPayment | None, ledger: WorkingState) -> Effect:
    step = action.payment
    assert step is not None
    assert payment is not None, "an answer about a payment names it"
    invoice_id = step.document.id or ledger.document_id(step.document.kind.value, step.document.number)
    assert invoice_id is not None
    document = ledger.document(invoice_id)
    link = PaymentLink(
        subject=action.subject,
        payment_id=payment.id,
        document_id=invoice_id,
        reference=step.reference,
        account=step.account,
        amount=step.amount,
        on=step.on,
        for_total=step.for_total,
    )
    documents: tuple[BooksDocument, ...] = ()
    if document is not None:
        documents = (replace(_reduced(document, step.amount), payments=(*document.payments, payment)),)
    return Effect(action=action, payment_link=link, documents=documents)


def _unpayment(action: Action, ledger: WorkingState) -> Effect:
    step = action.unpayment
    assert step is not None
    document = ledger.document(step.document.id)
    documents: tuple[BooksDocument, ...] = ()
    if document is not None:
        kept = tuple(payment for payment in document.payments if payment.id != step.payment_id)
        gone = len(kept) < len(document.payments)
        documents = (replace(_reduced(document, -step.amount if gone else Decimal(0)), payments=kept),)
    link = ledger.payment_of(action.subject.key, step.payment_id)
    return Effect(
        action=action, payment_link=replace(link, live=False) if link is not None else None, documents=documents
    )
