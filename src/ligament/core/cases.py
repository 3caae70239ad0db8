"""A case: one record under judgement, and what of its difference no variance explains yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ligament.core.comparisons import (
    Judging,
    Pairing,
    Posted,
    books_number,
    books_split,
    owed_on_document,
    paid_on_document,
    practice_split,
    sum_of,
)
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.intents import SubjectKind
from ligament.core.money import ZERO, cents, readable
from ligament.core.variances import Cell, Needs, Variance, VarianceKind, in_parts, less, total_of

UNDONE = "undone"
"""The code under which what an undo took back waits."""


@dataclass(slots=True, kw_only=True)
class Case:
    """One record under judgement; `split`, `settled` and `owed` are what is left to explain."""

    pairing: Pairing
    how: Judging
    split: dict[Cell, Decimal]
    settled: Decimal
    owed: Decimal

    @property
    def main(self) -> Posted | None:
        """Return the live document that stands for the record: linked before unlinked, the newest before older ones."""
        live = [held for held in self.pairing.live if not held.is_adjustment]
        return max(live, key=_rank) if live else None

    @property
    def is_visit(self) -> bool:
        """Say whether the record is an attended appointment that became a document without an invoice."""
        return self.pairing.subject.kind is SubjectKind.VISIT

    @property
    def counted(self) -> tuple[Posted, ...]:
        """Return the documents that stand for the record: the one that counts, and adjustments; no duplicates."""
        return tuple(held for held in self.pairing.live if held is self.main or held.is_adjustment)

    @property
    def number(self) -> str:
        """Return the number by which people know it in the books."""
        return books_number(self.pairing.invoice, self.pairing.posted, self.how)

    @property
    def named(self) -> str:
        """Return the number with the amount in the practice."""
        return f"{self.number} over {readable(abs(cents(self.pairing.invoice.total)))}"

    def is_even(self) -> bool:
        """Say whether nothing is left to explain."""
        return not self.split and not self.settled and not self.owed

    def hold(self, *, of_money: bool) -> Hold | None:
        """Return the open hold about the record's document, or about the money on it."""
        kinds = [hold for hold in self.pairing.holds if (hold.kind is HoldKind.PAYMENT) is of_money]
        return min(kinds, key=lambda hold: (hold.code is HoldCode.WAITS_FOR, hold.id)) if kinds else None

    def make(self, kind: VarianceKind, sentence: str, **more: Any) -> Variance:  # noqa: ANN401 - fields of a variance
        """Return a variance of this record without any amount."""
        main = self.main
        return Variance(
            subject=self.pairing.subject.key,
            kind=kind,
            sentence=sentence,
            **{
                "source_id": self.pairing.subject.id,
                "books_id": main.document.id if main is not None else "",
                "number": self.pairing.invoice.number,
                "on": self.pairing.invoice.issued_on,
                "books_on": main.document.on if main is not None else None,
                **more,
            },
        )

    def explains(self, variance: Variance, split: dict[Cell, Decimal], settled: Decimal, owed: Decimal) -> Variance:
        """Let a variance explain that much, and take it off what is left."""
        self.split = less(self.split, split)
        self.settled -= settled
        self.owed -= owed
        parts = in_parts(split)
        amount = variance.amount or total_of(split) or (ZERO if split else settled or owed)
        return replace(variance, parts=parts, settled=cents(settled), owed=cents(owed), amount=cents(amount))

    def takes_all(self, variance: Variance) -> Variance:
        """Let a variance explain everything that is left."""
        return self.explains(variance, dict(self.split), self.settled, self.owed)


def _rank(held: Posted) -> tuple[bool, int, str]:
    version = held.link.version if held.link is not None else 0
    return held.link is not None, version, held.document.id


def opened(pairing: Pairing, how: Judging) -> Case:
    """Open the case of a record, with its whole difference to explain."""
    source = practice_split(pairing.invoice, how.labels) if pairing.counts else {}
    documents = [held.document for held in pairing.posted]
    return Case(
        pairing=pairing,
        how=how,
        split=less(source, sum_of(books_split(document, how.labels) for document in documents)),
        settled=pairing.settled - sum((paid_on_document(document) for document in documents), ZERO),
        owed=pairing.owed - sum((owed_on_document(document) for document in documents), ZERO),
    )


def held_variance(case: Case, hold: Hold) -> Variance:
    """Return the variance of a record that waits; what is listed among the holds is not a second thing to do."""
    code = hold.code.value
    kind = VarianceKind.UNDONE if code == UNDONE else VarianceKind.HELD
    cause = hold.waits_for or hold.subject.key
    return case.make(
        kind,
        f"{case.named} waits: {hold.sentence}",
        needs=Needs.PERSON,
        hold=hold.id,
        code=code,
        cause=cause,
        which="money" if hold.kind is HoldKind.PAYMENT else "",
    )
