"""Lists that are read whole: documents by their dates, for comparing, and payments that were deleted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ligament.connectors.xero import mapping
from ligament.connectors.xero.streams import PAGE_SIZE, STREAMS, Stream, understood
from ligament.core.ledgers import BooksDocument, DocumentKind
from ligament.ports.books import BooksPage
from ligament.ports.errors import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ligament.connectors.xero.client import Answer, XeroClient
    from ligament.core.ids import BooksId
    from ligament.core.ledgers import BooksPayment

_NAMES = {DocumentKind.INVOICE: "invoices", DocumentKind.CREDIT_NOTE: "credit_notes"}


def count_documents(client: XeroClient, kind: DocumentKind, first: date, last: date) -> int:
    """Return how many documents of a kind bear those dates, in any status: one call that brings one row."""
    answer = _page(client, _dated(kind, first, last), 1, 1)
    pagination = answer.envelope.pagination
    if pagination is None:
        raise Broken("Xero did not say how many documents there are.", "no pagination")
    return pagination.item_count


def list_documents(
    client: XeroClient, kind: DocumentKind, first: date, last: date, page_size: int = PAGE_SIZE
) -> Iterator[BooksPage]:
    """Yield all documents of a kind that bear those dates, in the order of their ids, which never changes."""
    stream, page, done = _dated(kind, first, last), 0, 0
    while True:
        page += 1
        answer = _page(client, stream, page, page_size)
        rows = understood(partial(stream.rows, answer.envelope, client))
        documents = tuple(row for row in rows if isinstance(row, BooksDocument))
        done += len(documents)
        pagination = answer.envelope.pagination
        total = pagination.item_count if pagination is not None else done
        yield BooksPage(stream=stream.name, documents=documents, done=done, total=max(total, done))
        raw = answer.envelope.invoices if kind is DocumentKind.INVOICE else answer.envelope.credit_notes
        if len(raw) < page_size:
            return


def removed_payments(client: XeroClient, page_size: int = PAGE_SIZE) -> Iterator[tuple[BooksId, BooksPayment]]:
    """Yield the payments of sales invoices that were deleted, in the order of their ids; invoices list them no more."""
    where, page = 'PaymentType=="ACCRECPAYMENT" AND Status=="DELETED"', 0
    while True:
        page += 1
        query = (("where", where), ("order", "PaymentID"), ("page", str(page)), ("pageSize", str(page_size)))
        answer = client.read("Payments", query)
        rows = answer.envelope.payments if answer is not None else ()
        for row in rows:
            if row.invoice is not None and row.invoice.invoice_id:
                yield mapping.books_id(row.invoice.invoice_id), understood(partial(mapping.payment, row))
        if len(rows) < page_size:
            return


def _dated(kind: DocumentKind, first: date, last: date) -> Stream:
    """Return the list of a kind, narrowed to dates."""
    stream = next(held for held in STREAMS if held.name == _NAMES[kind])
    days = f"Date>={_moment(first)} AND Date<={_moment(last)}"
    query = tuple((name, f"{value} AND {days}" if name == "where" else value) for name, value in stream.query)
    return replace(stream, query=query)


def _moment(day: date) -> str:
    return f"DateTime({day.year},{day.month:02},{day.day:02})"


def _page(client: XeroClient, stream: Stream, page: int, page_size: int) -> Answer:
    query = (*stream.query, ("order", stream.id_field), ("page", str(page)), ("pageSize", str(page_size)))
    answer = client.read(stream.path, query)
    if answer is None:
        raise Broken("Xero does not know one of its own lists.", f"404 on {stream.path}")
    return answer
