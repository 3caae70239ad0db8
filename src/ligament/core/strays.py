"""Strays: documents of the books without a record here, other people's doubles, and what is only listed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from ligament.core.comparisons import Judging, books_split, owed_on_document, paid_on_document, sign_of
from ligament.core.explanations import listed
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksDocument
from ligament.core.money import ZERO, cents, two_places
from ligament.core.periods import australian
from ligament.core.plans import NoteKind
from ligament.core.variances import Fix, Needs, Variance, VarianceKind, in_parts

_FIELDS = {
    "name": "the name",
    "email": "the e-mail address",
    "street": "the address",
    "postal": "the postal address",
    "mobile": "the mobile number",
    "default": "the telephone number",
    "direct": "the direct number",
    "fax": "the fax number",
}


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
            f"{document.number} over {two_places(document.total)}, dated {australian(document.on)}, stands in "
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
            f"{named} over {two_places(document.total)} looks like {ours.number} posted a second time in {how.books} "
            f"by somebody else: same contact and total, dated {australian(document.on)}."
        ),
    )


def judge_contact(party: Subject, number: str, notes: Iterable[tuple[str, NoteKind]], how: Judging) -> Variance | None:
    """Return the one variance of a contact: its fields that differ though nothing is done about them by itself."""
    told = sorted((field, kind) for field, kind in notes if kind is not NoteKind.WAITS)
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
    return Variance(
        subject=party.key,
        kind=VarianceKind.CONTACT_FIELD,
        source_id=party.id,
        number=number,
        sentence=f"Contact {number}: {'; '.join(clauses)}.",
        fix=Fix.PUT_BACK if any(kind is NoteKind.PUT_BACK for _, kind in told) else None,
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
            f"The appointment of {australian(on)} was attended and is not invoiced; {two_places(amount)} is usual."
        ),
    )
