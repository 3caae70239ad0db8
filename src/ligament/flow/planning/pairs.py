"""One pair of party and contact while its fields are merged: what is written where, what waits, what is only listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ligament.core.changes import ContactWrite, PartyWrite
from ligament.core.contacts import ContactIntent, privacy_of
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ledgers import BooksContact, Extras, PhoneSlot
from ligament.core.links import AgreedFields, ContactLink, DecisionKind
from ligament.core.merging import Judge, Sides, Verdict
from ligament.core.naming import folded
from ligament.core.periods import iso_instant
from ligament.core.plans import FieldNote, NoteKind
from ligament.core.private import Private
from ligament.core.records import Address, Party, PartyKind
from ligament.core.rules.model import Field, Privacy, Winner
from ligament.flow.planning.desk import Desk

T = TypeVar("T")
Phones = tuple[tuple[PhoneSlot, Private[str]], ...]
_NOTES = {Verdict.PUT_BACK: NoteKind.PUT_BACK, Verdict.EMPTIED: NoteKind.EMPTIED}


@dataclass(slots=True, kw_only=True)
class Merge:
    """The merge of one pair; `settled` and `returned` are what both sides say after writing to books and practice."""

    desk: Desk
    party: Party
    link: ContactLink
    contact: BooksContact
    intent: ContactIntent
    write: ContactWrite
    back: PartyWrite
    settled: AgreedFields = AgreedFields()
    returned: AgreedFields = AgreedFields()
    holds: list[Hold] = field(default_factory=list)
    notes: dict[str, NoteKind] = field(default_factory=dict)

    def is_whole(self) -> bool:
        """Say whether the clinic's dial lets everything about this party through."""
        return privacy_of(self.party, self.desk.rulebook) is Privacy.FULL

    def verdict(
        self,
        field: Field,
        sides: Sides[T],
        same: Callable[[T, T], bool],
        blank: Callable[[T], bool],
        label: str,
        winner: Winner | None = None,
    ) -> Verdict:
        """Decide about one field, note what is left as it is, and apply a person's choice where one is asked."""
        judge = Judge(
            same=same,
            blank=blank,
            winner=winner or self.desk.rulebook.contacts.wins[field],
            may_flow_back=may_flow_back(self.desk, self.party),
            practice_at=self.party.updated_at,
            books_at=self.contact.updated_at,
        )
        verdict = judge.decide(sides)
        if verdict is Verdict.CONFLICT:
            verdict = self.decided(field, label)
        if verdict in _NOTES:
            self.notes.setdefault(label, _NOTES[verdict])
        return verdict

    def decided(self, field: Field, label: str) -> Verdict:
        """Apply a person's choice about a field that both sides changed, or hold it for one."""
        hold = conflict_hold(self, field, label)
        decision = self.desk.decision(hold)
        if decision in {DecisionKind.TAKE_PRACTICE, DecisionKind.APPROVED}:
            return Verdict.TO_BOOKS
        if decision is DecisionKind.TAKE_BOOKS and may_flow_back(self.desk, self.party):
            return Verdict.TO_PRACTICE
        if decision is None:
            self.holds.append(hold)
            self.notes[label] = NoteKind.WAITS
        return Verdict.PUT_BACK

    def listed(self) -> list[FieldNote]:
        """Return what is only listed, in the order in which it was found."""
        return [FieldNote(subject=self.intent.subject, field=name, kind=kind) for name, kind in self.notes.items()]


def conflict_hold(merge: Merge, field: Field, label: str) -> Hold:
    """Return the hold for a field that both sides changed; it names the field and the times, never the values."""
    return Hold(
        subject=merge.intent.subject,
        code=HoldCode.FIELD_CONFLICT,
        kind=HoldKind.CONTACT,
        number=merge.link.number,
        sentence=f"The {field.value} of this contact was changed in both systems.",
        todo="Choose which of the two values is right.",
        detail={
            "field": label,
            "contact_id": merge.contact.id,
            "practice_changed_at": iso_instant(merge.party.updated_at),
            "books_changed_at": iso_instant(merge.contact.updated_at),
            "shown": f"{merge.party.revision}/{iso_instant(merge.contact.updated_at)}",
        },
    )


def may_flow_back(desk: Desk, party: Party) -> bool:
    """Say whether anything may be written to the practice for that party."""
    contacts = desk.rulebook.contacts
    return contacts.two_way and party.kind is PartyKind.PATIENT and contacts.privacy is Privacy.FULL


def joined(before: AgreedFields, after: AgreedFields) -> AgreedFields:
    """Return what was agreed before with what is newly agreed over it."""
    return AgreedFields(
        name=_newer(after.name, before.name),
        first=_newer(after.first, before.first),
        last=_newer(after.last, before.last),
        email=_newer(after.email, before.email),
        phones=_over(before.phones, after.phones),
        street=_newer(after.street, before.street),
        postal=_newer(after.postal, before.postal),
        extras=_extras(before.extras, after.extras),
        refused=_newer(after.refused, before.refused),
        groups=_newer(after.groups, before.groups),
    )


def still_agreed(agreed: AgreedFields, winner: BooksContact) -> AgreedFields:
    """Return what was agreed, as far as the surviving contact says anything: its own words count as edits in the books.

    Without that it would look as if nothing had ever been agreed, and its name would be written over.
    """
    phones = tuple(held for held in agreed.phones or () if winner.phone(held[0]))
    return AgreedFields(
        name=agreed.name,
        first=agreed.first,
        last=agreed.last,
        email=agreed.email if winner.email else None,
        phones=phones or None,
        street=None if no_place(winner.street) else agreed.street,
        postal=None if no_place(winner.postal) else agreed.postal,
    )


def _newer(after: T | None, before: T | None) -> T | None:
    return before if after is None else after


def _over(before: Phones | None, after: Phones | None) -> Phones | None:
    return before if after is None else tuple(sorted({**dict(before or ()), **dict(after)}.items()))


def _extras(before: Extras | None, after: Extras | None) -> Extras | None:
    return before if after is None else tuple(sorted({**dict(before or ()), **dict(after)}.items()))


def same_text(left: Private[str], right: Private[str]) -> bool:
    """Compare texts as people do: letter case and blanks aside."""
    return left == right or folded(left.reveal()) == folded(right.reveal())


def blank_text(text: Private[str]) -> bool:
    """Say whether a text is no text."""
    return not text.reveal().strip()


def no_place(address: Private[Address]) -> bool:
    """Say whether an address is none."""
    return address.reveal().is_blank()
