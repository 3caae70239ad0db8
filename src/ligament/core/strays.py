"""Strays: documents of the books without a record here, other people's doubles, and what is only listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ligament.core.comparisons import Judging, books_split, owed_on_document, paid_on_document, sign_of
from ligament.core.explanations import listed
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksDocument
from ligament.core.money import ZERO, cents, readable
from ligament.core.periods import australian, iso_instant
from ligament.core.plans import NoteKind
from ligament.core.variances import Fix, Needs, Variance, VarianceKind, in_parts

_FIELDS = {
    "name": "the name",
    "email": "the e-mail address",
    "address": "the address",
    "postal": "the postal address",
    "phone_mobile": "the mobile number",
    "phone_default": "the home number",
    "phone_direct": "the work number",
    "phone_fax": "the fax number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedContact:
    """A contact of which something is only listed: the fields, each with the reason, never their values."""

    party: Subject
    books_id: str
    number: str
    updated_at: datetime | None
    notes: tuple[tuple[str, NoteKind], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedContact:
    """A contact that we made for a patient whom the practice has merged into another since, and that still stands."""

    patient_id: str
    contact_id: str
    number: str
    survivor_number: str
    has_open_money: bool


def judge_extra(document: BooksDocument, how: Judging) -> Variance:
    """Return the variance of a document that bears our number or reference, though the practice has no such record."""
    split = {cell: -amount for cell, amount in books_split(document, how.labels).items()}
    within = how.holds(document.on)
    total = -sign_of(document) * document.total
    return Variance(
        subject=f"document:{document.id}",
        kind=VarianceKind.EXTRA,
        books_id=document.id,
        number=document.number,
        amount=cents(total),
        tax=cents(-sign_of(document) * document.tax),
        books_on=document.on,
        parts=in_parts(split) if within else (),
        settled=cents(-paid_on_document(document) if within else ZERO),
        owed=cents(-owed_on_document(document)),
        sentence=(
            f"{document.number} over {readable(document.total)}, dated {australian(document.on)}, stands in "
            f"{how.books} under our number, but {how.title} has no such invoice."
        ),
    )


def judge_double(document: BooksDocument, ours: BooksDocument, how: Judging) -> Variance:
    """Return the variance of a document of somebody else that says the same as one of ours (choice C44)."""
    named = document.number or f"A document dated {australian(document.on)}"
    return Variance(
        subject=f"document:{document.id}",
        kind=VarianceKind.DOUBLE_POSTED,
        books_id=document.id,
        number=document.number,
        amount=cents(-sign_of(document) * document.total),
        tax=cents(-sign_of(document) * document.tax),
        on=ours.on,
        books_on=document.on,
        sentence=(
            f"{named} over {readable(document.total)} looks like {ours.number} posted a second time in {how.books} "
            f"by somebody else: same contact and total, dated {australian(document.on)}."
        ),
    )


def judge_contact(contact: ListedContact, how: Judging) -> Variance | None:
    """Return the one variance of a contact: its fields that differ though nothing is done about them by itself."""
    told = sorted((field, kind) for field, kind in contact.notes if kind is not NoteKind.WAITS)
    number, party = contact.number, contact.party
    if not told:
        return None
    words = {kind: listed([_FIELDS.get(field, field) for field, one in told if one is kind]) for _, kind in told}
    said = {
        NoteKind.PUT_BACK: f"{{}} was changed in {how.books}, where {how.title} decides",
        NoteKind.EMPTIED: "{} is blank on one side",
        NoteKind.REFUSED: f"{how.books} refuses {{}}",
        NoteKind.NOT_HELD: f"{how.books} cannot hold {{}} as it is",
    }
    clauses = [said[kind].format(words[kind]) for kind in dict.fromkeys(kind for _, kind in told)]
    may = any(kind is NoteKind.PUT_BACK for _, kind in told)
    # One that a person made and merged ours into may have no number.
    named = f"Contact {number}" if number else f"The contact of {party.kind} {party.id}"
    return Variance(
        subject=party.key,
        kind=VarianceKind.CONTACT_FIELD,
        source_id=party.id,
        books_id=contact.books_id,
        number=number,
        sentence=f"{named}: {'; '.join(clauses)}.",
        fix=Fix.PUT_BACK if may else None,
        target=iso_instant(contact.updated_at) if contact.updated_at is not None else "",
    )


def judge_merged(contact: MergedContact, how: Judging) -> Variance:
    """Return the variance of our contact that is one too many; with money open on it nothing can be done yet."""
    beside = (
        f"beside {contact.survivor_number}, which is the one that counts" if contact.survivor_number else "all the same"
    )
    ending = ", and has money open" if contact.has_open_money else ""
    return Variance(
        subject=f"patient:{contact.patient_id}",
        kind=VarianceKind.DUPLICATE,
        source_id=contact.patient_id,
        books_id=contact.contact_id,
        number=contact.number,
        sentence=(
            f"Contact {contact.number} stands in {how.books} {beside}: {how.title} has merged the patient into "
            f"another{ending}."
        ),
        which=contact.contact_id,
        fix=None if contact.has_open_money else Fix.ARCHIVE,
        target="" if contact.has_open_money else contact.contact_id,
    )


def judge_owner(practitioner_id: str, name: str, how: Judging) -> Variance:
    """Return the variance of somebody who treats and was a user of the books by e-mail, and is none any more."""
    return Variance(
        subject=f"practitioner:{practitioner_id}",
        kind=VarianceKind.OWNER,
        source_id=practitioner_id,
        sentence=(
            f"{name} had the e-mail address of a user of {how.books}, and has not any more: whose work an invoice is "
            f"cannot be told there."
        ),
    )


def completed_visit(visit_id: str, number: str, on: date, amount: Decimal) -> Variance:
    """Return the variance of an attended appointment that nobody invoiced; its amount is what would be charged."""
    return Variance(
        subject=f"visit:{visit_id}",
        kind=VarianceKind.COMPLETED_NOT_INVOICED,
        needs=Needs.NOBODY,
        source_id=visit_id,
        number=number,
        amount=cents(amount),
        on=on,
        sentence=(
            f"The appointment of {australian(on)} was attended and is not invoiced; {readable(amount)} is usual."
        ),
    )
