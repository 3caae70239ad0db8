"""One run of reading: the streams in their order, what is new on each page, and lines of changed invoices."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from ligament.connectors.cliniko import wire
from ligament.connectors.cliniko.guarding import guarded
from ligament.connectors.cliniko.mapping import (
    invoice_of,
    is_payer,
    line_of,
    linked,
    location_of,
    patient_of,
    payer_of,
    practitioner_of,
    settings_of,
)
from ligament.connectors.cliniko.streams import Stream, Walk
from ligament.connectors.cliniko.visits import ARCHIVED, CANCELLED, REMOVED, own_revision, visits_of
from ligament.core.oddities import Heed, unheeded
from ligament.core.records import Invoice, Line, Party, Visit
from ligament.ports.errors import Rejected, SignInAgain
from ligament.ports.practice import PracticePage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import msgspec

    from ligament.connectors.cliniko.client import ClinikoClient
    from ligament.connectors.cliniko.streams import Chunk
    from ligament.connectors.cliniko.visits import PriceBook
    from ligament.core.ids import SourceId
    from ligament.core.records import PracticeSettings
    from ligament.ports.practice import KnownRows, ReadingScope

CONTACTS = Stream(name="contacts", path="/contacts", lifted=REMOVED)
# Whoever was forgotten keeps a row that no list shows, so that kept rows cannot be counted against this list.
PATIENTS = Stream(name="patients", path="/patients", lifted=ARCHIVED)
INVOICES = Stream(name="invoices", path="/invoices", lifted=REMOVED, kind="invoice")
ITEMS = Stream(name="invoice_items", path="/invoice_items", lifted=REMOVED)
# Archiving may leave `updated_at` alone (facts 3.6), so removals are asked for by their own instant too.
ARCHIVINGS = Stream(name="invoices_archived", path="/invoices", lifted=REMOVED, since="archived_at")
ATTENDEES = Stream(name="attendees", path="/attendees", lifted=CANCELLED, kind="visit")
# Moving an appointment changes the booking only; its attendees are looked up then.
BOOKINGS = Stream(name="bookings", path="/bookings", lifted=CANCELLED)

R = TypeVar("R", bound=wire.Row)
T = TypeVar("T", Party, Invoice, Line, Visit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the clinic chose: custom fields to keep, by token, and how the practice's settings call our books."""

    custom_fields: frozenset[str] = frozenset()
    books: str = ""
    shard: str = ""


