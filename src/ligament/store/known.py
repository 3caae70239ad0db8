"""What readers are told about what is kept already, so that they stop early and ask only for what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Table, func, select

from ligament.store.engine import Database
from ligament.store.keys import moment, stamp
from ligament.store.rows import select_in
from ligament.store.tables import books_contacts, books_documents, practice_rows

_KIND_OF_STREAM = {"invoices": "invoice", "credit_notes": "credit_note"}


class KeptRows:
    """The kept practice rows of one clinic, as they are at each question."""

    def __init__(self, database: Database, clinic: str) -> None:
        """Take the database and the clinic."""
        self._database = database
        self._clinic = clinic

    def revisions(self, kind: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Return the revision kept for each known id of a kind."""
        rows = practice_rows.c
        statement = select(rows.id, rows.revision).where(rows.clinic == self._clinic, rows.kind == kind)
        with self._database.reading() as connection:
            return {row.id: row.revision for row in select_in(connection, statement, rows.id, ids)}

    def count_since(self, kind: str, since: datetime) -> int:
        """Return how many rows of a kind changed at or after the instant."""
        rows = practice_rows.c
        where = (rows.clinic == self._clinic, rows.kind == kind, rows.updated_at >= stamp(since))
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(practice_rows).where(*where)).scalar_one()


class KeptBooks:
    """The kept books rows of one clinic, as they are at each question."""

    def __init__(self, database: Database, clinic: str) -> None:
        """Take the database and the clinic."""
        self._database = database
        self._clinic = clinic

    def updated(self, stream: str, ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return the last known change of each known id of a stream."""
        table, where = self._stream(stream)
        statement = select(table.c.id, table.c.updated_at).where(*where)
        with self._database.reading() as connection:
            return {row.id: moment(row.updated_at) for row in select_in(connection, statement, table.c.id, ids)}

    def count_since(self, stream: str, since: datetime) -> int:
        """Return how many rows of a stream changed at or after the instant."""
        table, where = self._stream(stream)
        statement = select(func.count()).select_from(table).where(*where, table.c.updated_at >= stamp(since))
        with self._database.reading() as connection:
            return connection.execute(statement).scalar_one()

    def _stream(self, stream: str) -> tuple[Table, tuple[ColumnElement[bool], ...]]:
        if stream == "contacts":
            return books_contacts, (books_contacts.c.clinic == self._clinic,)
        kind = _KIND_OF_STREAM[stream]
        return books_documents, (books_documents.c.clinic == self._clinic, books_documents.c.kind == kind)
