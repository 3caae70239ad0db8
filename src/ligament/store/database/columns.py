"""Columns: what of a record stands beside its body, so that both sides can be summed and joined by the database."""

from __future__ import annotations

from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

from ligament.core.billing import first_line
from ligament.core.comparisons import type_split
from ligament.core.differences import written_mark
from ligament.core.ledgers import BooksDocument
from ligament.core.links import DocumentLink
from ligament.core.money import HUNDRED, ZERO, cents
from ligament.core.records import Invoice, Line
from ligament.core.sold import tax_key
from ligament.store.database.search_keys import folded, stamp

MANY = "*"
"""Stands for the day of the payment where there are several."""
_WIDEST = 9 * 10**17
"""Amounts beyond this do not fit a column; no clinic bills them."""


def in_cents(amount: Decimal) -> int:
    return max(-_WIDEST, min(_WIDEST, int(cents(amount) * HUNDRED)))


def of_invoice(invoice: Invoice) -> dict[str, Any]:
    """Return the columns that compare an invoice; `name_key` is whom it is addressed to."""
    closed = invoice.closed_at.astimezone(UTC) if invoice.closed_at is not None else None
    return {
        "day": invoice.issued_on.isoformat(),
        "cents": in_cents(invoice.total),
        "tax_cents": in_cents(invoice.tax),
        "status": invoice.status.value,
        "closed_at": stamp(closed) if closed is not None else "",
        "closed_next": (closed + timedelta(days=1)).date().isoformat() if closed is not None else "",
        "name_key": folded(first_line(invoice)),
    }


def of_line(line: Line) -> dict[str, Any]:
    """Return the columns that compare a line: what it comes to, and under which tax."""
    return {"cents": in_cents(line.total), "status": tax_key(line)}


def of_document(document: BooksDocument) -> dict[str, Any]:
    """Return the columns that compare a document; amounts are as on its face, without a sign."""
    payments = [payment for payment in document.payments if not payment.deleted]
    days = {payment.on.isoformat() for payment in payments}
    return {
        "day": document.on.isoformat(),
        "cents": in_cents(document.total),
        "tax_cents": in_cents(document.tax),
        "open_cents": in_cents(document.open_amount),
        "paid_cents": in_cents(sum((payment.amount for payment in payments), ZERO)),
        "used_cents": in_cents(sum((held.amount for held in document.allocations), ZERO)),
        "paid_on": MANY if len(payments) > 1 else next(iter(days), ""),
        "written": written_mark(document),
    }


def amounts_of(clinic: str, document: BooksDocument) -> list[dict[str, Any]]:
    """Return a document cut by tax type, one row for each."""
    cut = type_split(document).items()
    return [
        {"clinic": clinic, "document_id": document.id, "tax_type": kind, "cents": in_cents(amount)}
        for kind, amount in cut
    ]


def of_link(link: DocumentLink) -> dict[str, Any]:
    """Return the column that compares a document with what we wrote there; blank where we never did."""
    return {"written": written_mark(link.sent) if link.sent is not None else ""}
