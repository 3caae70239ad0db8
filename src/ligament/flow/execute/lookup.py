"""Looking up writes whose fate is not known, by business key, before anything is sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ligament.core.contacts import address_parts
from ligament.core.differences import edited_fields
from ligament.core.folding import folded
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact, BooksDocument, ContactStatus, DocumentKind
from ligament.core.plans import Action, ActionKind
from ligament.core.receipts import WriteIntent
from ligament.core.records import Party
from ligament.core.writes import ElementResult, ElementVerdict, PartyWrite, Verb, Written
from ligament.ports.books import Books
from ligament.ports.practice import Practice

Found = dict[str, ElementResult]


def look_up(intent: WriteIntent, books: Books, practice: Practice) -> Found:
    """Return what is known to have happened, by action key; actions that did not happen are missing.

    Reads only. `intent.actions` are resolved, so every id they need is in them.
    """
    if intent.verb is Verb.UPDATE_PARTY:
        return _parties(intent.actions, practice)
    return _IN_BOOKS[intent.verb](intent.actions, books)


def _done(result: Written) -> ElementResult:
    return ElementResult(verdict=ElementVerdict.DONE, result=result)


def _created_contacts(actions: Iterable[Action], books: Books) -> Found:
    wanted = {action.contact.write.number or "": action for action in actions if action.contact is not None}
    found = books.find_contacts([number for number in wanted if number])
    return {wanted[held.number].key: _done(held) for held in found if held.number in wanted}


def _updated_contacts(actions: Iterable[Action], books: Books) -> Found:
    wanted = {
        action.contact.write.id: action for action in actions if action.contact is not None and action.contact.write.id
    }
    found = books.contacts_by_id(list(wanted))
    return {wanted[held.id].key: _done(held) for held in found if held.id in wanted and _says(held, wanted[held.id])}


def _says(contact: BooksContact, action: Action) -> bool:
    """Say whether a contact already says everything that an update would write."""
    assert action.contact is not None
    write = action.contact.write
    if write.archive:
        return contact.status is ContactStatus.ARCHIVED
    texts = (
        (write.name, contact.name),
        (write.first, contact.first),
        (write.last, contact.last),
        (write.email, contact.email),
    )
    places = ((write.street, contact.street), (write.postal, contact.postal))
    return (
        all(new is None or new.reveal() == held.reveal() for new, held in texts)
        and all(new is None or address_parts(new.reveal()) == address_parts(held.reveal()) for new, held in places)
        and all(contact.phone(slot).reveal() == number.reveal() for slot, number in write.phones or ())
        and all(contact.further(slot).reveal() == value.reveal() for slot, value in write.extras or ())
        and (write.number is None or write.number == contact.number)
    )


def _created_documents(actions: Iterable[Action], books: Books) -> Found:
    wanted = {action.document.intent.number: action for action in actions if action.document is not None}
    found: Found = {}
    for document in _by_number(wanted, books):
        action = wanted.get(document.number)
        if action is not None and _is_ours(document, action):
            found[action.key] = _done(document)
    return found


def _by_number(wanted: dict[str, Action], books: Books) -> tuple[BooksDocument, ...]:
    numbers = list(wanted)
    first = next((action.document for action in wanted.values() if action.document is not None), None)
    if first is None:
        return ()
    if first.intent.kind is DocumentKind.INVOICE:
        return books.find_invoices(numbers)
    references = [action.document.intent.reference for action in wanted.values() if action.document is not None]
    return books.find_credit_notes(numbers, references)


def _is_ours(document: BooksDocument, action: Action) -> bool:
    """A document found under our number is ours when reference, contact and total are what we sent.

    One that somebody voided meanwhile counts too: it was made, and nothing is made again in its place.
    """
    assert action.document is not None
    intent = action.document.intent
    return (
        document.reference == intent.reference
        and document.contact_id == intent.contact_id
        and document.total == intent.total
    )


def _updated_documents(actions: Iterable[Action], books: Books) -> Found:
    found: Found = {}
    for kind in DocumentKind:
        wanted = {_document_id(action): action for action in actions if _document_kind(action) is kind}
        if not wanted:
            continue
        for document in books.documents_by_id(kind.value, [held for held in wanted if held is not None]):
            action = wanted[document.id]
            if _carries(document, action):
                found[action.key] = _done(document)
    return found


def _document_kind(action: Action) -> DocumentKind | None:
    if action.void is not None:
        return action.void.document.kind
    return action.document.intent.kind if action.document is not None else None


def _document_id(action: Action) -> BooksId | None:
    if action.void is not None:
        return action.void.document.id
    return action.document.document_id if action.document is not None else None


def _carries(document: BooksDocument, action: Action) -> bool:
    if action.kind is ActionKind.VOID:
        return document.status.is_gone()
    assert action.document is not None
    return not edited_fields(action.document.intent, document)


def _allocations(actions: Iterable[Action], books: Books) -> Found:
    found: Found = {}
    for action in actions:
        step = action.allocation
        if step is None or step.credit.id is None:
            continue
        for note in books.documents_by_id(DocumentKind.CREDIT_NOTE.value, [step.credit.id]):
            hits = [
                held for held in note.allocations if held.other_id == step.invoice.id and held.amount == step.amount
            ]
            if hits:
                found[action.key] = _done(None)
    return found


def _payments(actions: Iterable[Action], books: Books) -> Found:
    wanted = {action.payment.document.id: action for action in actions if action.payment is not None}
    found: Found = {}
    for document in books.documents_by_id(DocumentKind.INVOICE.value, [held for held in wanted if held is not None]):
        action = wanted[document.id]
        assert action.payment is not None
        for payment in document.payments:
            same = payment.reference == action.payment.reference and payment.amount == action.payment.amount
            if same and not payment.deleted:
                found[action.key] = _done(payment)
    return found


def _unpayments(actions: Iterable[Action], books: Books) -> Found:
    found: Found = {}
    for action in actions:
        if action.unpayment is None:
            continue
        payment = books.payment(action.unpayment.payment_id)
        if payment is None or payment.deleted:
            found[action.key] = _done(payment)
    return found


def _deallocations(actions: Iterable[Action], books: Books) -> Found:
    found: Found = {}
    for action in actions:
        step = action.deallocation
        if step is None or step.credit.id is None:
            continue
        notes = books.documents_by_id(DocumentKind.CREDIT_NOTE.value, [step.credit.id])
        if not any(held.id == step.allocation_id for note in notes for held in note.allocations):
            found[action.key] = _done(None)
    return found


def _options(actions: Iterable[Action], books: Books) -> Found:
    chart = books.chart()
    found: Found = {}
    for action in actions:
        category = chart.category(action.option.category) if action.option is not None else None
        if category is None or action.option is None:
            continue
        if any(option.active and folded(option.name) == folded(action.option.name) for option in category.options):
            found[action.key] = _done(None)
    return found


def _groups(actions: Iterable[Action], books: Books) -> Found:
    there = {folded(group.name): group for group in books.groups() if group.active}
    named = {action.key: folded(action.group.name.reveal()) for action in actions if action.group is not None}
    return {key: _done(there[name]) for key, name in named.items() if name in there}


def _members(actions: Iterable[Action], books: Books) -> Found:
    """A contact tells which groups it is in: in after joining, out after leaving, however often either was sent."""
    wanted = [(action, action.group) for action in actions if action.group is not None]
    ids = [step.contact_id for _, step in wanted if step.contact_id is not None]
    there = {contact.id: contact for contact in books.contacts_by_id(ids)}
    found: Found = {}
    for action, step in wanted:
        contact = there.get(step.contact_id) if step.contact_id is not None else None
        if contact is not None and (step.group_id in contact.groups) == (action.kind is ActionKind.JOIN_GROUP):
            found[action.key] = _done(contact)
    return found


def _parties(actions: Iterable[Action], practice: Practice) -> Found:
    wanted = {action.party.write.id: action for action in actions if action.party is not None}
    found: Found = {}
    for party in practice.read_parties(list(wanted)):
        if isinstance(party, Party) and _party_says(party, wanted[party.id]):
            found[wanted[party.id].key] = _done(party)
    return found


def _party_says(party: Party, action: Action) -> bool:
    assert action.party is not None
    write: PartyWrite = action.party.write
    texts = ((write.first, party.first), (write.last, party.last), (write.email, party.email))
    same_phones = write.phones is None or [(p.kind, p.number) for p in write.phones] == [
        (p.kind, p.number) for p in party.phones
    ]
    same_place = write.address is None or address_parts(write.address.reveal()) == address_parts(party.address.reveal())
    same_reference = write.foreign_reference in {None, party.foreign_reference}
    return all(new is None or new == held for new, held in texts) and same_phones and same_place and same_reference


_IN_BOOKS: Mapping[Verb, Callable[[Iterable[Action], Books], Found]] = {
    Verb.CREATE_CONTACTS: _created_contacts,
    Verb.UPDATE_CONTACTS: _updated_contacts,
    Verb.CREATE_INVOICES: _created_documents,
    Verb.CREATE_CREDIT_NOTES: _created_documents,
    Verb.UPDATE_INVOICES: _updated_documents,
    Verb.UPDATE_CREDIT_NOTES: _updated_documents,
    Verb.ALLOCATE: _allocations,
    Verb.PAY: _payments,
    Verb.UNPAY: _unpayments,
    Verb.DEALLOCATE: _deallocations,
    Verb.ADD_OPTION: _options,
    Verb.ADD_GROUP: _groups,
    Verb.JOIN_GROUP: _members,
    Verb.LEAVE_GROUP: _members,
}
