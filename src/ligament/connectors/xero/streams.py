"""Listing reads: everything once, then what changed, with as few calls as the vendor's lists allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from ligament.connectors.xero import guarding, mapping, wire
from ligament.core.ledgers import BooksContact, BooksDocument, DocumentKind
from ligament.ports.books import BooksPage
from ligament.ports.errors import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from ligament.connectors.xero.client import Answer, Query, XeroClient
    from ligament.ports.books import KnownBooks

PAGE_SIZE = 1000
OVERLAP = timedelta(minutes=2)
"""How far a cursor goes back behind the server's time, because lists may lag behind writes (facts 3.3)."""
_WALKS = 3
_MOST_PAGES = 50_000
_CURSOR = "%Y-%m-%dT%H:%M:%S"

Row = BooksContact | BooksDocument
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One list: where it is, what of it is ours, and how a row of it is read."""

    name: str
    path: str
    id_field: str
    query: Query
    rows: Callable[[wire.Envelope, XeroClient], tuple[Row, ...]]


def _contacts(envelope: wire.Envelope, client: XeroClient) -> tuple[Row, ...]:
    return tuple(guarding.contact(row, client.heed) for row in envelope.contacts)


def _invoices(envelope: wire.Envelope, client: XeroClient) -> tuple[Row, ...]:
    # Bills are none of our business, whatever the filter let through.
    sales = (row for row in envelope.invoices if row.type == mapping.SALES_INVOICE)
    return tuple(guarding.document(row, DocumentKind.INVOICE, client.heed, client.base) for row in sales)


def _credit_notes(envelope: wire.Envelope, client: XeroClient) -> tuple[Row, ...]:
    sales = (row for row in envelope.credit_notes if row.type == mapping.SALES_CREDIT)
    return tuple(guarding.document(row, DocumentKind.CREDIT_NOTE, client.heed, client.base) for row in sales)


STREAMS: tuple[Stream, ...] = (
    Stream(
        name="contacts",
        path="Contacts",
        id_field="ContactID",
        query=(("includeArchived", "true"),),
        rows=_contacts,
    ),
    Stream(
        name="invoices",
        path="Invoices",
        id_field="InvoiceID",
        query=(("where", f'Type=="{mapping.SALES_INVOICE}"'), ("includeArchived", "true"), ("unitdp", "4")),
        rows=_invoices,
    ),
    Stream(
        name="credit_notes",
        path="CreditNotes",
        id_field="CreditNoteID",
        query=(("where", f'Type=="{mapping.SALES_CREDIT}"'), ("unitdp", "4")),
        rows=_credit_notes,
    ),
)


def read(
    client: XeroClient,
    cursors: Mapping[str, str],
    known: KnownBooks,
    now: datetime,
    page_size: int = PAGE_SIZE,
    wanted: tuple[Stream, ...] = STREAMS,
) -> Iterator[BooksPage]:
    """Yield the pages of the streams; one without a cursor is read in full. A quiet run is one call each."""
    for stream in wanted:
        walk = _Walk(client=client, stream=stream, known=known, now=now, page_size=page_size)
        cursor = cursors.get(stream.name, "")
        yield from walk.since(cursor) if cursor else walk.everything()


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One stream being read; `told` holds what was already handed on."""

    client: XeroClient
    stream: Stream
    known: KnownBooks
    now: datetime
    page_size: int
    start: datetime | None = None
    told: dict[str, datetime] = field(default_factory=dict)
    done: int = 0

    def everything(self) -> Iterator[BooksPage]:
        """Read all rows in the order of their ids, which never changes, so that none can be skipped (facts 3.3)."""
        page = 0
        while True:
            page += 1
            answer, rows = self._page(page, self.stream.id_field, "")
            is_last = _raw_count(self.stream, answer) < self.page_size
            new = self._new(rows, {})
            self._assert_goes_on(page, is_new=bool(new) or not rows, is_last=is_last)
            yield self._handed_on(new, len(rows), answer, is_last=is_last)
            if is_last:
                return

    def since(self, cursor: str) -> Iterator[BooksPage]:
        """Read what changed, newest first; rows that moved while paging make the walk start again, a few times."""
        for attempt in range(1, _WALKS + 1):
            moved = yield from self._walk_back(cursor, is_last_try=attempt == _WALKS)
            if not moved:
                return

    def _walk_back(self, cursor: str, *, is_last_try: bool) -> Generator[BooksPage, None, bool]:
        """Yield pages from the newest row back; the returned flag says that rows moved meanwhile."""
        seen: set[str] = set()
        expected: int | None = None
        self.done = 0
        page = 0
        while True:
            page += 1
            answer, rows = self._page(page, "UpdatedDateUTC DESC", cursor)
            count = _item_count(answer)
            ids = {row.id for row in rows}
            has_moved = bool(seen & ids) or (expected is not None and count != expected)
            if has_moved and not is_last_try:
                return True
            seen |= ids
            expected = count
            held = self.known.updated(self.stream.name, [row.id for row in rows]) if rows else {}
            new = self._new(rows, held)
            self._assert_goes_on(page, is_new=True, is_last=False)
            is_short = _raw_count(self.stream, answer) < self.page_size
            is_last = is_short or self._knows_the_rest(rows, held, count, cursor)
            yield self._handed_on(new, len(rows), answer, is_last=is_last)
            if is_last:
                return False

    def _assert_goes_on(self, page: int, *, is_new: bool, is_last: bool) -> None:
        """Stop at a list that gives the same full page again and again, or never ends."""
        if page > _MOST_PAGES or (page > 1 and not is_new and not is_last):
            raise Broken("Xero's list never ends: a page of it was read already.", f"{self.stream.name}, page {page}")

    def _knows_the_rest(self, rows: Sequence[Row], held: Mapping[str, datetime], count: int, cursor: str) -> bool:
        """Say whether this page and, by count, all older ones are already held as they are."""
        is_old = all(held.get(row.id) == row.updated_at for row in rows)
        return is_old and count == self.known.count_since(self.stream.name, parse_cursor(cursor))

    def _page(self, page: int, order: str, since: str) -> tuple[Answer, tuple[Row, ...]]:
        query = (
            *self.stream.query,
            ("order", order),
            ("page", str(page)),
            ("pageSize", str(self.page_size)),
        )
        answer = self.client.read(self.stream.path, query, since and parse_cursor(since).strftime(_CURSOR))
        if answer is None:
            raise Broken("Xero does not know one of its own lists.", f"404 on {self.stream.path}")
        if self.start is None:
            self.start = min(answer.server_time or self.now, self.now)
        return answer, self.stream.rows(answer.envelope, self.client)

    def _new(self, rows: Sequence[Row], held: Mapping[str, datetime]) -> list[Row]:
        """Return the rows that are unknown or changed, and were not handed on before."""
        fresh = [row for row in rows if row.updated_at not in (held.get(row.id), self.told.get(row.id))]
        self.told |= {row.id: row.updated_at for row in fresh}
        return fresh

    def _handed_on(self, rows: Sequence[Row], read: int, answer: Answer, *, is_last: bool) -> BooksPage:
        self.done += read
        start = self.start or self.now
        return BooksPage(
            stream=self.stream.name,
            contacts=tuple(row for row in rows if isinstance(row, BooksContact)),
            documents=tuple(row for row in rows if isinstance(row, BooksDocument)),
            cursors={self.stream.name: (start - OVERLAP).strftime(_CURSOR)} if is_last else {},
            done=self.done,
            total=max(_item_count(answer), self.done),
        )


def parse_cursor(cursor: str) -> datetime:
    """Return the instant of a cursor; raises Broken for a text that is none."""
    try:
        return datetime.strptime(cursor, _CURSOR).replace(tzinfo=UTC)
    except ValueError:
        raise Broken("A kept reading position cannot be understood.", "cursor") from None


def understood(mapped: Callable[[], T]) -> T:
    """Return what the mapping returns; raises Broken when a value in the answer makes no sense."""
    try:
        return mapped()
    except wire.Unreadable as trouble:
        raise Broken("Xero's answer holds a value that makes no sense.", str(trouble)) from None


def _item_count(answer: Answer) -> int:
    pagination = answer.envelope.pagination
    return pagination.item_count if pagination else 0


def _raw_count(stream: Stream, answer: Answer) -> int:
    envelope = answer.envelope
    return len({"contacts": envelope.contacts, "invoices": envelope.invoices}.get(stream.name, envelope.credit_notes))