@dataclass(slots=True, kw_only=True)
class Reading:
    """The state of one run."""

    client: ClinikoClient
    prices: PriceBook
    choices: Choices
    scope: ReadingScope
    known: KnownRows
    heed: Heed = unheeded
    _found: PracticeSettings | None = None
    _has_charges: bool = False
    _positions: dict[str, str] = field(default_factory=dict)
    _newcomers: set[str] = field(default_factory=set)
    _with_lines: set[str] = field(default_factory=set)
    _visits_done: set[str] = field(default_factory=set)

    def pages(self) -> Iterator[PracticePage]:
        """Yield everything that this run has to read, in an order in which parents come before children."""
        is_brief = self._may_be_brief()
        if not is_brief:
            yield from self._settings()
        if self.scope.refresh_reference:
            self.prices.forget()
            yield from self._reference()
        if not is_brief:
            yield from self._payers()
        yield from self._patients()
        yield from self._invoices(INVOICES)
        yield from self._items()
        if not is_brief:
            yield from self._archivings()
        if self.scope.visits:
            yield from self._attendees()
            yield from self._bookings()
        if is_brief and self._has_charges:
            # Nothing is billed before it is known who pays, and whether the vendor's own link was switched on.
            yield from self._settings()
            yield from self._payers()
            yield from self._archivings()

    def _may_be_brief(self) -> bool:
        """Say whether the lists that rarely matter within a minute are left out: only where each was read before."""
        read_before = all(self.scope.cursors.get(stream.name) for stream in (CONTACTS, ARCHIVINGS))
        return self.scope.brief and read_before and not self.scope.refresh_reference

    def _settings(self) -> Iterator[PracticePage]:
        if self._found is None:
            self._found = read_settings(self.client, self.choices)
        yield PracticePage(stream="settings", rows=(self._found,), done=1, total=1)

    def _web_base(self) -> str:
        if self._found is None:
            self._found = read_settings(self.client, self.choices)
        return self._found.web_base

    # --- the walks -------------------------------------------------------------------------------------------------

    def _walk(self, stream: Stream) -> Walk:
        def count_kept() -> int:
            return self.known.count_since(stream.kind, wire.instant(self.scope.cursors[stream.name], "cursor"))

        return Walk(
            client=self.client,
            stream=stream,
            kept=self.scope.cursors,
            now=self.scope.now,
            count_kept=count_kept if stream.kind else None,
        )

    def _page(self, walk: Walk, chunk: Chunk, rows: Sequence[Party | Invoice | Line | Visit]) -> PracticePage:
        walk.nothing_new = not rows
        return PracticePage(stream=walk.stream.name, rows=tuple(rows), done=chunk.done, total=chunk.total)

    def _end(self, walk: Walk) -> PracticePage:
        reached = walk.cursors()
        self._positions[walk.stream.name] = reached.get(walk.stream.name, "")
        return PracticePage(stream=walk.stream.name, cursors=reached, done=walk.done, total=walk.done)

    def _news(self, walk: Walk, kind: str, records: Iterable[T | None]) -> list[T]:
        """Return the records that differ from what is kept; in a full reading all of them."""
        found = [record for record in records if record is not None]
        if not walk.cursor:
            return found
        kept = self.known.revisions(kind, [record.id for record in found])
        return [record for record in found if kept.get(record.id) != record.revision]

    # --- people ----------------------------------------------------------------------------------------------------

    def _payers(self) -> Iterator[PracticePage]:
        walk = self._walk(CONTACTS)
        for chunk in walk.chunks():
            rows = (wire.decode(raw, wire.ContactRow) for raw in chunk.rows)
            news = self._news(walk, "payer", [guarded(row, payer_of, self.heed) for row in rows if is_payer(row)])
            yield self._page(walk, chunk, news)
        yield self._end(walk)

    def _patients(self) -> Iterator[PracticePage]:
        walk = self._walk(PATIENTS)
        for chunk in walk.chunks():
            rows = [wire.decode(raw, wire.PatientRow) for raw in chunk.rows]
            if self.scope.visits:
                self.prices.learn_patients(rows)
            listed = [one for row in rows if (one := guarded(row, self._patient, self.heed)) is not None]
            news = self._news(walk, "patient", listed)
            named = [replace(party, concession=self.prices.concession_name(party.concession)) for party in news]
            told = {party.id for party in news}
            page = self._page(walk, chunk, named)
            yield replace(page, unchanged=tuple(one.id for one in listed if one.id not in told))
        yield self._end(walk)

    def _patient(self, row: wire.PatientRow) -> Party | None:
        return patient_of(row, self.choices.custom_fields)

    # --- invoices --------------------------------------------------------------------------------------------------

    def _invoices(self, stream: Stream) -> Iterator[PracticePage]:
        walk = self._walk(stream)
        for chunk in walk.chunks():
            rows = [wire.decode(raw, wire.InvoiceRow) for raw in chunk.rows]
            news = self._news(walk, "invoice", [guarded(row, invoice_of, self.heed) for row in rows])
            if news:
                # Where invoices are seen stands in the settings, which a brief reading asks for only now.
                self._has_charges = True
                news = [linked(invoice, self._web_base()) for invoice in news]
            yield self._with_whole_lines(walk, chunk, news)
        yield self._end(walk)

    def _with_whole_lines(self, walk: Walk, chunk: Chunk, news: list[Invoice]) -> PracticePage:
        """Return changed invoices on one page with all their lines, so that both are kept together or not at all."""
        page = self._page(walk, chunk, news)
        if not walk.cursor:
            return page
        kept = self.known.revisions("invoice", [invoice.id for invoice in news])
        self._newcomers.update(invoice.id for invoice in news if invoice.id not in kept)
        changed = [invoice.id for invoice in news if invoice.id in kept]
        return replace(page, rows=(*news, *self._lines(changed)), whole_invoices=tuple(changed))

    def _lines(self, invoice_ids: Sequence[SourceId]) -> list[Line]:
        self._with_lines.update(invoice_ids)
        return lines_of(self.client, invoice_ids, self.heed)

    def _items(self) -> Iterator[PracticePage]:
        walk = self._walk(ITEMS)
        for chunk in walk.chunks():
            rows = (wire.decode(raw, wire.ItemRow) for raw in chunk.rows)
            lines = self._news(walk, "line", [guarded(row, line_of, self.heed) for row in rows])
            page = self._page(walk, chunk, lines)
            self._has_charges = self._has_charges or bool(lines)
            parents = self._parents(lines, with_kept=bool(walk.cursor))
            replaced = self._replaced(lines) if walk.cursor else []
            whole = sorted({*replaced, *(invoice.id for invoice in parents)})
            yield replace(page, rows=(*parents, *lines, *self._lines(whole)), whole_invoices=tuple(whole))
        yield self._end(walk)

    def _parents(self, lines: Sequence[Line], *, with_kept: bool) -> list[Invoice]:
        """Return invoices of lines that are not kept, or say something else now than what is kept.

        Only a line may tell that an invoice changed (facts 3.6). One raised after the invoices were listed comes with
        its first lines: kept without it, they would stay when they are exchanged before the invoice is read.
        """
        candidates = sorted({line.invoice_id for line in lines} - self._newcomers - self._with_lines)
        kept = self.known.revisions("invoice", candidates)
        asked = [identifier for identifier in candidates if with_kept or identifier not in kept]
        raws = self.client.by_ids("/invoices", "id", asked, REMOVED) if asked else ()
        found = (guarded(wire.decode(raw, wire.InvoiceRow), invoice_of, self.heed) for raw in raws)
        moved = [invoice for invoice in found if invoice is not None and kept.get(invoice.id) != invoice.revision]
        return [linked(invoice, self._web_base()) for invoice in moved]

    def _replaced(self, lines: Sequence[Line]) -> list[SourceId]:
        """Return kept invoices that got lines we have never seen: the old ones may have been exchanged (facts 3.6)."""
        kept_lines = self.known.revisions("line", [line.id for line in lines])
        parents = {line.invoice_id for line in lines if line.id not in kept_lines}
        candidates = sorted(parents - self._newcomers - self._with_lines)
        kept = self.known.revisions("invoice", candidates)
        return [identifier for identifier in candidates if identifier in kept]

    def _archivings(self) -> Iterator[PracticePage]:
        if not self.scope.cursors.get(ARCHIVINGS.name):
            # Without a position the invoices were just read in full; from then on it is the invoices' own.
            yield self._first_position(ARCHIVINGS, INVOICES)
            return
        yield from self._invoices(ARCHIVINGS)

    def _first_position(self, stream: Stream, like: Stream) -> PracticePage:
        position = self._positions.get(like.name, "")
        return PracticePage(stream=stream.name, cursors={stream.name: position} if position else {})

    # --- visits ----------------------------------------------------------------------------------------------------

    def _attendees(self) -> Iterator[PracticePage]:
        walk = self._walk(ATTENDEES)
        for chunk in walk.chunks():
            rows = [wire.decode(raw, wire.AttendeeRow) for raw in chunk.rows]
            if walk.cursor:
                kept = self.known.revisions("visit", [wire.identifier(row.id) or "" for row in rows])
                rows = [
                    row
                    for row in rows
                    if kept.get(wire.identifier(row.id) or "", "").partition(".")[0] != own_revision(row)
                ]
            visits = visits_of(self.client, self.prices, rows, self.heed) if rows else []
            self._visits_done.update(visit.id for visit in visits)
            self._has_charges = self._has_charges or bool(visits)
            yield self._page(walk, chunk, visits)
        yield self._end(walk)

    def _bookings(self) -> Iterator[PracticePage]:
        if not self.scope.cursors.get(BOOKINGS.name):
            yield self._first_position(BOOKINGS, ATTENDEES)
            return
        walk = self._walk(BOOKINGS)
        for chunk in walk.chunks():
            if walk.is_as_before:
                yield self._page(walk, chunk, [])
                continue
            visits = [visit for visit in self._of_bookings(chunk.rows) if visit.id not in self._visits_done]
            news = self._news(walk, "visit", visits)
            self._has_charges = self._has_charges or bool(news)
            yield self._page(walk, chunk, news)
        yield self._end(walk)

    def _of_bookings(self, raws: Sequence[msgspec.Raw]) -> list[Visit]:
        ids = [wire.identifier(wire.decode(raw, wire.Row).id) or "" for raw in raws]
        found = self.client.by_ids("/attendees", "booking_id", ids, CANCELLED)
        return visits_of(self.client, self.prices, [wire.decode(raw, wire.AttendeeRow) for raw in found], self.heed)

    # --- places and people who treat -------------------------------------------------------------------------------

    def _reference(self) -> Iterator[PracticePage]:
        places = tuple(filter(None, map(location_of, self._all("/businesses", wire.BusinessRow, REMOVED))))
        yield PracticePage(stream="places", rows=places, done=len(places), total=len(places))
        try:
            users = self._all("/users", wire.UserRow)
        except (SignInAgain, Rejected):
            # A narrower role may not list users; practitioners then come without e-mail addresses.
            users = []
        emails = {wire.identifier(user.id) or "": wire.text(user.email).strip() for user in users}
        # The plain list holds active practitioners only (facts 3.5).
        active = self._all("/practitioners", wire.PractitionerRow)
        inactive = self._all("/practitioners/inactive", wire.PractitionerRow)
        people = tuple(filter(None, (practitioner_of(row, emails) for row in (*active, *inactive))))
        yield PracticePage(stream="practitioners", rows=people, done=len(people), total=len(people))

    def _all(self, path: str, row: type[R], filters: Sequence[str] = ()) -> list[R]:
        pages = self.client.pages(path, filters=filters, sort="created_at:asc")
        return [wire.decode(raw, row) for page in pages for raw in page.rows]


def lines_of(client: ClinikoClient, invoice_ids: Sequence[SourceId], heed: Heed = unheeded) -> list[Line]:
    """Return all lines of invoices, removed ones too."""
    raws = client.by_ids("/invoice_items", "invoice_id", invoice_ids, REMOVED)
    found = (guarded(wire.decode(raw, wire.ItemRow), line_of, heed) for raw in raws)
    return [line for line in found if line is not None]


def read_settings(client: ClinikoClient, choices: Choices) -> PracticeSettings:
    """Read the settings, or the public ones when the key may not see all (facts 2.2)."""
    try:
        row = client.one("/settings", wire.SettingsRow)
    except (SignInAgain, Rejected) as trouble:
        if "401" in trouble.detail:
            raise
        row = client.one("/settings/public", wire.SettingsRow)
    return settings_of(row, choices.shard, choices.books)
