"""From approved actions to writes with every id resolved."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.ids import BooksId
from ligament.core.ledgers import DocumentKind
from ligament.core.plans import Action, ActionKind, DocumentRef, GroupStep
from ligament.core.writes import (
    AllocationRemoval,
    AllocationWrite,
    BooksWrite,
    ContactWrite,
    DocumentWrite,
    GroupWrite,
    MembershipWrite,
    OptionWrite,
    PaymentRemoval,
    PaymentWrite,
    Verb,
)
from ligament.flow.execute.working_state import WorkingState

VERBS = {
    ActionKind.CREATE_CONTACT: Verb.CREATE_CONTACTS,
    ActionKind.UPDATE_CONTACT: Verb.UPDATE_CONTACTS,
    ActionKind.ARCHIVE_CONTACT: Verb.UPDATE_CONTACTS,
    ActionKind.ADD_OPTION: Verb.ADD_OPTION,
    ActionKind.UNPAY: Verb.UNPAY,
    ActionKind.DEALLOCATE: Verb.DEALLOCATE,
    ActionKind.ALLOCATE: Verb.ALLOCATE,
    ActionKind.PAY: Verb.PAY,
    ActionKind.PAY_FIRST: Verb.PAY,
    ActionKind.DEALLOCATE: Verb.DEALLOCATE,
    ActionKind.ADD_GROUP: Verb.ADD_GROUP,
    ActionKind.JOIN_GROUP: Verb.JOIN_GROUP,
    ActionKind.LEAVE_GROUP: Verb.LEAVE_GROUP,
}


def verb_of(action: Action) -> Verb:
    """Return the kind of call that an action needs."""
    is_note = False
    if action.document is not None:
        is_note = action.document.intent.kind is DocumentKind.CREDIT_NOTE
    if action.void is not None:
        is_note = action.void.document.kind is DocumentKind.CREDIT_NOTE
    if action.kind is ActionKind.CREATE_DOCUMENT:
        return Verb.CREATE_CREDIT_NOTES if is_note else Verb.CREATE_INVOICES
    if action.kind in {ActionKind.UPDATE_DOCUMENT, ActionKind.VOID}:
        return Verb.UPDATE_CREDIT_NOTES if is_note else Verb.UPDATE_INVOICES
    return VERBS[action.kind]


def resolved(action: Action, ledger: WorkingState) -> Action | None:
    """Fill in ids that earlier actions of this run have made; None when what it needs is not there (yet)."""
    if ledger.refused_options and action.document is not None:
        wanted = {pair for line in action.document.intent.lines for pair in line.tracking}
        if wanted & ledger.refused_options:
            return None
    if action.document is not None and action.document.intent.contact_id is None:
        contact_id = ledger.contact_id(action.document.intent.party.key)
        if contact_id is None:
            return None
        intent = replace(action.document.intent, contact_id=contact_id)
        return replace(action, document=replace(action.document, intent=intent))
    if action.payment is not None:
        ref = _resolved_ref(action.payment.document, ledger)
        return None if ref.id is None else replace(action, payment=replace(action.payment, document=ref))
    if action.allocation is not None:
        credit = _resolved_ref(action.allocation.credit, ledger)
        invoice = _resolved_ref(action.allocation.invoice, ledger)
        if credit.id is None or invoice.id is None:
            return None
        return replace(action, allocation=replace(action.allocation, credit=credit, invoice=invoice))
    if action.kind is ActionKind.JOIN_GROUP and action.group is not None:
        group_id = action.group.group_id or ledger.group_id(action.group.mark)
        contact_id = action.group.contact_id or ledger.contact_id(action.subject.key)
        if group_id is None or contact_id is None:
            return None
        return replace(action, group=replace(action.group, group_id=group_id, contact_id=contact_id))
    return action


def _resolved_ref(ref: DocumentRef, ledger: WorkingState) -> DocumentRef:
    return ref if ref.id is not None else replace(ref, id=ledger.document_id(ref.kind.value, ref.number))


def still_true(action: Action, ledger: WorkingState) -> bool:
    """Say whether the documents an action moves money on still stand as the plan saw them."""
    if action.payment is not None:
        document = ledger.document(action.payment.document.id)
        return document is not None and document.open_amount == action.payment.amount
    if action.allocation is not None:
        note, invoice = ledger.document(action.allocation.credit.id), ledger.document(action.allocation.invoice.id)
        if note is None or invoice is None:
            return False
        return min(note.open_amount, invoice.open_amount) >= action.allocation.amount
    return True


def write_for(action: Action) -> BooksWrite:
    if action.contact is not None:
        return action.contact.write if not action.contact.write.archive else _archiving(action.contact.write)
    if action.document is not None:
        return _document(action)
    if action.void is not None:
        ref = action.void.document
        return DocumentWrite(id=ref.id, kind=ref.kind, number=ref.number, status=action.void.status)
    if action.allocation is not None:
        step = action.allocation
        return AllocationWrite(
            credit_id=_known(step.credit), invoice_id=_known(step.invoice), amount=step.amount, on=step.on
        )
    if action.payment is not None:
        pay = action.payment
        return PaymentWrite(
            invoice_id=_known(pay.document), account=pay.account, on=pay.on, amount=pay.amount, reference=pay.reference
        )
    if action.unpayment is not None:
        return PaymentRemoval(payment_id=action.unpayment.payment_id, invoice_id=_known(action.unpayment.document))
    if action.deallocation is not None:
        use = action.deallocation
        return AllocationRemoval(credit_id=_known(use.credit), allocation_id=use.allocation_id)
    if action.group is not None:
        return _membership(action.group)
    assert action.option is not None, "an action has exactly one step"
    return OptionWrite(category_id=action.option.category_id, name=action.option.name)


def _membership(step: GroupStep) -> GroupWrite | MembershipWrite:
    if step.group_id is None or step.contact_id is None:
        return GroupWrite(name=step.name)
    return MembershipWrite(group_id=step.group_id, contact_id=step.contact_id)


def _archiving(write: ContactWrite) -> ContactWrite:
    return ContactWrite(id=write.id, archive=True)


def _known(ref: DocumentRef) -> BooksId:
    assert ref.id is not None, "a resolved action knows its documents"
    return ref.id


def _document(action: Action) -> DocumentWrite:
    assert action.document is not None
    intent = action.document.intent
    return DocumentWrite(
        id=action.document.document_id,
        kind=intent.kind,
        number=intent.number,
        contact_id=intent.contact_id,
        reference=intent.reference,
        url=intent.url,
        on=intent.on,
        due_on=intent.due_on,
        status=intent.status,
        lines=intent.lines,
        theme=intent.theme or None,
    )
