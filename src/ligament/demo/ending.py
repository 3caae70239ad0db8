"""Part of the demo: how it ends. Everything is compared once more, and every cent of the difference has its reason.

What waits for a person is looked at as a bookkeeper would: it is acknowledged with a note, and stays listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

from ligament.app.documents import Document
from ligament.app.reconcile import reconcile
from ligament.app.variances import acknowledge
from ligament.core.money import ZERO, two_places
from ligament.core.variances import VarianceKind, VarianceState, needs_somebody
from ligament.wiring.clinic import Clinic

NOTE = "Prepared in this demo: it waits for somebody's decision."
_EXPECTED = {
    VarianceKind.HELD.value,
    VarianceKind.UNDONE.value,
    VarianceKind.CREDIT_NOT_ALLOCATED.value,
    VarianceKind.DEBTOR.value,
}
"""What a person may leave as it is at the end of the day where no fix is offered: it waits for an answer, was taken
back on purpose, is a credit of which nobody said yet what it is used on, or owes less in the books, where a credit was
used on it."""


def show_ending(opened: Callable[[], AbstractContextManager[Clinic]]) -> Document:
    """Compare, acknowledge what waits, and compare again; tells the equation, and each reason with its amount."""
    with opened() as clinic:
        for one in reconcile(clinic, full=True).document["variances"]:
            if needs_somebody(one["needs"], one["state"]) and one["kind"] in _EXPECTED and one["fix"] is None:
                acknowledge(clinic, one["id"], NOTE)
    with opened() as clinic:
        told = reconcile(clinic, full=True).document
    counts: Counter[str] = Counter()
    amounts: dict[str, Decimal] = {}
    for one in told["variances"]:
        counts[one["kind"]] += 1
        explains = sum((Decimal(part["amount"]) for part in one["parts"]), ZERO)
        amounts[one["kind"]] = amounts.get(one["kind"], ZERO) + explains
    between = Decimal(told["totals"]["source"]) - Decimal(told["totals"]["books"])
    return {
        "balanced": told["balanced"],
        "totals": {name: told["totals"][name] for name in ("source", "books", "explained")},
        "reasons": [
            {"kind": kind, "count": count, "amount": two_places(amounts[kind])} for kind, count in counts.most_common()
        ],
        "acknowledged": sum(one["state"] == VarianceState.KNOWN.value for one in told["variances"]),
        "unexplained": two_places(between - sum(amounts.values(), ZERO)),
    }


def is_explained(ending: Document) -> bool:
    """Say whether it ends balanced, with a reason for every cent."""
    return bool(ending["balanced"]) and not Decimal(ending["unexplained"])
