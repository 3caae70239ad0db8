"""Keeping the fields of one pair the same: what goes to the books, what to the practice, what waits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ligament.core.contacts import ContactIntent, address_parts, filled, less
from ligament.core.holds import Hold
from ligament.core.ledgers import BooksContact, ExtraSlot
from ligament.core.links import AgreedFields, ContactLink, joined
from ligament.core.merging import BOOKS, FieldVerdict, Sides
from ligament.core.plans import Action, ActionKind, ContactStep, FieldNote, NoteKind, PartyStep
from ligament.core.private import NOTHING, Private
from ligament.core.records import NO_ADDRESS, Address, Party, PartyKind
from ligament.core.rules.model import Field, Winner
from ligament.core.writes import ContactWrite, PartyWrite, RefusalCode
from ligament.flow.plan.builder import PlanBuilder
from ligament.flow.plan.contacts.asking import fixed_by_rules
from ligament.flow.plan.contacts.field_merge import (
    Merge,
    blank_text,
    keep_blanks,
    no_place,
    same_text,
)
from ligament.flow.plan.contacts.left_out import is_left_out, newly_refused, remembered
from ligament.flow.plan.contacts.phones import agree_phones
from ligament.flow.plan.contacts.privacy import mask, was_masked

Name = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What the merge of one pair decided; `agreed` is what both say once the actions are done, `notes` are listed."""

    actions: tuple[Action, ...] = ()
    holds: tuple[Hold, ...] = ()
    agreed: AgreedFields = AgreedFields()
    notes: tuple[FieldNote, ...] = ()


def synchronise(
    builder: PlanBuilder, party: Party, link: ContactLink, contact: BooksContact, intent: ContactIntent
) -> Synced:
    """Merge every field of one pair against what was last agreed."""
    fixed = fixed_by_rules(builder, intent.subject)
    merge = Merge(builder=builder, party=party, link=link, contact=contact, intent=intent, fixed=fixed)
    _number(merge)
    _name(merge)
    if merge.is_whole():
        _email(merge)
        agree_phones(merge)
        _street(merge)
        _postal(merge)
        _extras(merge)
        _reference(merge)
    else:
        mask(merge)
    keep_blanks(merge)
    return _finish(merge)


def _finish(merge: Merge) -> Synced:
    actions: list[Action] = []
    if merge.write:
        update = _update(merge)
        left: frozenset[str] = frozenset()
        while refused := newly_refused(merge.builder, update):
            # What the books refuse is left out and listed, the rest goes on (SPEC section 3).
            left |= refused
            _leave_out(merge, refused)
            update = _update(merge, left)
        if merge.write:
            actions.append(update)
    if merge.back:
        back = _party_update(merge)
        if "email" in merge.back and merge.builder.refused(back).startswith(RefusalCode.BAD_EMAIL):
            # The same the other way round; the address is remembered, so that it is not offered again by itself.
            del merge.back["email"]
            merge.returned.pop("email", None)
            merge.returned.update(refused=merge.contact.email)
            merge.settled.update(refused=merge.contact.email)
            merge.notes["email"] = NoteKind.REFUSED
            back = _party_update(merge)
        if merge.back:
            actions.append(back)
    settled = AgreedFields(**merge.settled)
    if not actions and merge.link.contact_id in merge.builder.facts.party_of_contact:
        agreed = joined(merge.link.agreed, settled)
        if agreed != merge.link.agreed:
            actions.append(_note_agreement(merge, agreed))
    if merge.heals:
        actions = [replace(action, heals=True) for action in actions]
    return Synced(actions=tuple(actions), holds=tuple(merge.holds), agreed=settled, notes=tuple(merge.listed()))


def _leave_out(merge: Merge, labels: frozenset[str]) -> None:
    """Take details off what is written and off what counts as agreed, list them, and remember what was refused."""
    for label in labels & {"email", "phones"}:
        merge.write.pop(label, None)
        merge.settled.pop(label, None)
    for place in ("street", "postal") if "address" in labels else ():
        merge.write.pop(place, None)
        merge.settled.pop(place, None)
    for values in (merge.write, merge.settled):
        if "extras" in values:
            kept = tuple(held for held in values.pop("extras") if held[0].value not in labels)
            values.update({"extras": kept} if kept else {})
    held = remembered(replace(merge.link.agreed, left_out=merge.settled.get("left_out")), merge.intent, labels)
    if held is not None:
        merge.settled.update(left_out=held)
    merge.notes.update(dict.fromkeys(sorted(labels), NoteKind.REFUSED))


