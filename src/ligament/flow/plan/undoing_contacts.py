"""Undoing contacts: those that a run made are archived, those that it changed get back what they said, by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ligament.core.contacts import address_parts
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact, ContactStatus
from ligament.core.links import AgreedFields
from ligament.core.plans import Action, ActionKind, ContactStep, PartyStep
from ligament.core.private import Private
from ligament.core.records import Address, Party
from ligament.core.undos import RunWrite, Stays, UndoFacts, UndoPlan
from ligament.core.writes import ContactWrite, PartyWrite

_FIELDS = {"name": "name", "first": "first", "last": "last", "email": "email", "street": "street", "postal": "postal"}
_PARTY_FIELDS = {"first": "first", "last": "last", "email": "email", "phones": "phones", "address": "address"}


def undo_contacts(known: UndoFacts, plan: UndoPlan, voided: set[BooksId]) -> None:
    """Plan what was changed of people to be put back, and contacts that the run made to be archived, last of all."""
    made = {write.contact_id for write in known.writes if write.kind is ActionKind.CREATE_CONTACT}
    for first, last in _changed(known, ActionKind.UPDATE_CONTACT):
        if first.contact_id not in made:
            _restore_contact(known, plan, first, last)
    for first, last in _changed(known, ActionKind.UPDATE_PARTY):
        _restore_party(known, plan, first, last)
    for write in known.writes:
        if write.kind is ActionKind.CREATE_CONTACT:
            _archive(known, plan, write, voided)
        elif write.kind is ActionKind.ARCHIVE_CONTACT:
            sentence = f"The run archived {write.number}; only a person can restore it in {known.books_title}."
            plan.keep("contact", write.number, write.contact_id, Stays.ALREADY_GONE, sentence)


# --- contacts that the run made ---------------------------------------------------------------------------------------


def _archive(known: UndoFacts, plan: UndoPlan, write: RunWrite, voided: set[BooksId]) -> None:
    if write.contact_id is None or _was_taken(known, ActionKind.ARCHIVE_CONTACT, write):
        return
    contact = known.facts.contacts.get(write.contact_id)
    found = _in_use(known, plan, write, contact, voided)
    if found is not None:
        plan.keep("contact", write.number, write.contact_id, *found)
        return
    link = known.facts.contact_links.get(write.subject.key)
    plan.actions.append(
        Action(
            kind=ActionKind.ARCHIVE_CONTACT,
            subject=write.subject,
            number=write.number,
            sentence=f"Archive the contact {write.number}.",
            existing=True,
            undoes=True,
            contact=ContactStep(
                write=ContactWrite(id=write.contact_id, archive=True),
                name=link.name if link is not None else ContactStep(write=ContactWrite()).name,
                suffixed=link.suffixed if link is not None else False,
                agreed=link.agreed if link is not None else AgreedFields(),
            ),
        )
    )


def _in_use(
    known: UndoFacts, plan: UndoPlan, write: RunWrite, contact: BooksContact | None, voided: set[BooksId]
) -> tuple[Stays, str] | None:
    number = write.number
    if contact is None or contact.status is not ContactStatus.ACTIVE:
        return Stays.ALREADY_GONE, f"The contact {number} is archived or gone already."
    if any(held.contact_id == contact.id and held.kind is not ActionKind.LINK_CONTACT for held in known.later):
        return Stays.LATER_RUN, f"A later run changed the contact {number}: undo that one first."
    held = known.billed.get(contact.id, frozenset()) - voided
    if held & {one.books_id for one in plan.left}:
        return Stays.DEPENDS_ON_LEFT, f"The contact {number} stays because a document on it stays."
    if held:
        return Stays.IN_USE, f"Other documents stand on the contact {number}."
    last = next((one for one in reversed(known.writes) if one.contact_id == contact.id and one.contact), write)
    if last.contact is not None and any(not same for _, same in _compared(last.contact.write, contact)):
        return Stays.EDITED, f"Somebody changed the contact {number} in {known.books_title}."
    return None


def _compared(write: ContactWrite, contact: BooksContact) -> Iterator[tuple[str, bool]]:
    """Yield each field that a write gave, and whether the contact still says so."""
    for name in _FIELDS:
        wanted = getattr(write, name)
        if wanted is not None:
            yield name, _same(wanted, getattr(contact, name))
    for slot, number in write.phones or ():
        yield f"phones {slot.value}", _same(number, contact.phone(slot))
    for extra, value in write.extras or ():
        yield f"extras {extra.value}", _same(value, contact.further(extra))


def _same(left: object, right: object) -> bool:
    left, right = _bare(left), _bare(right)
    if isinstance(left, Address) and isinstance(right, Address):
        return address_parts(left) == address_parts(right)
    return left == right


def _bare(value: object) -> object:
    return value.reveal() if isinstance(value, Private) else value


# --- what was changed -------------------------------------------------------------------------------------------------


def _changed(known: UndoFacts, kind: ActionKind) -> Iterator[tuple[RunWrite, RunWrite]]:
    """Yield the first and the last change of each person's record that the run changed."""
    found: dict[str, tuple[RunWrite, RunWrite]] = {}
    for write in known.writes:
        if write.kind is kind:
            first, _ = found.get(write.subject.key, (write, write))
            found[write.subject.key] = (first, write)
    yield from found.values()


def _was_taken(known: UndoFacts, kind: ActionKind, write: RunWrite) -> bool:
    return any(taken.kind is kind and taken.subject == write.subject for taken in known.taken)


