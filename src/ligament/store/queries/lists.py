"""Lists in pages: each begins after the last row of the page before, so that rows added meanwhile move nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, or_, select

from ligament.core.links import DocumentLink
from ligament.core.records import Invoice
from ligament.store.database.codec import decode, decoder
from ligament.store.database.connection import Database
from ligament.store.database.quick import quickly
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import document_links, holds, journal, practice_rows
from ligament.store.journal.audit import plain_entries
from ligament.store.journal.journal import Journal

_PARTIES = ("patient", "payer")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries of the journal: between two moments, of a kind, about a record by its id or key."""

    since: datetime | None = None
    until: datetime | None = None
    kind: str = ""
    record: str = ""


HoldEntry = tuple[str, str, bytes]
"""One open hold as a list gives it: its id, since when it waits, and the hold as it is kept."""


@cache
def _open_holds(*, is_coded: bool, is_of_kind: bool, goes_on: bool) -> Select[Any]:
    """Return the question for open holds; to put it together costs more than to have it answered."""
    table, at, name = holds.c, bindparam("at", type_=Text), bindparam("name", type_=Text)
    statement = select(table.id, table.opened_at, table.body)
    statement = statement.where(table.clinic == bindparam("clinic"), table.closed_at.is_(None))
    if is_coded:
        statement = statement.where(table.code == bindparam("code"))
    if is_of_kind:
        statement = statement.where(table.kind == bindparam("kind"))
    if goes_on:
        statement = statement.where(or_(table.opened_at > at, and_(table.opened_at == at, table.id > name)))
    return statement.order_by(table.opened_at, table.id).limit(bindparam("most"))


def open_holds(
    database: Database, clinic: str, *, code: str, kind: str, after: tuple[str, str] | None, limit: int
) -> list[HoldEntry]:
    """Return open holds of a clinic that nobody has to open for it: there is nothing in them that is sealed."""
    at, name = after or ("", "")
    values = {"clinic": clinic, "code": code, "kind": kind, "at": at, "name": name, "most": limit + 1}
    statement = _open_holds(is_coded=bool(code), is_of_kind=bool(kind), goes_on=after is not None)
    with database.reading() as connection:
        return cast("list[HoldEntry]", quickly(connection, statement, values))


class Lists:
    """Pages of one clinic's lists; each takes where to go on and gives one row more than fits where there are more."""

    def __init__(self, book: Journal) -> None:
        self._book = book
        self._clinic = book.clinic

    def party_keys(self, *, after: str, limit: int, only: Collection[str] | None = None) -> list[str]:
        """Return the keys of patients and payers in their order, all of them or only some."""
        table = practice_rows.c
        statement = select(table.kind, table.id).where(table.clinic == self._clinic, table.kind.in_(_PARTIES))
        if only is not None:
            statement = statement.where(table.id.in_([key.partition(":")[2] for key in only]))
        if after:
            kind, _, name = after.partition(":")
            statement = statement.where(or_(table.kind > kind, and_(table.kind == kind, table.id > name)))
        rows = self._book.database.rows(statement.order_by(table.kind, table.id).limit(limit + 1))
        return [f"{row.kind}:{row.id}" for row in rows]

    def invoices(
        self, *, after: str, limit: int, numbers: Collection[str] = (), patients: Collection[str] = ()
    ) -> list[Invoice]:
        """Return invoices and credit notes by id, without their lines; with numbers or patients only theirs."""
        table = practice_rows.c
        statement = select(table.body).where(table.clinic == self._clinic, table.kind == "invoice", table.id > after)
        if numbers or patients:
            fits: list[ColumnElement[bool]] = [table.number.in_(numbers), table.id.in_(numbers)]
            statement = statement.where(or_(*fits, table.party_id.in_(patients)))
        read = decoder(Invoice)
        return [read(row.body) for row in self._book.database.rows(statement.order_by(table.id).limit(limit + 1))]

    def links_of(self, invoices: Collection[str]) -> Mapping[str, list[DocumentLink]]:
        wanted = [f"invoice:{name}" for name in invoices]
        table, found = document_links.c, dict[str, list[DocumentLink]]()
        statement = select(table.body).where(table.clinic == self._clinic, table.subject.in_(wanted))
        for row in self._book.database.rows(statement.order_by(table.subject, table.version)):
            link = decode(DocumentLink, row.body)
            found.setdefault(link.subject.id, []).append(link)
        return found

    def kinds(self) -> frozenset[str]:
        """Return the kinds of all entries that the database holds."""
        table = journal.c
        statement = select(table.kind).where(table.clinic == self._clinic).distinct()
        return frozenset(row.kind for row in self._book.database.rows(statement))

    def entries(self, wanted: EntryFilter, *, before: int, limit: int) -> list[dict[str, Any]]:
        """Return entries of the journal, newest first, before one by its number."""
        table = journal.c
        statement = select(journal).where(table.clinic == self._clinic)
        if before:
            statement = statement.where(table.sequence < before)
        if wanted.since is not None:
            statement = statement.where(table.at >= stamp(wanted.since))
        if wanted.until is not None:
            statement = statement.where(table.at < stamp(wanted.until))
        if wanted.kind:
            statement = statement.where(table.kind == wanted.kind)
        if wanted.record:
            keys = [wanted.record, *(f"{kind}:{wanted.record}" for kind in (*_PARTIES, "invoice", "visit", "location"))]
            statement = statement.where(table.subject.in_(keys))
        with self._book.database.reading() as connection:
            rows = connection.execute(statement.order_by(table.sequence.desc()).limit(limit + 1))
            return plain_entries(self._book, connection, list(rows))
