"""Action views: planned actions, counted and listed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal

from ligament.cli.views.paper import Column, day, heading, line, money, table
from ligament.cli.views.types import SHOWN, Document
from ligament.cli.views.words import ACTIONS, KINDS, WITH_AMOUNT

# The day of a payment is in its sentence; the action's own day is that of the invoice.
_MONEY = {"payments", "allocations"}


def summary(actions: Sequence[Document]) -> None:
    """Print how many actions of each kind there are, and their sums."""
    counts: Counter[tuple[str, str]] = Counter()
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for action in actions:
        key = (action["action"], action["kind"])
        counts[key] += 1
        sums[key] += Decimal(str(action["amount"]))
    order = list(ACTIONS)
    rows = [
        [_action_words(*key), f"{counts[key]:,}", money(sums[key]) if key[0] in WITH_AMOUNT else ""]
        for key in sorted(counts, key=lambda key: (order.index(key[0]) if key[0] in order else len(order), key[1]))
    ]
    if rows:
        line()
        table((Column("What"), Column("Number", right=True), Column("Amount", right=True)), rows)


def _action_words(action: str, kind: str) -> str:
    words = ACTIONS.get(action, action.replace("_", " ").capitalize())
    if action in {"create_document", "update_document", "void", "pay", "pay_first"}:
        kind = "invoices" if action.startswith("pay") else kind
        return f"{words} {KINDS.get(kind, (kind, kind))[1]}"
    return words


def list_actions(actions: Sequence[Document], see_all: str) -> None:
    """Print the first actions, one a line."""
    if not actions:
        return
    heading("The first of them" if len(actions) > SHOWN else "In order")
    rows = [
        [
            str(action["number"]),
            "" if action["kind"] in _MONEY else day(action.get("on")),
            money(action["amount"]) if action["action"] in WITH_AMOUNT else "",
            str(action["sentence"]) or _action_words(action["action"], action["kind"]),
        ]
        for action in actions[:SHOWN]
    ]
    columns = [Column("Number"), Column("Date"), Column("Amount", right=True), Column("What")]
    if not any(row[1] for row in rows):
        # What waits for an answer is kept without its day, which each sentence names.
        columns, rows = [columns[0], *columns[2:]], [[row[0], *row[2:]] for row in rows]
    table(columns, rows)
    if len(actions) > SHOWN:
        line(f"And {len(actions) - SHOWN:,} more. All of them: {see_all} (or --json).")
