"""Three-way merge of a contact's fields against what both sides last agreed on (SPEC section 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from ligament.core.rules.model import Winner

T = TypeVar("T")
PRACTICE, BOOKS = "practice", "books"


def never_less(_value: object, _than: object) -> bool:
    """Say no: a field that has no parts is either blank or not."""
    return False


class FieldVerdict(StrEnum):
    """What is to be done about one field."""

    AGREED = "agreed"
    TO_BOOKS = "to_books"
    TO_PRACTICE = "to_practice"
    CONFLICT = "conflict"
    PUT_BACK = "put_back"
    EMPTIED = "emptied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides(Generic[T]):
    """One field on both sides; `agreed` is None when the two never agreed on a value.

    `less` says that the first value is the second with parts left blank and nothing else changed. `seen` says that the
    blank on one of the sides was there already when they were last looked at.
    """

    practice: T
    books: T
    agreed: T | None
    less: Callable[[T, T], bool] = never_less
    seen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge(Generic[T]):
    """How one field is compared and who wins it.

    `same` compares two values as people would; `blank` says that a value is no value; `may_flow_back` is false where
    nothing is written to the practice (a payer, a privacy mode, two_way = false).
    """

    same: Callable[[T, T], bool]
    blank: Callable[[T], bool]
    winner: Winner
    may_flow_back: bool
    practice_at: datetime
    books_at: datetime

    def decide(self, sides: Sides[T]) -> FieldVerdict:
        """Decide about one field; a blank never overwrites a value and is never put back (choice C38)."""
        if self.same(sides.practice, sides.books):
            return FieldVerdict.AGREED
        if sides.agreed is None:
            return self._first_time(sides)
        practice_gone, books_gone = self._is_gone(sides, sides.practice), self._is_gone(sides, sides.books)
        practice_changed = practice_gone or not self.same(sides.practice, sides.agreed)
        books_changed = books_gone or not self.same(sides.books, sides.agreed)
        if practice_changed and books_changed:
            return self._both(sides, practice_gone=practice_gone, books_gone=books_gone)
        if practice_changed:
            return FieldVerdict.EMPTIED if practice_gone else self._to_books(sides)
        return FieldVerdict.EMPTIED if books_gone else self._to_practice()

    def emptied(self, sides: Sides[T]) -> str:
        """Return which side was emptied, wholly or in part, while the other one says something: or nothing."""
        gone = [self._is_gone(sides, sides.practice), self._is_gone(sides, sides.books)]
        return {(True, False): PRACTICE, (False, True): BOOKS}.get((gone[0], gone[1]), "")

    def standing(self, sides: Sides[T]) -> T | None:
        """Return what the other side says besides a blank when that is not what was agreed on."""
        value = {PRACTICE: sides.books, BOOKS: sides.practice}.get(self.emptied(sides))
        known = value is not None and sides.agreed is not None and self.same(value, sides.agreed)
        return None if known else value

    def _is_gone(self, sides: Sides[T], value: T) -> bool:
        """Say whether a side lost a value, or parts of one, on which both had agreed."""
        if sides.agreed is None or self.same(value, sides.agreed):
            return False
        return self.blank(value) or sides.less(value, sides.agreed)

    def _first_time(self, sides: Sides[T]) -> FieldVerdict:
        if self.blank(sides.books):
            return FieldVerdict.TO_BOOKS
        if self.blank(sides.practice):
            return self._back() if self.winner is not Winner.PRACTICE else FieldVerdict.PUT_BACK
        return self._both(sides)

    def _to_books(self, sides: Sides[T]) -> FieldVerdict:
        wins = self.winner is not Winner.BOOKS or self.blank(sides.books)
        return FieldVerdict.TO_BOOKS if wins else FieldVerdict.PUT_BACK

    def _to_practice(self) -> FieldVerdict:
        return FieldVerdict.PUT_BACK if self.winner is Winner.PRACTICE else self._back()

    def _both(self, sides: Sides[T], *, practice_gone: bool = False, books_gone: bool = False) -> FieldVerdict:
        if practice_gone and books_gone:
            return FieldVerdict.EMPTIED
        # A value typed since beats the blank that the other side was left with; one that was there before does not.
        if books_gone:
            return self._to_books(sides) if sides.seen or self.practice_at > self.books_at else FieldVerdict.EMPTIED
        if practice_gone:
            return self._to_practice() if sides.seen or self.books_at > self.practice_at else FieldVerdict.EMPTIED
        if self.winner is Winner.ASK:
            return FieldVerdict.CONFLICT
        practice_wins = self.winner is Winner.PRACTICE or (
            self.winner is Winner.NEWEST and self.practice_at >= self.books_at
        )
        return FieldVerdict.TO_BOOKS if practice_wins else self._back()

    def _back(self) -> FieldVerdict:
        return FieldVerdict.TO_PRACTICE if self.may_flow_back else FieldVerdict.PUT_BACK
