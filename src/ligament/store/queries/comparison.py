"""Comparison: both sides summed and joined by the database; only what may differ is handed out, record by record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, not_, or_, select
from sqlalchemy.sql.selectable import CTE

from ligament.core.comparisons import (
    NO_TAX,
    Pairing,
    TaxLabels,
    books_split,
    owed_on_document,
    paid_on_document,
    practice_split,
    used_on_document,
)
from ligament.core.intents import subject_from_key
from ligament.core.ledgers import BooksDocument
from ligament.core.money import ZERO
from ligament.core.plans import NoteKind
from ligament.core.records import InvoiceStatus, Visit
from ligament.core.strays import ListedContact
from ligament.core.variances import Cell, Split, Sums, month_of
from ligament.ports.comparison import LeftOut, Scope, SideBySide, Stray
from ligament.store.database.search_keys import moment
from ligament.store.database.tables import (
    books_amounts,
    books_contacts,
    books_documents,
    contact_links,
    contact_notes,
    document_links,
    holds,
    outcomes,
    practice_rows,
)
from ligament.store.queries.conditions import (
    GONE,
    OPEN,
    beside,
    documents_of,
    joined,
    money,
    owed_of,
    settled_of,
    signed,
    subject_of,
)
from ligament.store.queries.open_visits import uninvoiced_visits
from ligament.store.queries.pairings import Unlinked, doubles, load_pairings, load_visits, strays_of
from ligament.store.queries.side_by_side import counted, in_period, left_out, side_by_side, stray_row

_AT_ONCE = 500
_TELLING = ("held", "planned", "skipped")
_MONTH = 7
_DAY = 10


@dataclass(slots=True, kw_only=True)
class StoreComparison:
    """Implements `ports.comparison.Comparison` on a connection that sees one moment of one clinic."""

    connection: Connection
    clinic: str
    scope: Scope
    labels: TaxLabels
    _unlinked: Unlinked | None = None
    _visits: list[Pairing] | None = field(default=None)

    # --- sums ---------------------------------------------------------------------------------------------------------
    def sums(self) -> Sums:
        """Return what both sides come to: the kept rows by the database, what no link joins beside it."""
        found = Sums()
        self._practice_totals(found)
        self._books_totals(found)
        self._money(found)
        for pairing in self.beside():
            self._add_pairing(found, pairing)
        for stray in self.strays():
            self._add_stray(found, stray.document)
        return found

    def _practice_totals(self, found: Sums) -> None:
        p, lines = practice_rows.alias("p"), practice_rows.alias("lines")
        month = func.substr(p.c.day, 1, _MONTH)
        counted = and_(*in_period(p, self.clinic, self.scope), not_(p.c.removed))
        whole = select(month, func.sum(p.c.cents)).where(counted).group_by(month)
        left = {row[0]: int(row[1]) for row in self.connection.execute(whole)}
        cut = p.join(lines, and_(lines.c.clinic == p.c.clinic, lines.c.kind == "line", lines.c.parent_id == p.c.id))
        by_tax = select(month, lines.c.status, func.sum(lines.c.cents)).select_from(cut)
        statement = by_tax.where(counted, not_(lines.c.removed)).group_by(month, lines.c.status)
        for at, name, total in self.connection.execute(statement):
            _add(found.source, (at, self.labels.of_practice(name)), money(total))
            left[at] -= int(total)
        for at, rest in left.items():
            _add(found.source, (at, NO_TAX), money(rest))

    def _books_totals(self, found: Sums) -> None:
        p, links, papers = practice_rows.alias("p"), document_links, books_documents
        month = func.substr(papers.c.day, 1, _MONTH)
        cut = joined(p).join(
            books_amounts,
            and_(books_amounts.c.clinic == papers.c.clinic, books_amounts.c.document_id == papers.c.id),
        )
        total = func.sum(signed(books_amounts.c.cents))
        statement = select(month, books_amounts.c.tax_type, total).select_from(cut)
        statement = statement.where(
            *in_period(p, self.clinic, self.scope), papers.c.status.not_in(GONE), links.c.clinic == self.clinic
        )
        for at, tax_type, cents in self.connection.execute(statement.group_by(month, books_amounts.c.tax_type)):
            _add(found.books, (at, self.labels.of_books(tax_type)), money(cents))

    def _money(self, found: Sums) -> None:
        p, docs = practice_rows.alias("p"), documents_of(self.clinic)
        month = func.substr(p.c.day, 1, _MONTH)
        in_period = p.c.day.between(self.scope.first.isoformat(), self.scope.last.isoformat())
        columns = (
            func.sum(case((in_period, settled_of(p, docs)), else_=0)),
            func.sum(case((in_period, func.coalesce(docs.c.paid, 0)), else_=0)),
            func.sum(owed_of(p)),
            func.sum(func.coalesce(docs.c.open, 0)),
        )
        statement = select(month, *columns).select_from(beside(p, docs)).where(*self._in_scope(p))
        for at, settled, paid, owed, due in self.connection.execute(statement.group_by(month)):
            for sums, cents in (
                (found.source_settled, settled),
                (found.books_settled, paid),
                (found.source_owed, owed),
                (found.books_owed, due),
            ):
                sums[at] = money(cents)

    def _add_pairing(self, found: Sums, pairing: Pairing) -> None:
        """Add a visit whole, and of an invoice what only its number or reference joins to it."""
        month, is_visit = month_of(pairing.invoice.issued_on), pairing.subject.kind.value == "visit"
        in_period = self._holds(pairing.invoice.issued_on)
        posted = [held for held in pairing.posted if is_visit or held.link is None]
        used = sum((used_on_document(held.document) for held in posted if held.is_live), ZERO)
        is_paid = pairing.counts and pairing.invoice.status is InvoiceStatus.PAID
        if in_period:
            if is_visit and pairing.counts:
                _add_all(found.source, practice_split(pairing.invoice, self.labels))
            for held in posted:
                _add_all(found.books, books_split(held.document, self.labels))
                _plus(found.books_settled, month, paid_on_document(held.document))
            _plus(found.source_settled, month, pairing.settled if is_visit else -used if is_paid else ZERO)
        _plus(found.source_owed, month, pairing.owed if is_visit else ZERO)
        for held in posted:
            _plus(found.books_owed, month, owed_on_document(held.document))

    def _add_stray(self, found: Sums, document: BooksDocument) -> None:
        month = month_of(document.on)
        if self._holds(document.on):
            _add_all(found.books, books_split(document, self.labels))
            _plus(found.books_settled, month, paid_on_document(document))
        _plus(found.books_owed, month, owed_on_document(document))

    # --- what may differ ----------------------------------------------------------------------------------------------
    def differing(self) -> Iterator[Pairing]:
        """Yield every record that may differ, with all that belongs to it."""
        beside = {pairing.subject.id: pairing for pairing in self.beside()}
        waiting: list[str] = []
        for row in self.connection.execute(self._suspicious().execution_options(yield_per=_AT_ONCE)):
            if row.id not in beside:
                waiting.append(row.id)
            if len(waiting) == _AT_ONCE:
                yield from self._loaded(waiting)
                waiting = []
        yield from self._loaded(waiting)
        yield from beside.values()

    def _loaded(self, ids: list[str]) -> Iterator[Pairing]:
        yield from load_pairings(self.connection, self.clinic, ids, self.unlinked.of_subject, self.scope)

    def _suspicious(self) -> Select[Any]:
        p, docs = practice_rows.alias("p"), documents_of(self.clinic)
        patient, ended = practice_rows.alias("patient"), outcomes
        subject = subject_of(p)
        waits = select(holds.c.id).where(
            holds.c.clinic == self.clinic, holds.c.subject == subject, holds.c.closed_at.is_(None)
        )
        telling = select(ended.c.subject).where(
            ended.c.clinic == self.clinic, ended.c.subject == subject, ended.c.state.in_(_TELLING)
        )
        known = beside(p, docs).outerjoin(
            patient,
            and_(patient.c.clinic == p.c.clinic, patient.c.kind == "patient", patient.c.id == p.c.party_id),
        )
        value = case((p.c.removed, 0), else_=p.c.cents)
        tax = case((p.c.removed, 0), else_=p.c.tax_cents)
        differs = or_(
            value != func.coalesce(docs.c.cents, 0),
            tax != func.coalesce(docs.c.tax, 0),
            and_(docs.c.day.is_not(None), docs.c.day != p.c.day),
            docs.c.edited > 0,
            docs.c.others > 0,
            docs.c.credit > 0,
            settled_of(p, docs) != func.coalesce(docs.c.paid, 0),
            owed_of(p) != func.coalesce(docs.c.open, 0),
            and_(docs.c.live > 0, p.c.name_key != "", p.c.name_key != func.coalesce(patient.c.name_key, "")),
            self._paid_on_another_day(p, docs),
            waits.exists(),
            telling.exists(),
        )
        within = p.c.day.between(self.scope.first.isoformat(), self.scope.last.isoformat())
        still_open = and_(not_(p.c.removed), p.c.status.in_(OPEN))
        concerns = or_(within, still_open, func.coalesce(docs.c.open, 0) != 0, waits.exists())
        return select(p.c.id).select_from(known).where(*self._in_scope(p), concerns, differs)

    def _paid_on_another_day(self, p: Any, docs: CTE) -> ColumnElement[bool]:  # noqa: ANN401 - an alias
        """Say whether the payment may be dated otherwise than the practice closed the invoice, in the clinic's zone."""
        here, after = func.substr(p.c.closed_at, 1, _DAY), p.c.closed_next
        hour = func.substr(p.c.closed_at, 12, 2)
        same = [f"{hour:02}" for hour, ahead in self.scope.hours.items() if ahead == 0]
        ahead = [f"{hour:02}" for hour, ahead in self.scope.hours.items() if ahead == 1]
        day = case((hour.in_(same), here), (hour.in_(ahead), after), else_="")
        return and_(
            p.c.status == InvoiceStatus.PAID.value, p.c.closed_at != "", docs.c.paid_on != "", docs.c.paid_on != day
        )

    # --- what no link joins -------------------------------------------------------------------------------------------
    @property
    def unlinked(self) -> Unlinked:
        """Return the documents of ours that no link joins to a record, and the records they belong to all the same."""
        if self._unlinked is None:
            self._unlinked = strays_of(self.connection, self.clinic, self.scope)
        return self._unlinked

    def beside(self) -> list[Pairing]:
        """Return what the database alone does not sum: visits, and records that a number or reference joins."""
        if self._visits is None:
            self._visits = list(load_visits(self.connection, self.clinic, self.scope, self.unlinked.of_subject))
            ids = sorted(self.unlinked.invoices())
            self._visits += list(load_pairings(self.connection, self.clinic, ids, self.unlinked.of_subject, self.scope))
        return self._visits

    def strays(self) -> Iterator[Stray]:
        """Yield the documents of the books that bear our number or reference and belong to no record."""
        for document in self.unlinked.strays:
            if self._holds(document.on) or document.open_amount:
                yield Stray(document=document)

    def doubles(self) -> Iterator[Stray]:
        """Yield documents of others with contact, date and total of one of ours."""
        yield from doubles(self.connection, self.clinic, self.scope)

    def contacts(self) -> Iterator[ListedContact]:
        """Yield the contacts of which something is only listed."""
        links, people, told = contact_links, books_contacts, contact_notes
        linked = told.join(links, and_(links.c.clinic == told.c.clinic, links.c.party == told.c.subject)).outerjoin(
            people, and_(people.c.clinic == links.c.clinic, people.c.id == links.c.contact_id)
        )
        statement = select(told.c.subject, told.c.field, told.c.kind, people.c.id, people.c.number, people.c.updated_at)
        chosen = statement.select_from(linked).where(told.c.clinic == self.clinic)
        found = self.connection.execute(chosen.order_by(told.c.subject, told.c.field))
        for key, rows in groupby(found, key=lambda row: str(row.subject)):
            held = list(rows)
            yield ListedContact(
                party=subject_from_key(key),
                books_id=held[0].id or "",
                number=held[0].number or "",
                updated_at=moment(held[0].updated_at) if held[0].updated_at else None,
                notes=tuple((str(row.field), NoteKind(row.kind)) for row in held),
            )

    def uninvoiced(self, now: datetime) -> Iterator[tuple[Visit, date]]:
        """Yield attended visits of the period that are over and have no invoice and no charge, with the day."""
        if not self.scope.visits:
            yield from uninvoiced_visits(self.connection, self.clinic, self.scope, now)

    def pairings(self, ids: Collection[str]) -> Iterator[Pairing]:
        """Yield invoices by id with all that belongs to them, in portions."""
        ordered = sorted(ids)
        for start in range(0, len(ordered), _AT_ONCE):
            yield from self._loaded(ordered[start : start + _AT_ONCE])

    def rows(self) -> Iterator[SideBySide]:
        """Yield every record of the period as both sides have it."""
        yield from side_by_side(self.connection, self.clinic, self.scope)
        yield from (stray_row(stray.document) for stray in self.strays())

    # --- what else is told --------------------------------------------------------------------------------------------
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return how many records of each kind each side has in the period."""
        return counted(self.connection, self.clinic, self.scope)

    def left_out(self) -> Mapping[str, LeftOut]:
        """Return what was issued before the first day."""
        return left_out(self.connection, self.clinic, self.scope)

    # --- pieces of statements -----------------------------------------------------------------------------------------
    def _holds(self, day: date) -> bool:
        return self.scope.first <= day <= self.scope.last

    def _in_scope(self, p: Any) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - an alias
        return p.c.clinic == self.clinic, p.c.kind == "invoice", p.c.day >= self.scope.start_on.isoformat()


def _add(split: dict[Cell, Decimal], cell: Cell, amount: Decimal) -> None:
    if amount:
        split[cell] = split.get(cell, ZERO) + amount


def _add_all(split: dict[Cell, Decimal], more: Split) -> None:
    for cell, amount in more.items():
        _add(split, cell, amount)


def _plus(sums: dict[str, Decimal], month: str, amount: Decimal) -> None:
    if amount:
        sums[month] = sums.get(month, ZERO) + amount
