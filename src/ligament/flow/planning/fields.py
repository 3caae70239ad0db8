"""Keeping the fields of one pair the same: what goes to the books, what to the practice, what waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from ligament.core.changes import ContactWrite, PartyWrite, RefusalCode
from ligament.core.contacts import SLOTS, ContactIntent, address_parts, privacy_of
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ledgers import BooksContact, PhoneSlot
from ligament.core.links import AgreedFields, ContactLink, DecisionKind
from ligament.core.merging import Judge, Sides, Verdict
from ligament.core.naming import folded
from ligament.core.periods import iso_instant
from ligament.core.plans import Action, ActionKind, ContactStep, PartyStep
from ligament.core.private import NOTHING, Private
from ligament.core.records import NO_ADDRESS, Address, Party, PartyKind, Phone, PhoneKind
from ligament.core.rules.model import Field, Privacy
from ligament.flow.planning.desk import Desk

T = TypeVar("T")
Name = tuple[str, str, str]
_KINDS = {slot: kind for kind, slot in SLOTS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What the merge of one pair decided; `agreed` is what both say once the actions are done."""

    actions: tuple[Action, ...] = ()
    holds: tuple[Hold, ...] = ()
    agreed: AgreedFields = AgreedFields()


@dataclass(slots=True, kw_only=True)
class _Merge:
    """The merge of one pair while it is being made."""

    desk: Desk
    party: Party
    link: ContactLink
    contact: BooksContact
    intent: ContactIntent
    write: ContactWrite
    back: PartyWrite
    settled: AgreedFields
    returned: AgreedFields
    holds: list[Hold]

    def verdict(
        self, field: Field, sides: Sides[T], same: Callable[[T, T], bool], blank: Callable[[T], bool], label: str
    ) -> Verdict:
        judge = Judge(
            same=same,
            blank=blank,
            winner=self.desk.rulebook.contacts.wins[field],
            may_flow_back=may_flow_back(self.desk, self.party),
            practice_at=self.party.updated_at,
            books_at=self.contact.updated_at,
        )
        verdict = judge.decide(sides)
        return self.decided(field, label) if verdict is Verdict.CONFLICT else verdict

    def decided(self, field: Field, label: str) -> Verdict:
        """Apply a person's choice about a field that both sides changed, or hold it for one."""
        hold = Hold(
            subject=self.intent.subject,
            code=HoldCode.FIELD_CONFLICT,
            kind=HoldKind.CONTACT,
            number=self.link.number,
            sentence=f"The {field.value} of this contact was changed in both systems.",
            todo="Choose which of the two values is right.",
            detail={
                "field": label,
                "practice_changed_at": iso_instant(self.party.updated_at),
                "books_changed_at": iso_instant(self.contact.updated_at),
                "shown": f"{self.party.revision}/{iso_instant(self.contact.updated_at)}",
            },
        )
        decision = self.desk.decision(hold)
        if decision in {DecisionKind.TAKE_PRACTICE, DecisionKind.APPROVED}:
            return Verdict.TO_BOOKS
        if decision is DecisionKind.TAKE_BOOKS:
            return Verdict.TO_PRACTICE
        if decision is None:
            self.holds.append(hold)
        return Verdict.PUT_BACK


def may_flow_back(desk: Desk, party: Party) -> bool:
    """Say whether anything may be written to the practice for that party."""
    contacts = desk.rulebook.contacts
    return contacts.two_way and party.kind is PartyKind.PATIENT and contacts.privacy is Privacy.FULL


def synchronise(desk: Desk, party: Party, link: ContactLink, contact: BooksContact, intent: ContactIntent) -> Synced:
    """Merge every field of one pair against what was last agreed."""
    merge = _Merge(
        desk=desk,
        party=party,
        link=link,
        contact=contact,
        intent=intent,
        write=ContactWrite(id=contact.id),
        back=PartyWrite(id=party.id),
        settled=AgreedFields(),
        returned=AgreedFields(),
        holds=[],
    )
    _number(merge)
    _name(merge)
    if privacy_of(party, desk.rulebook) is Privacy.FULL:
        _email(merge)
        _phones(merge)
        _street(merge)
        _postal(merge)
    else:
        _clear(merge)
    return _finish(merge)


