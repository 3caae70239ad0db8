"""What a comparison tells: one machine-readable document, in the contract's shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ligament.app.who_changed import Known, told_by_name, who_changed
from ligament.core.money import ZERO, two_places
from ligament.core.periods import iso_instant
from ligament.core.variances import KeptVariance, Variance
from ligament.flow.reconcile.compare import Compared

if TYPE_CHECKING:
    from ligament.wiring.clinic import Clinic

Document = dict[str, Any]


def compared_document(clinic: Clinic, compared: Compared, kept: Mapping[str, KeptVariance]) -> Document:
    """Return what both sides come to and every variance."""
    known = who_changed(clinic)
    sums, found = compared.sums, compared.variances
    return {
        "compared": {side: dict(counts) for side, counts in compared.counts.items()},
        "left_out": {
            reason: {"count": held.count, "amount": two_places(held.amount)}
            for reason, held in compared.left_out.items()
        },
        "balanced": not any(kept[variance.id].counts() for variance in found),
        "totals": {
            **_three(sum(sums.source.values(), ZERO), sum(sums.books.values(), ZERO)),
            "by_month": _by(compared, 0, "month"),
            "by_tax_rate": _by(compared, 1, "tax"),
            "settled": _three(sum(sums.source_settled.values(), ZERO), sum(sums.books_settled.values(), ZERO)),
            "owed": _three(sum(sums.source_owed.values(), ZERO), sum(sums.books_owed.values(), ZERO)),
        },
        "variances": [variance_document(clinic, kept[variance.id], variance, known) for variance in found],
    }


def _three(source: Decimal, books: Decimal) -> Document:
    """Return the practice, the books and what explains the difference; the equation was asserted before."""
    return {"source": two_places(source), "books": two_places(books), "explained": two_places(source - books)}


def _by(compared: Compared, place: int, name: str) -> list[Document]:
    sums = compared.sums
    keys = sorted({cell[place] for cell in (*sums.source, *sums.books)})
    return [
        {
            name: key,
            **_three(
                sum((amount for cell, amount in sums.source.items() if cell[place] == key), ZERO),
                sum((amount for cell, amount in sums.books.items() if cell[place] == key), ZERO),
            ),
        }
        for key in keys
    ]


def variance_document(
    clinic: Clinic, kept: KeptVariance, now: Variance | None = None, known: Known | None = None
) -> Document:
    """Return one variance as `reconcile --json` and `variances --json` print it; `known` spares asking who it was."""
    variance = now or kept.variance
    known = who_changed(clinic) if known is None else known
    fix = variance.fix
    asks = clinic.settings.rulebook.approval.fix.asks(abs(variance.amount))
    return {
        "id": variance.id,
        "kind": variance.kind.value,
        "needs": variance.needs.value,
        "state": kept.state.value,
        "enters": variance.enters.value,
        "parts": [{"month": month, "tax": tax, "amount": two_places(amount)} for month, tax, amount in variance.parts],
        "source_id": variance.source_id or None,
        "books_id": variance.books_id or None,
        "number": variance.number or None,
        "amount": two_places(variance.amount),
        "tax": two_places(variance.tax),
        "date": variance.on.isoformat() if variance.on is not None else None,
        "books_date": variance.books_on.isoformat() if variance.books_on is not None else None,
        "first_seen_at": iso_instant(kept.first_seen_at),
        "last_seen_at": iso_instant(kept.last_seen_at),
        "times": kept.times,
        "sentence": told_by_name(variance, known),
        "changed_by": known.get(variance.id, {}).get("by") or None,
        "fix": {"what": fix.value, "asks": asks} if fix is not None else None,
        "note": kept.note or None,
        "noted_by": kept.noted_by or None,
        "hold": variance.hold or None,
        "code": variance.code or None,
        "cause": variance.cause or None,
    }


def in_order(found: Iterable[KeptVariance]) -> list[KeptVariance]:
    """Return variances as people read them: what counts first, then by day and number."""
    return sorted(
        found,
        key=lambda held: (not held.counts(), str(held.variance.on or held.variance.books_on), held.variance.number),
    )
