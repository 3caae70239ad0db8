"""Sums of a plan: what it would post, by account, tax type and month; gross, credit notes taken off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ligament.core.intents import DocumentIntent
from ligament.core.ledgers import DocumentKind
from ligament.core.money import NO_CENTS, ZERO
from ligament.core.periods import month_of
from ligament.core.plans import Action, ActionKind


def _nothing() -> Decimal:
    return NO_CENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSums:
    """Gross amounts of new documents by account code, by tax type of the books, and by month (`2026-11`)."""

    by_account: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(_nothing))
    by_tax: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(_nothing))
    by_month: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(_nothing))


def new_documents(actions: Iterable[Action], since: date | None = None) -> Iterator[DocumentIntent]:
    """Yield the documents that a plan would post, those dated from a day on."""
    for action in actions:
        if action.kind is ActionKind.CREATE_DOCUMENT and action.document is not None:
            intent = action.document.intent
            if since is None or intent.on >= since:
                yield intent


def sums_of(intents: Iterable[DocumentIntent]) -> PlanSums:
    sums = PlanSums()
    for intent in intents:
        sign = -1 if intent.kind is DocumentKind.CREDIT_NOTE else 1
        for line in intent.lines:
            sums.by_account[line.account] += sign * line.amount
            sums.by_tax[line.tax_type] += sign * line.amount
        sums.by_month[month_of(intent.on)] += sign * sum((line.amount for line in intent.lines), ZERO)
    return sums