def _finish(merge: _Merge) -> Synced:
    actions: list[Action] = []
    nothing = ContactWrite(id=merge.contact.id)
    if merge.write != nothing:
        update = _update(merge)
        if merge.write.email is not None and merge.desk.refused(update).startswith(RefusalCode.BAD_EMAIL):
            # The books find the address invalid: it is left out and listed, the rest goes on (SPEC section 3).
            merge.write = replace(merge.write, email=None)
            merge.settled = replace(merge.settled, email=merge.intent.email)
            update = _update(merge)
        if merge.write != nothing:
            actions.append(update)
    if merge.back != PartyWrite(id=merge.party.id):
        actions.append(_party_update(merge))
    agreed = joined(merge.link.agreed, merge.settled)
    if not actions and agreed != merge.link.agreed and merge.link.contact_id in merge.desk.facts.party_of_contact:
        actions.append(_note_agreement(merge, agreed))
    return Synced(actions=tuple(actions), holds=tuple(merge.holds), agreed=merge.settled)


def _update(merge: _Merge) -> Action:
    return Action(
        kind=ActionKind.UPDATE_CONTACT,
        subject=merge.intent.subject,
        number=merge.link.number,
        sentence=f"Update the contact {merge.link.number}.",
        existing=True,
        contact=ContactStep(
            write=merge.write,
            name=merge.intent.name,
            suffixed=merge.intent.suffixed,
            origin=merge.link.origin,
            agreed=merge.settled,
        ),
    )


def _party_update(merge: _Merge) -> Action:
    return Action(
        kind=ActionKind.UPDATE_PARTY,
        subject=merge.intent.subject,
        number=merge.link.number,
        sentence="Bring a change made in the books to the patient in the practice.",
        existing=True,
        party=PartyStep(write=merge.back, agreed=merge.returned),
    )


def _note_agreement(merge: _Merge, agreed: AgreedFields) -> Action:
    """Both sides came to say the same by themselves: keep that, nothing needs to be written anywhere."""
    return Action(
        kind=ActionKind.LINK_CONTACT,
        subject=merge.intent.subject,
        number=merge.link.number,
        sentence="Both systems say the same.",
        contact=ContactStep(
            write=ContactWrite(id=merge.contact.id, number=merge.link.number),
            name=merge.intent.name,
            suffixed=merge.intent.suffixed,
            origin=merge.link.origin,
            agreed=agreed,
        ),
    )


def joined(before: AgreedFields, after: AgreedFields) -> AgreedFields:
    """Return what was agreed before with what is newly agreed over it."""
    phones = before.phones
    if after.phones is not None:
        phones = tuple(sorted({**dict(before.phones or ()), **dict(after.phones)}.items()))
    return AgreedFields(
        name=_newer(after.name, before.name),
        first=_newer(after.first, before.first),
        last=_newer(after.last, before.last),
        email=_newer(after.email, before.email),
        phones=phones,
        street=_newer(after.street, before.street),
        postal=_newer(after.postal, before.postal),
    )


def _newer(after: T | None, before: T | None) -> T | None:
    return before if after is None else after


def _number(merge: _Merge) -> None:
    """Write our number where the contact has none; a number of its own is kept (choice C08)."""
    if not merge.contact.number and merge.intent.number:
        merge.write = replace(merge.write, number=merge.intent.number)


