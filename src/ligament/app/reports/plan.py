"""Report of a plan: the documents as the books will show them, their lines, sums, and everything else it would do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ligament import __version__
from ligament.app.reports.billed import Billed
from ligament.core.intents import DocumentIntent
from ligament.core.ledgers import DocumentKind
from ligament.core.money import ZERO, two_places
from ligament.core.plan_sums import PlanSums
from ligament.core.tables import (
    Cell,
    Medium,
    Report,
    Row,
    Table,
    TableColumn,
    date_column,
    decimal_of,
    fixed,
    money_column,
    text_column,
)
from ligament.store.queries.reports import report_rows
from ligament.wiring.clinic import Clinic

Document = Mapping[str, Any]
FORMATS = frozenset({".xlsx", ".html", ".csv", ".json"})


def sums_document(sums: PlanSums) -> dict[str, dict[str, str]]:
    """Return the sums as `plan --json` prints them."""
    named = {"by_account": sums.by_account, "by_tax": sums.by_tax, "by_month": sums.by_month}
    return {name: {key: two_places(held[key]) for key in sorted(held)} for name, held in named.items()}


def plan_report(clinic: Clinic, document: Document, intents: Sequence[DocumentIntent], sums: PlanSums) -> Report:
    """Return the report of a plan from its document, the documents it would post, and what they come to."""
    with report_rows(clinic.journal) as rows:
        billed = Billed(rows=rows, rulebook=clinic.settings.rulebook)
        papers = [_paper(intent, billed.name(intent.party)) for intent in intents]
    net = sum(sums.by_month.values(), ZERO)
    others = [action for action in document["actions"] if action["action"] != "create_document"]
    return Report(
        name="plan",
        title="Plan: what would be posted",
        subtitle=f"{clinic.settings.rulebook.clinic.name or clinic.settings.name}; nothing has been written",
        lead=tuple(line for line in (_lead(len(papers), net, len(others)), document["left_out"]["sentence"]) if line),
        tables=(
            Table(
                name="documents",
                title="Documents",
                columns=_PAPERS,
                rows=fixed(papers),
                totals={"amount": net, "tax": sum((decimal_of(row[7]) for row in papers), ZERO)},
            ),
            _lines(intents),
            _sums("by_account", "By account", "Account", sums.by_account),
            _sums("by_tax", "By tax type", "Tax type", sums.by_tax),
            _sums("by_month", "By month", "Month", sums.by_month),
            _actions(others),
            _holds(document["holds"]),
            _skips(document["skips"]),
        ),
        notes=tuple(document["notes"]),
        stamp=(("Plan", str(document["plan"])), ("By", f"Ligament {__version__}")),
        to_sign=("Checked and approved by", "Day", "Signature"),
    )


def _lead(documents: int, net: Decimal, others: int) -> str:
    return f"{documents:,} documents over {Decimal(two_places(net)):,}, and {others:,} other actions."


_PAPERS = (
    text_column(name="number", title="Number"),
    text_column(name="kind", title="Kind"),
    text_column(name="contact", title="Contact", wide=True),
    date_column(name="date", title="Date"),
    date_column(name="due", title="Due"),
    text_column(name="status", title="Status"),
    money_column(name="amount", title="Amount"),
    money_column(name="tax", title="Tax"),
    text_column(name="reference", title="Reference"),
)


def _paper(intent: DocumentIntent, contact: str) -> Row:
    """Return a document as a row; credit notes are below zero, so that the column adds up."""
    sign = -1 if intent.kind is DocumentKind.CREDIT_NOTE else 1
    kind = "credit note" if intent.kind is DocumentKind.CREDIT_NOTE else "invoice"
    status = intent.status.value.capitalize()
    amounts = (sign * intent.total, sign * intent.tax)
    return (intent.number, kind, contact, intent.on, intent.due_on, status, *amounts, intent.reference)


def _lines(intents: Sequence[DocumentIntent]) -> Table:
    columns = (
        text_column(name="number", title="Number"),
        text_column(name="text", title="Text", wide=True),
        text_column(name="quantity", title="Quantity"),
        text_column(name="unit", title="Price"),
        money_column(name="amount", title="Amount"),
        text_column(name="account", title="Account"),
        text_column(name="tax_type", title="Tax type"),
        text_column(name="tracking", title="Tracking"),
    )

    def rows() -> Iterable[Row]:
        for intent in intents:
            sign = -1 if intent.kind is DocumentKind.CREDIT_NOTE else 1
            for line in intent.lines:
                tracking = ", ".join(f"{category}: {option}" for category, option in line.tracking)
                kept = (f"{line.quantity.normalize():f}", f"{line.unit_amount:f}", sign * line.amount)
                yield (intent.number, line.text, *kept, line.account, line.tax_type, tracking)

    return Table(name="lines", title="Lines", columns=columns, rows=rows, media=frozenset({Medium.WORKBOOK}))


def _sums(name: str, title: str, key: str, held: Mapping[str, Decimal]) -> Table:
    columns = (text_column(name="key", title=key, wide=True), money_column(name="amount", title="Amount"))
    totals: dict[str, Cell] = {"amount": sum(held.values(), ZERO)}
    return Table(name=name, title=title, columns=columns, rows=fixed(sorted(held.items())), totals=totals)


def _listing(name: str, title: str, columns: tuple[TableColumn, ...], rows: Iterable[Row]) -> Table:
    return Table(name=name, title=title, columns=columns, rows=fixed(rows))


def _actions(actions: Sequence[Document]) -> Table:
    columns = (
        text_column(name="action", title="Action"),
        text_column(name="number", title="Number"),
        money_column(name="amount", title="Amount"),
        text_column(name="sentence", title="What", wide=True),
    )
    rows = (
        (str(one["action"]).replace("_", " "), str(one["number"]), Decimal(str(one["amount"])), str(one["sentence"]))
        for one in actions
    )
    return _listing("actions", "Other actions", columns, rows)


def _holds(holds: Sequence[Document]) -> Table:
    columns = (
        text_column(name="id", title="Id"),
        text_column(name="code", title="Code"),
        text_column(name="number", title="Number"),
        text_column(name="sentence", title="Why it waits", wide=True),
        text_column(name="todo", title="What to do", wide=True),
    )
    rows = (tuple(str(one[column.name]) for column in columns) for one in holds)
    return _listing("holds", "Held", columns, rows)


def _skips(skips: Sequence[Document]) -> Table:
    columns = (
        text_column(name="kind", title="Kind"),
        text_column(name="number", title="Number"),
        text_column(name="source_id", title="Id"),
        text_column(name="reason", title="Reason", wide=True),
    )
    names = [column.name for column in columns]
    rows = (tuple(str(one[name]) if one[name] is not None else "" for name in names) for one in skips)
    return _listing("skips", "Skipped", columns, rows)
