"""Lists in pages, as other tools walk through them: holds, people, documents and the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Raw

from ligament.app.contacts.find import matches, party_state
from ligament.app.documents import Document, hold_document
from ligament.app.journal import JournalFilter
from ligament.app.names import record_key
from ligament.app.output import to_compact_json
from ligament.core.document_numbers import names_meant
from ligament.core.ledgers import BooksDocument
from ligament.core.links import DocumentLink
from ligament.core.money import two_places
from ligament.core.periods import iso_instant
from ligament.core.records import Invoice
from ligament.ports.memory import Selection
from ligament.store.database.codec import decode_hold, hold_text
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import to_seconds
from ligament.store.queries.directory import Directory
from ligament.store.queries.lists import EntryFilter, HoldEntry, Lists, open_holds
from ligament.store.queries.records import KeptHold
from ligament.wiring.clinic import Clinic


def holds(
    database: Database, clinic: str, *, code: str, kind: str, after: tuple[str, str] | None, limit: int
) -> list[HoldEntry]:
    """Return open holds of a clinic, oldest first; it need not be opened for that."""
    return open_holds(database, clinic, code=code, kind=kind, after=after, limit=limit)


def place_of(one: HoldEntry) -> tuple[str, str]:
    """Return where a hold stands in the order of its list."""
    name, stamped, _ = one
    return stamped, name


def hold_rows(entries: Sequence[HoldEntry]) -> list[Raw]:
    """Return open holds as `kept_hold_document` has them, written out already."""
    return [_hold_row(*entry) for entry in entries]


@lru_cache(maxsize=4_000)
def _hold_row(name: str, stamped: str, body: bytes) -> Raw:
    """Return one open hold; tools ask for the same ones again and again, and nothing else decides how it reads.

    One that is kept as it is shown is not read first.
    """
    since, held = to_seconds(stamped), hold_text(body)
    if held is not None:
        return Raw(to_compact_json(held.shown_as(name, since)))
    shown = {**hold_document(decode_hold(body), name), "waiting_since": since, "closed_at": None}
    return Raw(to_compact_json(shown))


def kept_hold_document(one: KeptHold) -> Document:
    """Return a hold with since when it waits."""
    shown = hold_document(one.hold, one.id)
    shown["waiting_since"] = iso_instant(one.opened_at)
    shown["closed_at"] = iso_instant(one.closed_at) if one.closed_at else None
    return shown


# --- people -----------------------------------------------------------------------------------------------------------


def contacts(clinic: Clinic, *, text: str, number: str, after: str, limit: int) -> list[Document]:
    """Return patients and payers with their contacts in the books, all of them or those that a text means."""
    only: set[str] | None = None
    for wanted in (text, number):
        if wanted.strip():
            found = set(matches(clinic, wanted.strip())[0])
            only = found if only is None else only & found
    keys = Lists(clinic.journal).party_keys(after=after, limit=limit, only=only)
    if only is not None:
        keys = [key for key in keys if key in only]
    facts = clinic.store.gather(Selection(parties=frozenset(keys)))
    rows = []
    for key in keys:
        party, link = facts.parties.get(key), facts.contact_links.get(key)
        kind, _, identifier = key.partition(":")
        rows.append(
            {
                "id": identifier,
                "kind": kind,
                "source_id": identifier,
                "name": party.full_name() if party is not None else "",
                "state": party_state(party),
                "contact_id": link.contact_id if link is not None else "",
                "contact_number": link.number if link is not None else "",
            }
        )
    return rows


# --- documents --------------------------------------------------------------------------------------------------------


def documents(clinic: Clinic, *, text: str, number: str, after: str, limit: int) -> list[Document]:
    """Return invoices and credit notes with their documents in the books, all or those that a text or number means."""
    prefix = clinic.settings.rulebook.invoices.prefix
    numbers = {name for wanted in (text, number) if wanted for name in names_meant(wanted, prefix)}
    keys = matches(clinic, text.strip())[0] if text.strip() else []
    patients = {key.partition(":")[2] for key in keys if key.startswith("patient:") and not _is_number(text)}
    lists = Lists(clinic.journal)
    found = lists.invoices(after=after, limit=limit, numbers=numbers, patients=patients)
    links = lists.links_of([invoice.id for invoice in found])
    return [document_row(invoice, links.get(invoice.id, ())) for invoice in found]


def _is_number(text: str) -> bool:
    return text.rpartition("-")[2].isdigit()


def document_row(invoice: Invoice, links: Sequence[DocumentLink]) -> Document:
    """Return one invoice with what stands in the books for it."""
    return {
        "id": invoice.id,
        "source_id": invoice.id,
        "number": invoice.number,
        "issued_on": invoice.issued_on.isoformat(),
        "total": two_places(invoice.total),
        "tax": two_places(invoice.tax),
        "status": invoice.state(),
        "patient_id": invoice.party_id,
        "links": [
            {"books_id": link.books_id, "number": link.number, "kind": link.kind.value, "role": link.role.value,
             "origin": link.origin.value, "voided_by_us": link.voided_by_us}
            for link in links
        ],
    }  # fmt: skip


def document(clinic: Clinic, source_id: str) -> Document | None:
    """Return one invoice with both sides, what became of it, its holds and history; nothing when there is none."""
    facts = clinic.store.gather(Selection(invoices=frozenset({source_id})))
    invoice = facts.invoices.get(source_id)  # type: ignore[call-overload]
    if invoice is None:
        return None
    key = f"invoice:{source_id}"
    links = clinic.queries.document_links(key)
    papers = [facts.documents[link.books_id] for link in links if link.books_id in facts.documents]
    ended = next(iter(Directory(clinic.journal).outcomes_of(key)), None)
    entries = clinic.queries.journal(subject=key, limit=20)
    return {
        **document_row(invoice, links),
        "practice": _practice_side(invoice),
        "books": [_books_side(paper) for paper in papers],
        "because": [step for link in links if link.sent is not None for step in link.sent.trail],
        "state": {"state": ended.state.value, "reason": ended.reason} if ended is not None else None,
        "holds": [hold_document(hold) for hold in clinic.store.open_holds() if hold.subject.key == key],
        "history": [entry for entry in entries if entry["kind"] != "intent"],
    }  # fmt: skip


def _practice_side(invoice: Invoice) -> dict[str, object]:
    return {
        "number": invoice.number,
        "issued_on": invoice.issued_on.isoformat(),
        "status": invoice.state(),
        "total": two_places(invoice.total),
        "tax": two_places(invoice.tax),
        "url": invoice.web_url,
        "lines": [
            {"text": line.name, "code": line.code, "quantity": line.quantity, "total": two_places(line.total),
             "tax": line.tax_name}
            for line in invoice.lines
        ],
    }  # fmt: skip


def _books_side(paper: BooksDocument) -> dict[str, object]:
    return {
        "id": paper.id,
        "number": paper.number,
        "kind": paper.kind.value,
        "status": paper.status.value,
        "issued_on": paper.on.isoformat(),
        "total": two_places(paper.total),
        "tax": two_places(paper.tax),
        "open": two_places(paper.open_amount),
        "url": paper.url,
        "lines": [
            {"text": line.text, "quantity": line.quantity, "total": two_places(line.amount),
             "account": line.account, "tax": line.tax_type}
            for line in paper.lines
        ],
    }  # fmt: skip


# --- the journal ------------------------------------------------------------------------------------------------------


def entries(clinic: Clinic, wanted: JournalFilter, *, before: int, limit: int) -> list[Document]:
    """Return entries of the journal, newest first; days are days in the clinic's zone."""
    zone = ZoneInfo(clinic.settings.rulebook.clinic.time_zone)
    first, last = wanted.period.first, wanted.period.last
    chosen = EntryFilter(
        since=_begins(first, zone) if first else None,
        until=_begins(last + timedelta(days=1), zone) if last and last < date.max else None,
        kind=wanted.kind,
        record=record_key(clinic, wanted.record),
    )
    return Lists(clinic.journal).entries(chosen, before=before, limit=limit)


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
