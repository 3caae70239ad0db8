"""Three-way merge of a contact's fields against what both sides last agreed on (SPEC section 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from ligament.core.rules.model import Winner

T = TypeVar("T")


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

    `less` says that the first value is the second with parts left blank and nothing else changed.
    """

    practice: T
    books: T
    agreed: T | None
    less: Callable[[T, T], bool] = never_less


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
        practice_moved = self._moved(sides.practice, sides.agreed, sides.less)
        books_moved = self._moved(sides.books, sides.agreed, sides.less)
        if not practice_moved and not books_moved:
            return FieldVerdict.EMPTIED
        if practice_moved and books_moved:
            return self._both(sides)
        if practice_moved:
            return self._practice_only(sides)
        return self._books_only(sides)

    def _moved(self, value: T, agreed: T, less: Callable[[T, T], bool]) -> bool:
        return not self.same(value, agreed) and not less(value, agreed)

    def _first_time(self, sides: Sides[T]) -> FieldVerdict:
        if self.blank(sides.books):
            return FieldVerdict.TO_BOOKS
        if self.blank(sides.practice):
            return self._back() if self.winner is not Winner.PRACTICE else FieldVerdict.PUT_BACK
        return self._both(sides)

    def _practice_only(self, sides: Sides[T]) -> FieldVerdict:
        if self.blank(sides.practice):
            return FieldVerdict.EMPTIED
        return (
            FieldVerdict.PUT_BACK
            if self.winner is Winner.BOOKS and not self.blank(sides.books)
            else FieldVerdict.TO_BOOKS
        )

    def _books_only(self, sides: Sides[T]) -> FieldVerdict:
        if self.blank(sides.books):
            return FieldVerdict.EMPTIED
        return FieldVerdict.PUT_BACK if self.winner is Winner.PRACTICE else self._back()

    def _both(self, sides: Sides[T]) -> FieldVerdict:
        # A value that was typed since beats the blank that the other side was left with.
        if self.blank(sides.books):
            return FieldVerdict.TO_BOOKS
        if self.blank(sides.practice):
            return FieldVerdict.PUT_BACK if self.winner is Winner.PRACTICE else self._back()
        if self.winner is Winner.ASK:
            return FieldVerdict.CONFLICT
        practice_wins = self.winner is Winner.PRACTICE or (
            self.winner is Winner.NEWEST and self.practice_at >= self.books_at
        )
        return FieldVerdict.TO_BOOKS if practice_wins else self._back()

    def _back(self) -> FieldVerdict:
        return FieldVerdict.TO_PRACTICE if self.may_flow_back else FieldVerdict.PUT_BACK
