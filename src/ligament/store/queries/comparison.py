"""Comparison: both sides summed and joined by the database; only what may differ is handed out, record by record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from sqlalchemy import Connection, and_, func, not_, select

from ligament.core.comparisons import (
    NO_TAX,
    Pairing,
    TaxLabels,
    add_amount,
    books_split,
    owed_on_document,
    paid_on_document,
    practice_split,
    sign_of,
    used_on_document,
)
from ligament.core.intents import subject_from_key
from ligament.core.ledgers import BooksDocument
from ligament.core.money import ZERO
from ligament.core.periods import month_of
from ligament.core.plans import NoteKind
from ligament.core.records import InvoiceStatus, Visit
from ligament.core.strays import ListedContact, MergedContact
from ligament.core.variances import Cell, Split, Sums
from ligament.ports.comparison import LeftOut, Scope, SideBySide, Stray
from ligament.store.database.search_keys import moment
from ligament.store.database.tables import (
    books_contacts,
    contact_links,
    contact_notes,
    practice_rows,
)
from ligament.store.queries.conditions import (
    money,
)
from ligament.store.queries.merged_people import merged_people
from ligament.store.queries.one_pass import Passed, pass_over
from ligament.store.queries.open_visits import uninvoiced_visits
from ligament.store.queries.pairings import load_pairings, load_visits
from ligament.store.queries.side_by_side import in_period, left_out, paired_rows, people_of, side_by_side, stray_row
from ligament.store.queries.unlinked import Unlinked, unlinked_of

_AT_ONCE = 500
_MONTH = 7


@dataclass(slots=True, kw_only=True)
class StoreComparison:
    """Implements `ports.comparison.Comparison` on a connection that sees one moment of one clinic."""

    connection: Connection
    clinic: str
    scope: Scope
    labels: TaxLabels
    _passed: Passed | None = None
    _unlinked: Unlinked | None = None
    _visits: list[Pairing] | None = field(default=None)

    # --- sums ---------------------------------------------------------------------------------------------------------
    def sums(self) -> Sums:
        """Return what both sides come to: the kept rows by the database, what no link joins beside it."""
        found, passed = Sums(), self.passed
        self._practice_totals(found)
        for (at, tax_type), total in passed.books.items():
            add_amount(found.books, (at, self.labels.of_books(tax_type)), money(total))
        found.source_settled = _amounts(passed.settled)
        found.books_settled = _amounts(passed.paid)
        found.source_owed = _amounts(passed.owed)
        found.books_owed = _amounts(passed.due)
        for pairing in self.beside():
            self._add_pairing(found, pairing)
        for stray in self.strays():
            self._add_stray(found, stray.document)
        return found

    @property
    def passed(self) -> Passed:
        """Return what one look at every invoice told."""
        if self._passed is None:
            self._passed = pass_over(self.connection, self.clinic, self.scope)
        return self._passed

    def _practice_totals(self, found: Sums) -> None:
        """Cut what the practice issued by the taxes of its lines; what they lack of the invoices carries none."""
        p, lines = practice_rows.alias("p"), practice_rows.alias("lines")
        month = func.substr(p.c.day, 1, _MONTH)
        counted = and_(*in_period(p, self.clinic, self.scope), not_(p.c.removed))
        left = dict(self.passed.whole)
        cut = p.join(lines, and_(lines.c.clinic == p.c.clinic, lines.c.kind == "line", lines.c.parent_id == p.c.id))
        by_tax = select(month, lines.c.status, func.sum(lines.c.cents)).select_from(cut)
        statement = by_tax.where(counted, not_(lines.c.removed)).group_by(month, lines.c.status)
        if self.labels.of_practice(NO_TAX) == NO_TAX:
            # Lines without tax are most of them, and what the others leave is theirs.
            statement = statement.where(lines.c.status != NO_TAX)
        for at, name, total in self.connection.execute(statement):
            add_amount(found.source, (at, self.labels.of_practice(name)), money(total))
            left[at] -= int(total)
        for at, rest in left.items():
            add_amount(found.source, (at, NO_TAX), money(rest))

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
                add_amount(found.books_settled, month, paid_on_document(held.document))
            add_amount(found.source_settled, month, pairing.settled if is_visit else -used if is_paid else ZERO)
        add_amount(found.source_owed, month, pairing.owed if is_visit else ZERO)
        for held in posted:
            add_amount(found.books_owed, month, owed_on_document(held.document))

    def _add_stray(self, found: Sums, document: BooksDocument) -> None:
        month = month_of(document.on)
        if self._holds(document.on):
            _add_all(found.books, books_split(document, self.labels))
            add_amount(found.books_settled, month, paid_on_document(document))
        add_amount(found.books_owed, month, owed_on_document(document))

    # --- what may differ ----------------------------------------------------------------------------------------------
    def differing(self) -> Iterator[Pairing]:
        """Yield every record that may differ, with all that belongs to it."""
        beside = {pairing.subject.id: pairing for pairing in self.beside()}
        waiting = [key for key in self.passed.differing if key not in beside]
        for start in range(0, len(waiting), _AT_ONCE):
            yield from self._loaded(waiting[start : start + _AT_ONCE])
        yield from beside.values()

    def _loaded(self, ids: list[str]) -> Iterator[Pairing]:
        yield from load_pairings(self.connection, self.clinic, ids, self.unlinked.of_subject, self.scope)

    # --- what no link joins -------------------------------------------------------------------------------------------
    @property
    def unlinked(self) -> Unlinked:
        """Return the documents of ours that no link joins to a record, and the records they belong to all the same."""
        if self._unlinked is None:
            self._unlinked = unlinked_of(self.connection, self.clinic, self.scope, self.passed.linked)
        return self._unlinked

    def beside(self) -> list[Pairing]:
        """Return what the database alone does not sum: visits, and records that a number or reference joins."""
        if self._visits is None:
            self._visits = list(load_visits(self.connection, self.clinic, self.scope, self.unlinked.of_subject))
            ids = sorted(self.unlinked.invoices())
            self._visits += list(load_pairings(self.connection, self.clinic, ids, self.unlinked.of_subject, self.scope))
        return self._visits

    def strays(self) -> Iterator[Stray]:
        for document in self.unlinked.strays:
            if self._holds(document.on) or document.open_amount:
                yield Stray(document=document)

    def doubles(self) -> Iterator[Stray]:
        yield from self.unlinked.doubles

    def contacts(self) -> Iterator[ListedContact]:
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

    def merged(self) -> Iterator[MergedContact]:
        yield from merged_people(self.connection, self.clinic)

    def uninvoiced(self, now: datetime) -> Iterator[tuple[Visit, date]]:
        if not self.scope.visits:
            yield from uninvoiced_visits(self.connection, self.clinic, self.scope, now)

    def pairings(self, ids: Collection[str]) -> Iterator[Pairing]:
        """Yield invoices by id with all that belongs to them, in portions."""
        ordered = sorted(ids)
        for start in range(0, len(ordered), _AT_ONCE):
            yield from self._loaded(ordered[start : start + _AT_ONCE])

    def rows(self) -> Iterator[SideBySide]:
        yield from side_by_side(self.connection, self.clinic, self.scope)
        for pairing in self.beside():
            if self._holds(pairing.invoice.issued_on):
                yield from paired_rows(pairing)
        yield from (stray_row(stray.document) for stray in self.strays())

    # --- what else is told --------------------------------------------------------------------------------------------
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        told = self.passed.counts
        apart = [
            held.document
            for pairing in self.beside()
            if self._holds(pairing.invoice.issued_on)
            for held in pairing.live
            if pairing.subject.kind.value == "visit" or held.link is None
        ]
        apart += [stray.document for stray in self.strays() if self._holds(stray.document.on)]
        notes = [held for held in apart if sign_of(held) < 0]
        charges = sum(
            pairing.subject.kind.value == "visit" and pairing.counts and self._holds(pairing.invoice.issued_on)
            for pairing in self.beside()
        )
        people, contacts = people_of(self.connection, self.clinic)
        return {
            "source": {
                "contacts": people,
                "invoices": told["source_all"] - told["source_notes"] + charges,
                "credit_notes": told["source_notes"],
            },
            "books": {
                "contacts": contacts,
                "invoices": told["live"] - told["notes"] + len(apart) - len(notes),
                "credit_notes": told["notes"] + len(notes),
                "payments": told["payments"] + sum(paid_on_document(held) != 0 for held in apart),
                "allocations": told["allocations"] + sum(used_on_document(held) != 0 for held in notes),
            },
        }

    def left_out(self) -> Mapping[str, LeftOut]:
        return left_out(self.connection, self.clinic, self.scope)

    # --- pieces of statements -----------------------------------------------------------------------------------------
    def _holds(self, day: date) -> bool:
        return self.scope.first <= day <= self.scope.last


def _add_all(split: dict[Cell, Decimal], more: Split) -> None:
    for cell, amount in more.items():
        add_amount(split, cell, amount)


def _amounts(sums: Mapping[str, int]) -> dict[str, Decimal]:
    return {month: money(cents) for month, cents in sums.items()}
