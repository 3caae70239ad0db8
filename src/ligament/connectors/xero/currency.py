"""The currency of the books: what a document in another one comes to must never be added to, nor taken for, ours."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.core.money import ONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ligament.connectors.xero.wire import Account, BankTransaction, Document

NOTE = "books_currency"
"""Under which name a clinic's notebook keeps the code of the currency."""


def _nothing() -> str:
    return ""


def _unkept(_: str) -> None:
    return


class BooksCurrency:
    """What the organisation keeps its books in, as it told last; a notebook remembers it from run to run."""

    def __init__(self, read: Callable[[], str] = _nothing, write: Callable[[str], None] = _unkept) -> None:
        self._read = read
        self._write = write
        self._code = ""

    @property
    def code(self) -> str:
        """The three letters, such as AUD; empty as long as no organisation was read."""
        self._code = self._code or self._read()
        return self._code

    def learn(self, code: str) -> None:
        """Take what the organisation says of itself."""
        if code and code != self.code:
            self._write(code)
            self._code = code

    def other(self, row: Document | BankTransaction) -> str:
        """Return the currency that a row is in when it is not that of the books, else an empty text.

        A rate tells it as well, for rows that were read before the organisation was: to its own currency it is 1, and
        where it is 1 the amounts are those of the books, whatever code stands beside them.
        """
        rate = _rate(row.currency_rate)
        if rate == ONE:
            return ""
        if self.code and row.currency_code:
            return row.currency_code if letters(row.currency_code) != letters(self.code) else ""
        return (row.currency_code or "another currency") if rate is not None else ""

    def among(self, accounts: Iterable[Account]) -> str:
        """Return the code when an account is kept in it; books with none of their own do not say which are foreign."""
        return self.code if letters(self.code) in {letters(row.currency_code) for row in accounts} else ""

    def sentence(self, number: str, other: str) -> str:
        """Return what a person is told about a document in another currency."""
        own = f"in {self.code}" if self.code else "in another one"
        return (
            f"{number or 'The document'} is in {other} in Xero, where the books are kept {own}, so its amounts are "
            "neither compared nor added, and nothing is paid on it. Put it right in Xero, or void it there."
        )


def letters(code: str) -> str:
    """Return the code of a currency as it is compared."""
    return code.strip().upper()


def _rate(told: object) -> Decimal | None:
    """Return a rate to the books' currency; one that cannot be read says nothing, and stops no document."""
    try:
        rate = Decimal(str(told))
    except ArithmeticError:
        return None
    return rate if rate.is_finite() and rate else None
