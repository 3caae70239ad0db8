"""One pair of party and contact while its fields are merged: what is written where, what waits, what is only listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ligament.core.contacts import ContactIntent, privacy_of
from ligament.core.folding import folded
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ledgers import BooksContact, PhoneSlot
from ligament.core.links import AgreedFields, ContactLink, DecisionKind, new_agreed
from ligament.core.merging import FieldVerdict, Judge, Sides
from ligament.core.periods import iso_instant
from ligament.core.plans import FieldNote, NoteKind
from ligament.core.private import Private
from ligament.core.records import Address, Party, PartyKind
from ligament.core.rules.model import Field, Privacy, Winner
from ligament.core.variances import Fix
from ligament.flow.plan.builder import PlanBuilder

T = TypeVar("T")
Values = dict[str, Any]
_SPOKEN = {
    "email": "e-mail address",
    "phone_mobile": "mobile number",
    "phone_default": "home number",
    "phone_direct": "work number",
    "phone_fax": "fax number",
}
_NOTES = {FieldVerdict.PUT_BACK: NoteKind.PUT_BACK, FieldVerdict.EMPTIED: NoteKind.EMPTIED}


@dataclass(slots=True, kw_only=True)
class Merge:
    """The merge of one pair, by fields: what is written to the books, and `back` to the practice.

    `settled` and `returned` are what both sides say after that, by the names of the fields agreed on. What a rule of
    the clinic set is in `fixed`: the practice says it, and it never flows back.
    """

    builder: PlanBuilder
    party: Party
    link: ContactLink
    contact: BooksContact
    intent: ContactIntent
    write: Values = field(default_factory=dict)
    back: Values = field(default_factory=dict)
    settled: Values = field(default_factory=dict)
    returned: Values = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    holds: list[Hold] = field(default_factory=list)
    notes: dict[str, NoteKind] = field(default_factory=dict)
    heals: bool = False
    blanks: dict[str, Any] = field(default_factory=dict)
    """Which fields one side left blank, as `side:field`, with what the other one says where that is news."""

    def is_whole(self) -> bool:
        """Say whether the clinic's dial lets everything about this party through."""
        return privacy_of(self.party, self.builder.rulebook) is Privacy.FULL

    def verdict(
        self,
        field: Field,
        sides: Sides[T],
        same: Callable[[T, T], bool],
        blank: Callable[[T], bool],
        label: str,
        winner: Winner | None = None,
    ) -> FieldVerdict:
        """Decide about one field, note what is left as it is, and apply a person's choice where one is asked."""
        if sides.practice == sides.books:
            self.owned(label, FieldVerdict.AGREED)
            return FieldVerdict.AGREED
        is_ours = label in self.fixed
        judge = Judge(
            same=same,
            blank=blank,
            winner=winner or (Winner.PRACTICE if is_ours else self.builder.rulebook.contacts.wins[field]),
            may_flow_back=may_flow_back(self.builder, self.party) and not is_ours,
            practice_at=self.party.updated_at,
            books_at=self.contact.updated_at,
        )
        blank_side = f"{judge.emptied(sides)}:{label}"
        sides = replace(sides, seen=blank_side in (self.link.agreed.emptied or ()))
        verdict = judge.decide(sides)
        if verdict is FieldVerdict.EMPTIED and judge.emptied(sides):
            self.blanks[blank_side] = judge.standing(sides)
        if verdict is FieldVerdict.CONFLICT or (verdict is FieldVerdict.TO_PRACTICE and label in self.foreign):
            verdict = self.decided(label, conflict_hold(self, field, label, known=sides.agreed is not None))
        if verdict is FieldVerdict.PUT_BACK:
            verdict = self._mended(judge.winner)
        self.owned(label, verdict)
        if verdict in _NOTES:
            self.notes.setdefault(label, _NOTES[verdict])
        return verdict

    def _mended(self, winner: Winner) -> FieldVerdict:
        """Put the winner's value back where a person said so about exactly this state of the contact."""
        target = iso_instant(self.contact.updated_at)
        if not self.builder.fix_asked(self.intent.subject, Fix.PUT_BACK, target):
            return FieldVerdict.PUT_BACK
        if winner is Winner.BOOKS:
            if not may_flow_back(self.builder, self.party):
                return FieldVerdict.PUT_BACK
            self.heals = True
            return FieldVerdict.TO_PRACTICE
        self.heals = True
        return FieldVerdict.TO_BOOKS

    @property
    def foreign(self) -> tuple[str, ...]:
        """Return the fields whose value in the books another contact brought along."""
        return self.link.agreed.another or ()

    def owned(self, label: str, verdict: FieldVerdict) -> None:
        """A field on which both sides come to agree is the patient's own from then on."""
        if label not in self.foreign:
            return
        if verdict in {FieldVerdict.TO_BOOKS, FieldVerdict.AGREED}:
            self.settled["another"] = _without(self.settled.get("another"), self.foreign, label)
        elif verdict is FieldVerdict.TO_PRACTICE:
            self.returned["another"] = _without(self.returned.get("another"), self.foreign, label)

    def decided(self, label: str, hold: Hold) -> FieldVerdict:
        """Apply a person's choice about a field on which the sides do not agree, or hold it for one."""
        decision = self.builder.decision(hold)
        if label in self.fixed and decision is DecisionKind.TAKE_BOOKS:
            return FieldVerdict.PUT_BACK
        if decision in {DecisionKind.TAKE_PRACTICE, DecisionKind.APPROVED}:
            return FieldVerdict.TO_BOOKS
        if decision is DecisionKind.TAKE_BOOKS and may_flow_back(self.builder, self.party):
            return FieldVerdict.TO_PRACTICE
        if decision is None:
            self.holds.append(hold)
            self.notes[label] = NoteKind.WAITS
        return FieldVerdict.PUT_BACK

    def listed(self) -> list[FieldNote]:
        """Return what is only listed, in the order in which it was found."""
        return [FieldNote(subject=self.intent.subject, field=name, kind=kind) for name, kind in self.notes.items()]