def _name(merge: _Merge) -> None:
    intent, contact, agreed = merge.intent, merge.contact, merge.link.agreed
    whole = bool(intent.first or intent.last)
    ours: Name = (intent.name.reveal(), intent.first.reveal() if whole else "", intent.last.reveal() if whole else "")
    theirs: Name = (
        contact.name.reveal(),
        contact.first.reveal() if whole else "",
        contact.last.reveal() if whole else "",
    )
    base: Name | None = None
    if agreed.name is not None:
        first, last = agreed.first or NOTHING, agreed.last or NOTHING
        base = (agreed.name.reveal(), first.reveal() if whole else "", last.reveal() if whole else "")
    verdict = merge.verdict(Field.NAME, Sides(practice=ours, books=theirs, agreed=base), _same_name, _no_name, "name")
    if verdict is Verdict.TO_PRACTICE and (theirs[1:] == ours[1:] or not (theirs[1] and theirs[2])):
        return
    if verdict is Verdict.TO_BOOKS:
        merge.write = replace(merge.write, name=intent.name)
        if whole:
            merge.write = replace(merge.write, first=intent.first, last=intent.last)
    if verdict in {Verdict.TO_BOOKS, Verdict.AGREED}:
        merge.settled = replace(merge.settled, name=intent.name, first=intent.first, last=intent.last)
    if verdict is Verdict.TO_PRACTICE:
        merge.back = replace(merge.back, first=contact.first, last=contact.last)
        merge.returned = replace(merge.returned, name=contact.name, first=contact.first, last=contact.last)


def _same_name(left: Name, right: Name) -> bool:
    return left == right


def _no_name(name: Name) -> bool:
    return not name[0].strip()


def _email(merge: _Merge) -> None:
    sides = Sides(practice=merge.intent.email, books=merge.contact.email, agreed=merge.link.agreed.email)
    verdict = merge.verdict(Field.EMAIL, sides, _same_text, _blank_text, "email")
    if sides.agreed is None and verdict is Verdict.AGREED and sides.practice != sides.books and sides.practice:
        # The first time both say the same in other letter case: the practice's way of writing it is taken.
        verdict = Verdict.TO_BOOKS
    if verdict is Verdict.TO_BOOKS:
        merge.write = replace(merge.write, email=merge.intent.email)
    if verdict in {Verdict.TO_BOOKS, Verdict.AGREED}:
        merge.settled = replace(merge.settled, email=merge.intent.email)
    if verdict is Verdict.TO_PRACTICE:
        merge.back = replace(merge.back, email=merge.contact.email)
        merge.returned = replace(merge.returned, email=merge.contact.email)


def _same_text(left: Private[str], right: Private[str]) -> bool:
    return folded(left.reveal()) == folded(right.reveal())


def _blank_text(text: Private[str]) -> bool:
    return not text.reveal().strip()


def _phones(merge: _Merge) -> None:
    country = merge.party.country_code or merge.desk.rulebook.clinic.country.value
    key = merge.desk.around.phone_key

    def same(left: Private[str], right: Private[str]) -> bool:
        one, other = key(left.reveal(), country), key(right.reveal(), country)
        return one == other if one and other else _same_text(left, right)

    ours, agreed = dict(merge.intent.phones), dict(merge.link.agreed.phones or ())
    written: dict[PhoneSlot, Private[str]] = {}
    settled: dict[PhoneSlot, Private[str]] = {}
    returned: dict[PhoneSlot, Private[str]] = {}
    for slot in PhoneSlot:
        mine, theirs = ours.get(slot, NOTHING), merge.contact.phone(slot)
        sides = Sides(practice=mine, books=theirs, agreed=agreed.get(slot))
        verdict = merge.verdict(Field.PHONES, sides, same, _blank_text, f"phone_{slot.value}")
        if verdict is Verdict.TO_BOOKS:
            written[slot] = mine
        if verdict in {Verdict.TO_BOOKS, Verdict.AGREED}:
            settled[slot] = mine
        if verdict is Verdict.TO_PRACTICE:
            returned[slot] = theirs
    if written:
        merge.write = replace(merge.write, phones=tuple(sorted(written.items())))
    if settled:
        merge.settled = replace(merge.settled, phones=tuple(sorted(settled.items())))
    if returned:
        merge.back = replace(merge.back, phones=_phone_list(merge.party, returned))
        merge.returned = replace(merge.returned, phones=tuple(sorted(returned.items())))


