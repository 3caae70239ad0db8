"""Details that the other system refused: left out, listed, and never agreed on, so that a corrected one goes out.

What was refused is remembered by its label and value; the same value is not offered again, another one is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from ligament.core.contacts import ContactIntent, address_parts
from ligament.core.ledgers import ExtraSlot
from ligament.core.links import AgreedFields
from ligament.core.plans import Action
from ligament.core.private import Private
from ligament.core.writes import ContactWrite, Detail, RefusalCode, refused_details
from ligament.flow.plan.builder import PlanBuilder

Said = TypeVar("Said", ContactWrite, AgreedFields)
LeftOut = tuple[tuple[str, Private[str]], ...]
EXTRAS = {slot.value: slot for slot in ExtraSlot}


def newly_refused(builder: PlanBuilder, action: Action) -> frozenset[str]:
    """Return the details for which the books refused exactly this action; all of them where nobody knows which."""
    words = builder.refused(action)
    write = action.contact.write if action.contact is not None else None
    if not words or write is None:
        return frozenset()
    named = refused_details(words)
    if not named and words.startswith(RefusalCode.OTHER) and write.id is None:
        # The contact is needed: without all that can be missed it is made, and what was left out is listed.
        named = frozenset(detail.value for detail in Detail)
    return named & details_of(write)


def details_of(write: ContactWrite) -> frozenset[str]:
    """Return the labels of what a write says beside number and name."""
    found = {slot.value for slot, _ in write.extras or ()}
    found |= {Detail.EMAIL.value} if write.email is not None and write.email.reveal() else set()
    found |= {Detail.PHONES.value} if any(number for _, number in write.phones or ()) else set()
    places = (place for place in (write.street, write.postal) if place is not None)
    found |= {Detail.ADDRESS.value} if any(not place.reveal().is_blank() for place in places) else set()
    return frozenset(found)


def without(said: Said, labels: frozenset[str]) -> Said:
    """Return a write, or what was agreed, without some details, on which nobody ever agreed."""
    if not labels and said.extras != ():
        return said
    kept = tuple(held for held in said.extras or () if held[0].value not in labels) or None
    said = replace(said, extras=kept)
    if Detail.EMAIL.value in labels:
        said = replace(said, email=None)
    if Detail.PHONES.value in labels:
        said = replace(said, phones=None)
    return replace(said, street=None, postal=None) if Detail.ADDRESS.value in labels else said


def value_of(intent: ContactIntent, label: str) -> Private[str]:
    """Return what the practice says in a detail, as one text that changes when it is corrected."""
    if label == Detail.EMAIL.value:
        return intent.email
    if label == Detail.PHONES.value:
        return Private("|".join(f"{slot.value}:{number.reveal()}" for slot, number in intent.phones))
    if label == Detail.ADDRESS.value:
        return Private("|".join(address_parts(intent.address.reveal())))
    return next((value for slot, value in intent.extras if slot.value == label), Private(""))


def is_left_out(agreed: AgreedFields, intent: ContactIntent, label: str) -> bool:
    """Say whether the books refused this detail as it is now."""
    held = dict(agreed.left_out or ()).get(label)
    if held is None and label == Detail.EMAIL.value:
        held = agreed.refused
    return held is not None and held == value_of(intent, label)


def remembered(before: AgreedFields, intent: ContactIntent, labels: frozenset[str]) -> LeftOut | None:
    """Return what is left out from now on, or nothing where that is what was left out before."""
    kept = {label: held for label, held in before.left_out or () if held == value_of(intent, label)}
    kept |= {label: value_of(intent, label) for label in labels}
    found = tuple(sorted(kept.items(), key=lambda held: held[0]))
    return None if found == (before.left_out or ()) else found