def _restore_contact(known: UndoFacts, plan: UndoPlan, first: RunWrite, last: RunWrite) -> None:
    contact = known.facts.contacts.get(first.contact_id) if first.contact_id is not None else None
    if first.contact_id is None or _was_taken(known, ActionKind.UPDATE_CONTACT, first):
        _tell_left_out(known, plan, first, last, contact)
        return
    before = first.contact_before
    is_there = contact is not None and contact.status is ContactStatus.ACTIVE
    refusal = _unknown(known, first, before, last, is_there=is_there)
    if refusal is not None or contact is None or before is None or last.contact is None:
        plan.keep("contact", first.number, first.contact_id, *(refusal or _not_known(first)))
        return
    agreed = dict(_compared(last.contact.write, contact))
    _tell_edited(plan, first, agreed)
    same = {name for name, as_written in agreed.items() if as_written}
    fields: dict[str, Any] = {name: getattr(before, name) for name in _FIELDS if name in same}
    phones = tuple(
        (slot, before.phone(slot)) for slot, _ in last.contact.write.phones or () if f"phones {slot.value}" in same
    )
    extras = tuple(
        (slot, before.further(slot)) for slot, _ in last.contact.write.extras or () if f"extras {slot.value}" in same
    )
    write = ContactWrite(id=contact.id, phones=phones or None, extras=extras or None, **fields)
    if not same:
        return
    link = known.facts.contact_links.get(first.subject.key)
    held = first.link_before
    plan.actions.append(
        Action(
            kind=ActionKind.UPDATE_CONTACT,
            subject=first.subject,
            number=first.number,
            sentence=f"Put back what the contact {first.number} said before.",
            existing=True,
            undoes=True,
            contact=ContactStep(
                write=write,
                name=held.name if held is not None else link.name if link is not None else before.name,
                suffixed=held.suffixed if held is not None else False,
                agreed=held.agreed if held is not None else AgreedFields(),
            ),
        )
    )


def _tell_left_out(
    known: UndoFacts, plan: UndoPlan, first: RunWrite, last: RunWrite, contact: BooksContact | None
) -> None:
    """Tell again, after the rest was put back, which fields somebody had changed."""
    back = [taken.contact for taken in known.taken if taken.subject == first.subject and taken.contact is not None]
    if contact is None or last.contact is None or not back:
        return
    restored = {name for step in back for name, _ in _compared(step.write, contact)}
    _tell_edited(plan, first, {name: name in restored for name, _ in _compared(last.contact.write, contact)})


def _unknown(
    known: UndoFacts, first: RunWrite, before: object, last: RunWrite, *, is_there: bool
) -> tuple[Stays, str] | None:
    """Return why nothing of a person's record can be put back, or nothing."""
    if not is_there:
        return Stays.ALREADY_GONE, f"{first.number} is archived or gone."
    kinds = {ActionKind.UPDATE_CONTACT, ActionKind.UPDATE_PARTY}
    if any(held.subject == first.subject and held.kind in kinds for held in known.later):
        return Stays.LATER_RUN, f"A later run changed {first.number}: undo that one first."
    return _not_known(first) if before is None or (last.contact is None and last.party is None) else None


def _not_known(first: RunWrite) -> tuple[Stays, str]:
    return Stays.ALREADY_GONE, f"What {first.number} said before is not known here any more."


def _tell_edited(plan: UndoPlan, first: RunWrite, same: Mapping[str, bool]) -> None:
    names = ", ".join(name for name, as_written in same.items() if not as_written)
    if names:
        sentence = f"Somebody changed {first.number} since ({names}), so that stays."
        plan.keep("contact", first.number, first.contact_id, Stays.EDITED, sentence)


def _restore_party(known: UndoFacts, plan: UndoPlan, first: RunWrite, last: RunWrite) -> None:
    if _was_taken(known, ActionKind.UPDATE_PARTY, first):
        back = [one.party.write for one in known.taken if one.subject == first.subject and one.party is not None]
        written = last.party.write if last.party is not None else None
        names = [name for name in _PARTY_FIELDS if written is not None and getattr(written, name) is not None]
        put_back = {name: any(getattr(one, name) is not None for one in back) for name in names}
        _tell_edited(plan, first, put_back)
        return
    before, party = first.party_before, known.facts.parties.get(first.subject.key)
    is_there = party is not None and party.removed_at is None
    refusal = _unknown(known, first, before, last, is_there=is_there)
    if refusal is not None or party is None or before is None or last.party is None:
        plan.keep("contact", first.number, first.contact_id, *(refusal or _not_known(first)))
        return
    given = last.party.write
    same = {name: _said(given, party, name) for name in _PARTY_FIELDS if getattr(given, name) is not None}
    _tell_edited(plan, first, same)
    fields: dict[str, Any] = {name: getattr(before, name) for name, as_written in same.items() if as_written}
    reference = before.foreign_reference if given.foreign_reference not in {None, before.foreign_reference} else None
    if not fields and reference is None:
        return
    held = first.link_before
    plan.actions.append(
        Action(
            kind=ActionKind.UPDATE_PARTY,
            subject=first.subject,
            number=first.number,
            sentence=f"Put back what the practice said of {first.number} before.",
            existing=True,
            undoes=True,
            party=PartyStep(
                write=PartyWrite(id=given.id, foreign_reference=reference, **fields),
                agreed=held.agreed if held is not None else AgreedFields(),
            ),
        )
    )


def _said(given: PartyWrite, party: Party, name: str) -> bool:
    if name == "phones":
        return [(one.kind, _bare(one.number)) for one in given.phones or ()] == [
            (one.kind, _bare(one.number)) for one in party.phones
        ]
    return _same(getattr(given, name), getattr(party, name))