def keep_blanks(merge: Merge) -> None:
    """Keep which fields one side left blank, and what the other one says: only what is typed from now on beats that."""
    names = tuple(sorted(merge.blanks))
    if names != (merge.link.agreed.emptied or ()):
        merge.settled.update(emptied=names)
    phones = dict(merge.settled.get("phones") or ())
    for name, value in merge.blanks.items():
        label = name.partition(":")[2]
        if value is None:
            continue
        if label == "name":
            whole, first, last = (Private(text) for text in value)
            merge.settled.update(name=whole, first=first, last=last)
        elif label == "address":
            merge.settled.update(street=value)
        elif label == "email":
            merge.settled.update(email=value)
        else:
            phones |= {slot: value for slot in PhoneSlot if phone_label(slot) == label}
    if phones:
        merge.settled.update(phones=tuple(sorted(phones.items())))


def conflict_hold(merge: Merge, field: Field, label: str, *, known: bool) -> Hold:
    """Return the hold for a field on which the sides do not agree: it names the field and the times, never the values.

    `known` says that they once did.
    """
    return Hold(
        subject=merge.intent.subject,
        code=HoldCode.FIELD_CONFLICT,
        kind=HoldKind.CONTACT,
        number=merge.link.number,
        sentence=_why(merge, _SPOKEN.get(label, field.value), known=known, another=label in merge.foreign),
        todo="Choose which of the two values is right.",
        detail={
            "field": label,
            "contact_id": merge.contact.id,
            "practice_changed_at": iso_instant(merge.party.updated_at),
            "books_changed_at": iso_instant(merge.contact.updated_at),
            "shown": f"{merge.party.revision}/{iso_instant(merge.contact.updated_at)}",
        },
    )


def _why(merge: Merge, spoken: str, *, known: bool, another: bool) -> str:
    if another:
        books = merge.builder.around.books_title
        return f"The contact was merged into another one in {books}, which has another {spoken}."
    if known:
        return f"The {spoken} of this contact was changed in both systems."
    return f"The {spoken} of this contact is not the same in the two systems, and never was."


def _without(left: tuple[str, ...] | None, before: tuple[str, ...], label: str) -> tuple[str, ...]:
    return tuple(held for held in (before if left is None else left) if held != label)


def may_flow_back(builder: PlanBuilder, party: Party) -> bool:
    """Say whether anything may be written to the practice for that party."""
    contacts = builder.rulebook.contacts
    return contacts.two_way and party.kind is PartyKind.PATIENT and contacts.privacy is Privacy.FULL


def agreed_by(intent: ContactIntent) -> AgreedFields:
    """Return what both sides say once the books say all that a party's contact should."""
    return new_agreed(
        name=intent.name,
        first=intent.first,
        last=intent.last,
        email=intent.email,
        phones=intent.phones,
        street=intent.address,
        postal=intent.address,
        extras=intent.extras or None,
    )


def still_agreed(agreed: AgreedFields, winner: BooksContact) -> AgreedFields:
    """Return what was agreed, as far as the surviving contact says anything.

    Without that it would look as if nothing had ever been agreed, and its name would be written over. What it says may
    be somebody else's: it goes to the practice only when a person says so.
    """
    phones = tuple(held for held in agreed.phones or () if winner.phone(held[0]))
    whole = bool(winner.first and winner.last)
    theirs = {"name": whole, "email": bool(winner.email), "address": not no_place(winner.street)}
    theirs |= {phone_label(slot): bool(winner.phone(slot)) for slot in PhoneSlot}
    return AgreedFields(
        name=agreed.name,
        first=agreed.first,
        last=agreed.last,
        email=agreed.email if winner.email else None,
        phones=phones or None,
        street=None if no_place(winner.street) else agreed.street,
        postal=None if no_place(winner.postal) else agreed.postal,
        another=tuple(sorted(label for label, held in theirs.items() if held)),
    )


def phone_label(slot: PhoneSlot) -> str:
    """Return what a phone is called where fields are listed."""
    return f"phone_{slot.value}"


def same_text(left: Private[str], right: Private[str]) -> bool:
    """Compare texts as people do: letter case and blanks aside."""
    return left == right or folded(left.reveal()) == folded(right.reveal())


def blank_text(text: Private[str]) -> bool:
    return not text.reveal().strip()


def no_place(address: Private[Address]) -> bool:
    """Say whether an address is none."""
    return address.reveal().is_blank()
