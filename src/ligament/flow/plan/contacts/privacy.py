"""The privacy dial on contacts that exist already: what we wrote there is taken back, what people typed stays."""

from __future__ import annotations

from ligament.core.contacts import address_parts
from ligament.core.naming import is_code
from ligament.core.private import NOTHING, Private
from ligament.core.records import NO_ADDRESS, Address
from ligament.flow.plan.contacts.field_merge import Merge, no_place, same_text


def was_masked(merge: Merge) -> bool:
    """Say whether the contact still has the name that the dial gave it when less was let through than now."""
    agreed, name = merge.link.agreed, merge.contact.name
    if not merge.is_whole() or agreed.name is None or name != agreed.name:
        return False
    first_came_later = bool(merge.intent.first or merge.intent.last) and not (agreed.first or agreed.last)
    return first_came_later or is_code(name.reveal())


def mask(merge: Merge) -> None:
    """Take back what we had written and the dial no longer lets through."""
    _mask_names(merge)
    _mask_texts(merge)
    _mask_places(merge)


def _mask_names(merge: Merge) -> None:
    contact, agreed = merge.contact, merge.link.agreed
    if agreed.first and contact.first == agreed.first:
        merge.write.update(first=NOTHING)
        merge.settled.update(first=NOTHING)
    if agreed.last and contact.last == agreed.last:
        merge.write.update(last=NOTHING)
        merge.settled.update(last=NOTHING)


def _mask_texts(merge: Merge) -> None:
    contact, agreed = merge.contact, merge.link.agreed
    if contact.email and agreed.email and same_text(contact.email, agreed.email):
        merge.write.update(email=NOTHING)
        merge.settled.update(email=NOTHING)
    ours = dict(agreed.phones or ())
    country = merge.party.country_code or merge.builder.rulebook.clinic.country.value

    def same(left: Private[str], right: Private[str] | None) -> bool:
        key = merge.builder.around.phone_key
        return right is not None and key(left.reveal(), country) == key(right.reveal(), country)

    slots = tuple((slot, NOTHING) for slot, number in contact.phones if number and same(number, ours.get(slot)))
    if slots:
        merge.write.update(phones=slots)
        merge.settled.update(phones=slots)
    further = dict(agreed.extras or ())
    extras = tuple((slot, NOTHING) for slot, value in contact.extras if value and further.get(slot) == value)
    if extras:
        merge.write.update(extras=extras)
        merge.settled.update(extras=extras)


def _mask_places(merge: Merge) -> None:
    contact, agreed = merge.contact, merge.link.agreed
    if _is_ours(contact.street, agreed.street):
        merge.write.update(street=NO_ADDRESS)
        merge.settled.update(street=NO_ADDRESS)
    if _is_ours(contact.postal, agreed.postal):
        merge.write.update(postal=NO_ADDRESS)
        merge.settled.update(postal=NO_ADDRESS)


def _is_ours(held: Private[Address], before: Private[Address] | None) -> bool:
    parts = address_parts(held.reveal())
    return before is not None and not no_place(held) and parts == address_parts(before.reveal())
