"""Debtors: who owes, since when, in buckets of age."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ligament.core.money import NO_CENTS, ZERO
from ligament.core.reports import table
from ligament.core.tables import Cell, Table, money_column, text_column

BUCKETS = ("current", "days_1_30", "days_31_60", "days_61_90", "over_90")
_DAYS_IN_BUCKET = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAmount:
    """An open invoice, or credit that is left (below zero), of somebody."""

    owner: str
    who: str
    due_on: date
    amount: Decimal


def debtors(amounts: Iterable[OpenAmount], at: date) -> Table:
    """Return who owes how much, by how many days it is overdue on a day; credit stands apart and lowers the total."""
    rows: defaultdict[str, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys((*BUCKETS, "credit"), NO_CENTS))
    names: dict[str, str] = {}
    for one in amounts:
        names[one.owner] = one.who
        rows[one.owner]["credit" if one.amount < ZERO else bucket(one.due_on, at)] += one.amount
    columns = (
        text_column(name="who", title="Who", wide=True),
        money_column(name="current", title="Not yet due"),
        money_column(name="days_1_30", title="1 to 30 days"),
        money_column(name="days_31_60", title="31 to 60 days"),
        money_column(name="days_61_90", title="61 to 90 days"),
        money_column(name="over_90", title="Over 90 days"),
        money_column(name="credit", title="Credit"),
        money_column(name="total", title="Total"),
    )
    owed = {owner: sum(row.values(), NO_CENTS) for owner, row in rows.items()}
    ordered = sorted(rows, key=lambda owner: (-owed[owner], names[owner].casefold(), owner))
    values: list[dict[str, Cell]] = [{"who": names[one], **rows[one], "total": owed[one]} for one in ordered]
    parts = (*BUCKETS, "credit")
    totals: dict[str, Cell] = {name: sum((row[name] for row in rows.values()), NO_CENTS) for name in parts}
    totals["total"] = sum(owed.values(), NO_CENTS)
    return table("debtors", "Who owes", columns, values, totals)


def bucket(due_on: date, at: date) -> str:
    """Return the column for an amount by the days it is overdue: none, 1 to 30, 31 to 60, 61 to 90, more."""
    days = (at - due_on).days
    if days <= 0:
        return BUCKETS[0]
    return BUCKETS[min((days - 1) // _DAYS_IN_BUCKET + 1, len(BUCKETS) - 1)]
