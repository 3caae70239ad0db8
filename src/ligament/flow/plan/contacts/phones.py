"""Phone numbers of a pair: agreed one by one, by their slots."""

from __future__ import annotations

from ligament.core.contacts import SLOTS
from ligament.core.ledgers import PhoneSlot
from ligament.core.merging import FieldVerdict, Sides
from ligament.core.plans import NoteKind
from ligament.core.private import NOTHING, Private
from ligament.core.records import Party, Phone, PhoneKind
from ligament.core.rules.model import Field
from ligament.flow.plan.contacts.field_merge import (
    Merge,
    blank_text,
    phone_label,
    same_text,
)
from ligament.flow.plan.contacts.left_out import is_left_out

Numbers = dict[PhoneSlot, Private[str]]


_KINDS = {slot: kind for kind, slot in SLOTS.items()}


def agree_phones(merge: Merge) -> None:
    """Agree on every phone number of the pair, slot by slot."""
    country = merge.party.country_code or merge.builder.rulebook.clinic.country.value
    key = merge.builder.around.phone_key

    def same(left: Private[str], right: Private[str]) -> bool:
        if left == right:
            return True
        one, other = key(left.reveal(), country), key(right.reveal(), country)
        return one == other if one and other else same_text(left, right)

    ours, agreed = dict(merge.intent.phones), dict(merge.link.agreed.phones or ())
    written: dict[PhoneSlot, Private[str]] = {}
    settled: dict[PhoneSlot, Private[str]] = {}
    returned: dict[PhoneSlot, Private[str]] = {}
    left_out = is_left_out(merge.link.agreed, merge.intent, "phones")
    for slot in PhoneSlot:
        mine, theirs = ours.get(slot, NOTHING), merge.contact.phone(slot)
        sides = Sides(practice=mine, books=theirs, agreed=agreed.get(slot))
        verdict = merge.verdict(Field.PHONES, sides, same, blank_text, phone_label(slot))
        if verdict is FieldVerdict.TO_BOOKS and left_out:
            merge.notes[phone_label(slot)] = NoteKind.REFUSED
            continue
        if verdict is FieldVerdict.TO_BOOKS:
            written[slot] = mine
        if verdict in {FieldVerdict.TO_BOOKS, FieldVerdict.AGREED}:
            settled[slot] = mine
        if verdict is FieldVerdict.TO_PRACTICE:
            returned[slot] = theirs
    _keep_phones(merge, written, settled, returned)


def _keep_phones(merge: Merge, written: Numbers, settled: Numbers, returned: Numbers) -> None:
    if written:
        merge.write.update(phones=tuple(sorted(written.items())))
    if settled:
        merge.settled.update(phones=tuple(sorted(settled.items())))
    if returned:
        ruling = merge.builder.contact_rulings.get(merge.intent.subject.key)
        known = merge.party if ruling is None else ruling.original
        merge.back.update(phones=_phone_list(known, returned))
        merge.returned.update(phones=tuple(sorted(returned.items())))


def _phone_list(party: Party, returned: dict[PhoneSlot, Private[str]]) -> tuple[Phone, ...]:
    """Return the patient's telephone numbers with the first of each returned kind replaced, the others kept."""
    wanted: dict[PhoneKind, Private[str]] = {_KINDS[slot]: number for slot, number in returned.items()}
    phones: list[Phone] = []
    for phone in party.phones:
        number = wanted.pop(phone.kind, None)
        phones.append(phone if number is None else Phone(kind=phone.kind, number=number))
    phones.extend(Phone(kind=kind, number=number) for kind, number in wanted.items())
    return tuple(phones)
