"""Months: how many records of each side are kept under each month, and which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from ligament.core.ledgers import DocumentKind
from ligament.core.records import GONE
from ligament.ports.comparison import MonthHeld
from ligament.store.database.connection import Database
from ligament.store.database.tables import books_documents, practice_rows

_MONTH = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMonths:
    """Implements `ports.comparison.Months` for one clinic."""

    database: Database
    clinic: str

    def held(self, first: date, last: date) -> dict[str, MonthHeld]:
        """Return what is kept of every month between two days, and of later ones where anything is.

        What is certainly gone from the practice is not counted, because nobody there counts it either.
        """
        rows, papers = practice_rows, books_documents
        begins = first.replace(day=1).isoformat()
        month = func.substr(rows.c.day, 1, _MONTH)
        practice = select(month, func.count(), func.max(rows.c.updated_at), func.sum(rows.c.cents)).where(
            rows.c.clinic == self.clinic, rows.c.kind == "invoice", rows.c.day >= begins, rows.c.revision != GONE
        )
        dated = func.substr(papers.c.day, 1, _MONTH)
        books = select(
            dated, papers.c.kind, func.count(), func.max(papers.c.updated_at), func.sum(papers.c.cents)
        ).where(papers.c.clinic == self.clinic, papers.c.day >= begins)
        with self.database.reading() as connection:
            source = {row[0]: row for row in connection.execute(practice.group_by(month))}
            other = {(row[0], row[1]): row for row in connection.execute(books.group_by(dated, papers.c.kind))}
        names = {*_months(first, last), *source, *(name for name, _ in other)}
        found = {}
        for name in names:
            mine = source.get(name)
            invoices = other.get((name, DocumentKind.INVOICE.value))
            notes = other.get((name, DocumentKind.CREDIT_NOTE.value))
            told = [tuple(row)[-3:] if row is not None else () for row in (mine, invoices, notes)]
            found[name] = MonthHeld(
                practice=int(mine[1]) if mine is not None else 0,
                invoices=int(invoices[2]) if invoices is not None else 0,
                credit_notes=int(notes[2]) if notes is not None else 0,
                mark="/".join(str(value) for row in told for value in row),
            )
        return found

    def practice_ids(self, first: date, last: date) -> set[str]:
        """Return the ids of the invoices kept under those days, without what is certainly gone."""
        rows = practice_rows
        statement = select(rows.c.id).where(
            rows.c.clinic == self.clinic,
            rows.c.kind == "invoice",
            rows.c.day.between(first.isoformat(), last.isoformat()),
            rows.c.revision != GONE,
        )
        with self.database.reading() as connection:
            return set(connection.execute(statement).scalars())

    def books_ids(self, kind: str, first: date, last: date) -> set[str]:
        papers = books_documents
        statement = select(papers.c.id).where(
            papers.c.clinic == self.clinic,
            papers.c.kind == kind,
            papers.c.day.between(first.isoformat(), last.isoformat()),
        )
        with self.database.reading() as connection:
            return set(connection.execute(statement).scalars())


def _months(first: date, last: date) -> list[str]:
    found, day = [], first.replace(day=1)
    while day <= last:
        found.append(day.isoformat()[:_MONTH])
        day = (day + timedelta(days=31)).replace(day=1)
    return found
