"""Audit pairs: which documents of the books stand for which of the practice, whoever entered them there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from ligament.core.money import ZERO

NEAR = timedelta(days=3)
"""How far apart two days may be for what looks like the same document (choice C44)."""


class SheetKind(StrEnum):
    """The two sorts of document, alike in both systems."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class SheetState(StrEnum):
    """Where a document of the practice stands: paid, open, closed in another way, or credit that is left."""

    PAID = "paid"
    OPEN = "open"
    CLOSED = "closed"
    CREDIT_LEFT = "credit_left"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeSheet:
    """What an audit needs of a document of the practice; amounts are positive for credit notes too.

    `name` is who is billed, as compared; `person` tells people of one name apart and is empty for payers.
    """

    id: str
    number: str
    kind: SheetKind
    on: date
    total: Decimal
    tax: Decimal
    lines: int
    state: SheetState
    name: str
    person: str
    original_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidAmount:
    """A payment on a document."""

    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksSheet:
    """What an audit needs of a document of the books; `key` is its number without prefix, `runs` every run of digits.

    `subject` is the practice's id where it is linked already, `left` what is due on it or the credit that remains.
    `defect` says why its amounts are not known, and is empty otherwise.
    """

    id: str
    number: str
    key: str
    runs: frozenset[str]
    kind: SheetKind
    on: date
    total: Decimal
    tax: Decimal
    left: Decimal
    name: str
    contact_id: str
    subject: str = ""
    is_gone: bool = False
    is_draft: bool = False
    payments: tuple[PaidAmount, ...] = ()
    defect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A document of the practice, the one in the books that stands for it, and others that seem to do so too."""

    practice: PracticeSheet
    books: BooksSheet | None
    doubles: tuple[BooksSheet, ...] = ()
    gone: tuple[BooksSheet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Every document of the practice with its counterpart, and what of the books is left."""

    pairs: tuple[Pair, ...]
    left: tuple[BooksSheet, ...]


@dataclass(slots=True)
class _Claims:
    """Who has claimed which document of the books; nobody claims one twice."""

    mine: dict[str, BooksSheet] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def claim(self, sheet: PracticeSheet, candidates: Iterable[BooksSheet]) -> None:
        """Take the candidate that agrees most, if any is free."""
        if sheet.id in self.mine:
            return
        free = [one for one in candidates if one.kind is sheet.kind and one.id not in self.taken]
        if free:
            # Of a document and its double the one that was settled as in the practice is the document.
            best = max(free, key=lambda one: (likeness_of(sheet, one), _stands_alike(sheet, one), one.id))
            self.mine[sheet.id] = best
            self.taken.add(best.id)


def pair_up(practice: Sequence[PracticeSheet], books: Iterable[BooksSheet]) -> Pairing:
    """Pair by link, then by number, then by a number in the reference, then by who, how much and when."""
    every = list(books)
    live = [one for one in every if not one.is_gone]
    by_link = _index(live, lambda one: (one.subject,) if one.subject else ())
    by_number = _index(live, lambda one: (one.key,) if one.key else ())
    by_run = _index(live, lambda one: one.runs)
    by_content = _index(live, _content_keys)
    claims = _Claims()
    finders: tuple[Callable[[PracticeSheet], Iterable[BooksSheet]], ...] = (
        lambda sheet: by_link[sheet.id],
        lambda sheet: [one for one in by_number[sheet.number] if agreeing(sheet, one)],
        lambda sheet: [one for one in by_run[sheet.number] if agreeing(sheet, one)],
        lambda sheet: [one for one in by_content[_content(sheet.name, sheet.total)] if is_near(sheet, one)],
    )
    for find in finders:
        for sheet in practice:
            claims.claim(sheet, find(sheet))
    doubles = _doubles(practice, claims, (by_number, by_run, by_content))
    gone = _index([one for one in every if one.is_gone], lambda one: {one.subject, one.key, *one.runs} - {""})
    pairs = tuple(
        Pair(
            practice=sheet,
            books=claims.mine.get(sheet.id),
            doubles=tuple(doubles.get(sheet.id, ())),
            gone=tuple(dict.fromkeys([*gone[sheet.id], *gone[sheet.number]])),
        )
        for sheet in practice
    )
    return Pairing(pairs=pairs, left=tuple(one for one in live if one.id not in claims.taken))


_Index = defaultdict[str, list[BooksSheet]]


def _doubles(
    practice: Sequence[PracticeSheet], claims: _Claims, indexes: tuple[_Index, _Index, _Index]
) -> dict[str, list[BooksSheet]]:
    """Give what nobody claimed to the document it repeats: same number, or same person, sum and nearly the same day."""
    by_number, by_run, by_content = indexes
    found: dict[str, list[BooksSheet]] = {}
    for sheet in practice:
        if sheet.id not in claims.mine:
            continue
        same_number = [
            one for one in (*by_number[sheet.number], *by_run[sheet.number]) if agreeing(sheet, one) and one.total
        ]
        same_content = [one for one in by_content[_content(sheet.name, sheet.total)] if is_near(sheet, one)]
        for one in dict.fromkeys([*same_number, *same_content]):
            if one.kind is sheet.kind and one.id not in claims.taken:
                claims.taken.add(one.id)
                found.setdefault(sheet.id, []).append(one)
    return found


def _index(sheets: Iterable[BooksSheet], keys: Callable[[BooksSheet], Collection[str]]) -> _Index:
    index: _Index = defaultdict(list)
    for sheet in sheets:
        for key in keys(sheet):
            index[key].append(sheet)
    return index


def _content_keys(sheet: BooksSheet) -> tuple[str, ...]:
    return (_content(sheet.name, sheet.total),) if sheet.name and sheet.total else ()


def _content(name: str, total: Decimal) -> str:
    return f"{name}|{total.normalize()}" if name and total else ""


def agreeing(practice: PracticeSheet, books: BooksSheet) -> bool:
    """Say whether two documents of one number are about the same: the sum, the person or the day agrees."""
    return likeness_of(practice, books) > 0


def likeness_of(practice: PracticeSheet, books: BooksSheet) -> int:
    """Return in how many of sum, person and day two documents agree."""
    same_person = bool(practice.name) and practice.name == books.name
    return sum((practice.total == books.total, same_person, practice.on == books.on))


def _stands_alike(practice: PracticeSheet, books: BooksSheet) -> bool:
    """Say whether both are settled, or both are not."""
    is_settled = practice.state in {SheetState.PAID, SheetState.CLOSED}
    return is_settled == (books.left == ZERO)


def is_near(practice: PracticeSheet, books: BooksSheet) -> bool:
    """Say whether two documents are dated within three days of each other."""
    return abs(practice.on - books.on) <= NEAR


def sum_of(sheets: Iterable[PracticeSheet]) -> Decimal:
    """Return the sum of the absolute amounts."""
    return sum((abs(sheet.total) for sheet in sheets), ZERO)
