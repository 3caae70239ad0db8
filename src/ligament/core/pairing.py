"""A pair of party and contact side by side: each field as both systems say it, and as they last agreed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from ligament.core.contacts import address_parts, extras_of, phone_slots
from ligament.core.folding import folded
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import BooksContact, ContactStatus, PhoneSlot
from ligament.core.links import AgreedFields
from ligament.core.private import NOTHING, Private
from ligament.core.records import NO_ADDRESS, Address, Party, PartyKind
from ligament.core.rules.model import Rulebook
from ligament.core.writes import ContactWrite

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
PhoneKey = Callable[[str, str], str]
"""Gives for a telephone number and a country what is the same for the same number."""


def _as_typed(number: str, country: str) -> str:
    del country
    return folded(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """One field of a pair; values are the clinic's own to see, on its own screen only."""

    field: str
    practice: Private[str]
    books: Private[str]
    agreed: Private[str]
    same: bool


def side_by_side(
    party: Party | None,
    contact: BooksContact | None,
    agreed: AgreedFields,
    rulebook: Rulebook,
    phone_key: PhoneKey = _as_typed,
) -> list[FieldRow]:
    """Return every field that anybody holds something in; telephone numbers are compared by their key."""
    mine = party or Party(id=SourceId(""), kind=PartyKind.PATIENT, created_at=_NEVER, updated_at=_NEVER)
    theirs = contact or BooksContact(id=BooksId(""), updated_at=_NEVER)
    rows = [
        _name(mine, theirs, agreed),
        _text("first", mine.first, theirs.first, agreed.first),
        _text("last", mine.last, theirs.last, agreed.last),
        _text("email", mine.email, theirs.email, agreed.email),
        *_phones(mine, theirs, agreed, partial(_same_number, phone_key, mine.country_code or rulebook.clinic.country)),
        _place("address", mine.address, theirs.street, agreed.street),
        _place("postal", mine.address, theirs.postal, agreed.postal),
        *_further(mine, theirs, agreed, rulebook),
    ]
    return [row for row in rows if row.practice or row.books or row.agreed]


def _name(party: Party, contact: BooksContact, agreed: AgreedFields) -> FieldRow:
    """Compare the names; one that was agreed on with a suffix behind it is the same while the person's own is."""
    row = _text("name", Private(party.full_name()), contact.name, agreed.name)
    agreed_on = agreed.name is not None and contact.name == agreed.name
    unchanged = (party.first, party.last) == (agreed.first or NOTHING, agreed.last or NOTHING)
    return replace(row, same=row.same or (agreed_on and unchanged))


def _phones(
    party: Party, contact: BooksContact, agreed: AgreedFields, same: Callable[[str, str], bool]
) -> list[FieldRow]:
    mine, before = dict(phone_slots(party)), dict(agreed.phones or ())
    rows = [
        _text(f"phone_{slot.value}", mine.get(slot, NOTHING), contact.phone(slot), before.get(slot))
        for slot in PhoneSlot
    ]
    return [replace(row, same=row.same or same(row.practice.reveal(), row.books.reveal())) for row in rows]


def _same_number(phone_key: PhoneKey, country: str, left: str, right: str) -> bool:
    key = phone_key(left, country)
    return bool(key) and key == phone_key(right, country)


def _further(party: Party, contact: BooksContact, agreed: AgreedFields, rulebook: Rulebook) -> list[FieldRow]:
    mine, before = dict(extras_of(party, rulebook)), dict(agreed.extras or ())
    slots = sorted({*mine, *before})
    return [_text(slot.value, mine.get(slot, NOTHING), contact.further(slot), before.get(slot)) for slot in slots]


def _text(name: str, mine: Private[str], theirs: Private[str], agreed: Private[str] | None) -> FieldRow:
    same = folded(mine.reveal()) == folded(theirs.reveal())
    return FieldRow(field=name, practice=mine, books=theirs, agreed=agreed or NOTHING, same=same)


def _place(name: str, mine: Private[Address], theirs: Private[Address], agreed: Private[Address] | None) -> FieldRow:
    return FieldRow(
        field=name,
        practice=mine.map(_one_line),
        books=theirs.map(_one_line),
        agreed=(agreed or NO_ADDRESS).map(_one_line),
        same=address_parts(mine.reveal()) == address_parts(theirs.reveal()),
    )


def _one_line(address: Address) -> str:
    if address.is_blank():
        return ""
    parts = (*address.lines, f"{address.city} {address.region} {address.post_code}", address.country)
    return ", ".join(" ".join(part.split()) for part in parts if part.strip())


def after_writing(contact: BooksContact | None, write: ContactWrite) -> BooksContact:
    """Return what a contact says once a write has been taken; slots that the write does not name stay."""
    before = contact or BooksContact(id=write.id or BooksId(""), updated_at=_NEVER)
    phones = {**dict(before.phones), **dict(write.phones or ())}
    extras = {**dict(before.extras), **dict(write.extras or ())}
    return replace(
        before,
        number=before.number if write.number is None else write.number,
        name=before.name if write.name is None else write.name,
        first=before.first if write.first is None else write.first,
        last=before.last if write.last is None else write.last,
        email=before.email if write.email is None else write.email,
        phones=tuple(sorted((slot, number) for slot, number in phones.items() if number)),
        street=before.street if write.street is None else write.street,
        postal=before.postal if write.postal is None else write.postal,
        extras=tuple(sorted((slot, value) for slot, value in extras.items() if value)),
        status=ContactStatus.ARCHIVED if write.archive else before.status,
    )