def _update(merge: Merge, left_out: frozenset[str] = frozenset()) -> Action:
    return Action(
        kind=ActionKind.UPDATE_CONTACT,
        subject=merge.intent.subject,
        number=merge.link.number,
        sentence=f"Update the contact {merge.link.number}.",
        existing=True,
        contact=ContactStep(
            write=ContactWrite(id=merge.contact.id, **merge.write),
            name=merge.intent.name,
            suffixed=merge.intent.suffixed,
            origin=merge.link.origin,
            agreed=AgreedFields(**merge.settled),
            without=left_out,
        ),
    )


def _party_update(merge: Merge) -> Action:
    return Action(
        kind=ActionKind.UPDATE_PARTY,
        subject=merge.intent.subject,
        number=merge.link.number,
        sentence="Bring a change made in the books to the patient in the practice.",
        existing=True,
        party=PartyStep(write=PartyWrite(id=merge.party.id, **merge.back), agreed=AgreedFields(**merge.returned)),
    )


def _note_agreement(merge: Merge, agreed: AgreedFields) -> Action:
    """Both sides came to say the same by themselves: keep that, nothing needs to be written anywhere."""
    return Action(
        kind=ActionKind.LINK_CONTACT,
        subject=merge.intent.subject,
        number=merge.link.number,
        sentence="What both systems say is kept as agreed; nothing is written.",
        contact=ContactStep(
            write=ContactWrite(id=merge.contact.id, number=merge.link.number),
            name=merge.intent.name,
            suffixed=merge.intent.suffixed,
            origin=merge.link.origin,
            agreed=agreed,
        ),
    )


def _number(merge: Merge) -> None:
    """Write our number where the contact has none; a number of its own is kept (choice C08)."""
    others = set(merge.builder.facts.contacts_by_number.get(merge.intent.number, ())) - {merge.contact.id}
    # A contact that was merged away keeps our number in the books, and no two may have it.
    if not merge.contact.number and merge.intent.number and not others:
        merge.write.update(number=merge.intent.number)


def _name(merge: Merge) -> None:
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
    # What the dial says about a name counts, whoever wins names otherwise.
    winner = Winner.PRACTICE if not merge.is_whole() or was_masked(merge) else None
    sides = Sides(practice=ours, books=theirs, agreed=base, less=_less_of_a_name)
    verdict = merge.verdict(Field.NAME, sides, _same_name, _no_name, "name", winner)
    if verdict is FieldVerdict.TO_PRACTICE and (theirs[1:] == ours[1:] or not (theirs[1] and theirs[2])):
        merge.notes["name"] = NoteKind.PUT_BACK
        return
    if verdict is FieldVerdict.TO_BOOKS:
        merge.write.update(name=intent.name)
        if whole:
            merge.write.update(first=intent.first, last=intent.last)
    if verdict in {FieldVerdict.TO_BOOKS, FieldVerdict.AGREED}:
        merge.settled.update(name=intent.name, first=intent.first, last=intent.last)
    if verdict is FieldVerdict.TO_PRACTICE:
        merge.back.update(first=contact.first, last=contact.last)
        merge.returned.update(name=contact.name, first=contact.first, last=contact.last)


def _same_name(left: Name, right: Name) -> bool:
    return left == right


def _less_of_a_name(name: Name, than: Name) -> bool:
    return less(name[1:], than[1:])


def _no_name(name: Name) -> bool:
    return not name[0].strip()


def _email(merge: Merge) -> None:
    agreed = merge.link.agreed.email
    if agreed is not None and agreed == merge.link.agreed.refused:
        # An older version took what was refused for agreed, so that a corrected one never went out (choice C38).
        agreed = None
    sides = Sides(practice=merge.intent.email, books=merge.contact.email, agreed=agreed)
    verdict = merge.verdict(Field.EMAIL, sides, same_text, blank_text, "email")
    if sides.agreed is None and verdict is FieldVerdict.AGREED and sides.practice != sides.books and sides.practice:
        # The first time both say the same in other letter case: the practice's way of writing it is taken.
        verdict = FieldVerdict.TO_BOOKS
    if verdict is FieldVerdict.TO_BOOKS and is_left_out(merge.link.agreed, merge.intent, "email"):
        merge.notes["email"] = NoteKind.REFUSED
        return
    if verdict is FieldVerdict.TO_BOOKS:
        merge.write.update(email=merge.intent.email)
    if verdict in {FieldVerdict.TO_BOOKS, FieldVerdict.AGREED}:
        merge.settled.update(email=merge.intent.email)
    if verdict is FieldVerdict.TO_PRACTICE and merge.link.agreed.refused == merge.contact.email:
        merge.notes["email"] = NoteKind.REFUSED
    elif verdict is FieldVerdict.TO_PRACTICE:
        merge.back.update(email=merge.contact.email)
        merge.returned.update(email=merge.contact.email)


