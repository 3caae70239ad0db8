"""Counting and listing again what is known already: invoices by the days they were issued on, patients by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.cliniko import wire
from ligament.connectors.cliniko.guarding import guarded
from ligament.connectors.cliniko.mapping import invoice_of
from ligament.connectors.cliniko.reading import lines_of
from ligament.connectors.cliniko.visits import ARCHIVED, REMOVED
from ligament.ports.practice import ListedInvoices, PracticePage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ligament.connectors.cliniko.client import ClinikoClient, Page
    from ligament.core.oddities import Heed
    from ligament.core.records import Invoice
    from ligament.ports.practice import KnownRows

_PATH = "/invoices"


def count_invoices(client: ClinikoClient, first: date, last: date) -> int:
    """Return how many invoices were issued on those days, removed ones too: one call that brings one row."""
    return client.page(_PATH, filters=_days(first, last), per_page=1).total


def count_patients(client: ClinikoClient, first: str, last: str) -> int:
    """Return how many patients have ids from `first` to `last`, archived ones too: one call that brings one row."""
    return client.page("/patients", filters=(f"id:>={first}", f"id:<={last}", *ARCHIVED), per_page=1).total


def list_invoices(
    client: ClinikoClient, days: tuple[date, date], known: KnownRows, web_base: str, heed: Heed
) -> Iterator[ListedInvoices]:
    """Yield all invoices issued on those days, page by page; those that say something new come with all their lines."""
    for page in client.pages(_PATH, filters=_days(*days), sort="created_at:asc"):
        yield _listed(client, page, known, web_base, heed)


def _listed(client: ClinikoClient, page: Page, known: KnownRows, web_base: str, heed: Heed) -> ListedInvoices:
    rows = [wire.decode(raw, wire.InvoiceRow) for raw in page.rows]
    mapped = (guarded(row, lambda one: invoice_of(one, web_base), heed) for row in rows)
    found: list[Invoice] = [invoice for invoice in mapped if invoice is not None]
    kept = known.revisions("invoice", [invoice.id for invoice in found])
    news = [invoice for invoice in found if kept.get(invoice.id) != invoice.revision]
    whole = tuple(invoice.id for invoice in news)
    lines = lines_of(client, whole, heed) if whole else []
    told = PracticePage(stream="invoices", rows=(*news, *lines), whole_invoices=whole, done=len(rows), total=page.total)
    return ListedInvoices(page=told, ids=tuple(invoice.id for invoice in found))


def _days(first: date, last: date) -> tuple[str, ...]:
    return f"issue_date:>={first.isoformat()}", f"issue_date:<={last.isoformat()}", *REMOVED