def _phone_list(party: Party, returned: dict[PhoneSlot, Private[str]]) -> tuple[Phone, ...]:
    """Return the patient's telephone numbers with the first of each returned kind replaced, the others kept."""
    wanted: dict[PhoneKind, Private[str]] = {_KINDS[slot]: number for slot, number in returned.items()}
    phones: list[Phone] = []
    for phone in party.phones:
        number = wanted.pop(phone.kind, None)
        phones.append(phone if number is None else Phone(kind=phone.kind, number=number))
    phones.extend(Phone(kind=kind, number=number) for kind, number in wanted.items())
    return tuple(phones)


def _same_place(left: Private[Address], right: Private[Address]) -> bool:
    return address_parts(left.reveal()) == address_parts(right.reveal())


def _no_place(address: Private[Address]) -> bool:
    return address.reveal().is_blank()


def _street(merge: _Merge) -> None:
    sides = Sides(practice=merge.intent.address, books=merge.contact.street, agreed=merge.link.agreed.street)
    if _no_place(sides.practice) and _no_place(sides.books):
        merge.settled = replace(merge.settled, street=NO_ADDRESS)
        return
    verdict = merge.verdict(Field.ADDRESS, sides, _same_place, _no_place, "address")
    if verdict is Verdict.TO_BOOKS:
        merge.write = replace(merge.write, street=merge.intent.address)
    if verdict in {Verdict.TO_BOOKS, Verdict.AGREED}:
        merge.settled = replace(merge.settled, street=merge.intent.address)
    if verdict is Verdict.TO_PRACTICE:
        merge.back = replace(merge.back, address=merge.contact.street)
        merge.returned = replace(merge.returned, street=merge.contact.street)


def _postal(merge: _Merge) -> None:
    """Fill the postal address only where it is blank, then let it follow; one typed by a person is left alone (C12)."""
    street = merge.write.street or (merge.contact.street if merge.back.address is not None else merge.settled.street)
    if street is None or _no_place(street):
        return
    postal, agreed = merge.contact.postal, merge.link.agreed.postal
    ours = agreed is not None and not _no_place(agreed) and _same_place(postal, agreed)
    emptied = agreed is not None and not _no_place(agreed) and _no_place(postal)
    if emptied or _same_place(postal, street):
        merge.settled = replace(merge.settled, postal=agreed if emptied else street)
    elif _no_place(postal) or ours:
        merge.write = replace(merge.write, postal=street)
        merge.settled = replace(merge.settled, postal=street)


def _clear(merge: _Merge) -> None:
    """The privacy dial was turned down: what we had written there before is taken back, what people typed stays."""
    contact, agreed = merge.contact, merge.link.agreed
    if contact.email and agreed.email and _same_text(contact.email, agreed.email):
        merge.write = replace(merge.write, email=NOTHING)
        merge.settled = replace(merge.settled, email=NOTHING)
    ours = dict(agreed.phones or ())
    slots = tuple((slot, NOTHING) for slot, number in contact.phones if number and ours.get(slot) == number)
    if slots:
        merge.write = replace(merge.write, phones=slots)
        merge.settled = replace(merge.settled, phones=slots)
    if _is_ours(contact.street, agreed.street):
        merge.write = replace(merge.write, street=NO_ADDRESS)
        merge.settled = replace(merge.settled, street=NO_ADDRESS)
    if _is_ours(contact.postal, agreed.postal):
        merge.write = replace(merge.write, postal=NO_ADDRESS)
        merge.settled = replace(merge.settled, postal=NO_ADDRESS)
    if agreed.first and contact.first == agreed.first:
        merge.write = replace(merge.write, first=NOTHING, last=NOTHING)


def _is_ours(held: Private[Address], before: Private[Address] | None) -> bool:
    return before is not None and not _no_place(held) and _same_place(held, before)