def _same_place(left: Private[Address], right: Private[Address]) -> bool:
    if left == right:
        return True
    one, other = left.reveal(), right.reveal()
    if one.is_blank() is not other.is_blank() and (one.city or other.city).strip():
        # Nothing against an address: they need not be taken to pieces.
        return False
    return address_parts(one) == address_parts(other)


def _less_of_a_place(place: Private[Address], than: Private[Address]) -> bool:
    return less(address_parts(place.reveal()), address_parts(than.reveal()))


def _street(merge: Merge) -> None:
    ours, theirs = merge.intent.address, merge.contact.street
    sides = Sides(practice=ours, books=theirs, agreed=merge.link.agreed.street, less=_less_of_a_place)
    if no_place(sides.practice) and no_place(sides.books):
        merge.settled.update(street=NO_ADDRESS)
        return
    verdict = merge.verdict(Field.ADDRESS, sides, _same_place, no_place, "address")
    if verdict is FieldVerdict.TO_BOOKS and is_left_out(merge.link.agreed, merge.intent, "address"):
        merge.notes["address"] = NoteKind.REFUSED
        return
    if verdict is FieldVerdict.TO_BOOKS:
        merge.write.update(street=merge.intent.address)
    if verdict in {FieldVerdict.TO_BOOKS, FieldVerdict.AGREED}:
        merge.settled.update(street=merge.intent.address)
    if verdict is FieldVerdict.TO_PRACTICE:
        # A part left blank in the books does not wipe the practice's; the next pass tells the books what stays.
        merge.back.update(address=Private(filled(theirs.reveal(), ours.reveal())))
        merge.returned.update(street=merge.contact.street)


def _postal(merge: Merge) -> None:
    """Fill the postal address only where it is blank, then let it follow; one typed by a person is left alone (C12)."""
    street = merge.write.get("street") or (
        merge.contact.street if "address" in merge.back else merge.settled.get("street")
    )
    if street is None or no_place(street):
        return
    postal, agreed = merge.contact.postal, merge.link.agreed.postal
    ours = agreed is not None and not no_place(agreed) and _same_place(postal, agreed)
    emptied = agreed is not None and not no_place(agreed) and no_place(postal)
    if emptied or _same_place(postal, street):
        merge.settled.update(postal=agreed if emptied else street)
    elif no_place(postal) or ours:
        merge.write.update(postal=street)
        merge.settled.update(postal=street)


def _typed_since(merge: Merge, slot: ExtraSlot, mine: Private[str], before: Private[str]) -> bool:
    """Say whether a value was typed in the practice after the books were found blank, or after they were emptied."""
    seen = f"{BOOKS}:{slot.value}" in (merge.link.agreed.emptied or ())
    return not same_text(mine, before) and (seen or merge.party.updated_at > merge.contact.updated_at)


def _extras(merge: Merge) -> None:
    """Carry the chosen custom fields to the books; what a person typed there is never overwritten, only listed."""
    agreed = dict(merge.link.agreed.extras or ())
    written = {}
    settled = {}
    for slot, mine in merge.intent.extras:
        theirs, before = merge.contact.further(slot), agreed.get(slot)
        if same_text(mine, theirs):
            settled[slot] = mine
        elif blank_text(theirs) and before and not _typed_since(merge, slot, mine, before):
            merge.notes[slot.value] = NoteKind.EMPTIED
            merge.blanks[f"{BOOKS}:{slot.value}"] = None
            settled[slot] = mine
        elif is_left_out(merge.link.agreed, merge.intent, slot.value):
            merge.notes[slot.value] = NoteKind.REFUSED
        elif blank_text(theirs) or (before is not None and same_text(theirs, before)):
            written[slot] = settled[slot] = mine
        else:
            merge.notes[slot.value] = NoteKind.PUT_BACK
    for slot in agreed.keys() - dict(merge.intent.extras).keys():
        if agreed[slot] and merge.contact.further(slot):
            merge.notes[slot.value] = NoteKind.EMPTIED
    if written:
        merge.write.update(extras=tuple(sorted(written.items())))
    if settled:
        merge.settled.update(extras=tuple(sorted(settled.items())))


def _reference(merge: Merge) -> None:
    """Write the contact's id into the patient's old reference where the clinic wants it and nothing stands there."""
    wanted = merge.builder.rulebook.contacts.write_foreign_reference and merge.party.kind is PartyKind.PATIENT
    if wanted and not merge.party.foreign_reference.strip():
        merge.back.update(foreign_reference=merge.contact.id)
