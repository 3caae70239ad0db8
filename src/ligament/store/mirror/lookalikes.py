"""Documents of nobody that may be a record's under another number: told by their reference, or by sum and day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ligament.core.drafting import document_kind
from ligament.core.facts import Facts
from ligament.core.ids import BooksId
from ligament.core.money import HUNDRED, cents
from ligament.store.database.columns import in_cents
from ligament.store.database.search_keys import digit_runs, history_key

Ids = dict[str, tuple[BooksId, ...]]


@dataclass(slots=True, kw_only=True)
class Lookalikes:
    """What the records without a document are told by, and what was found of it."""

    numbers: frozenset[str]
    sums: frozenset[tuple[str, int, str]]
    named_sums: frozenset[tuple[str, str, int]]
    _mentions: dict[str, list[BooksId]] = field(default_factory=dict)
    _alike: dict[str, list[BooksId]] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Facts) -> Lookalikes:
        """Look for all loaded records that have no document yet."""
        fresh = [one for one in facts.invoices.values() if f"invoice:{one.id}" not in facts.document_links]
        told = [(document_kind(one).value, in_cents(abs(one.total)), one) for one in fresh]
        return cls(
            numbers=frozenset(history_key(one.number) for one in fresh) - {""},
            sums=frozenset((kind, total, one.issued_on.isoformat()) for kind, total, one in told if total),
            named_sums=frozenset((kind, history_key(one.number), total) for kind, total, one in told),
        )

    def note(self, row: Any) -> bool:  # noqa: ANN401 - a row of the documents' table
        """Note a document that may be somebody's; says whether it may."""
        if not self.sums:
            return False
        named = self.numbers & digit_runs(f"{row.number} {row.reference}")
        for number in named:
            self._mentions.setdefault(f"{row.kind}|{number}", []).append(row.id)
        # What names one record and comes to what that one does is no other's, however alike two of a day may be.
        is_taken = any((row.kind, number, row.cents) in self.named_sums for number in named)
        is_alike = not is_taken and (row.kind, row.cents, row.day) in self.sums
        if is_alike:
            self._alike.setdefault(f"{row.kind}|{cents(row.cents / HUNDRED)}|{row.day}", []).append(row.id)
        return is_alike or bool(named)

    def mentions(self) -> Ids:
        """Return those that name a record's number, by kind and number."""
        return {key: tuple(sorted(ids)) for key, ids in self._mentions.items()}

    def alike(self) -> Ids:
        """Return those of one kind, sum and day."""
        return {key: tuple(sorted(ids)) for key, ids in self._alike.items()}
