"""What readers are told about what is kept already, so that they stop early and ask only for what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, bindparam, func

from ligament.store.database.bulk import of_clinic, of_kind, select_in
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import moment, stamp
from ligament.store.database.tables import books_contacts, books_documents, practice_rows

_KIND_OF_STREAM = {"contacts": "", "invoices": "invoice", "credit_notes": "credit_note"}


def _count_since(chosen: Select[Any], table: Table) -> Select[Any]:
    """Return the select that counts the chosen rows which changed at or after `since`."""
    return chosen.where(table.c.updated_at >= bindparam("since")).with_only_columns(func.count())


_PRACTICE = of_kind(practice_rows.c.id, practice_rows.c.revision)
_PRACTICE_COUNT = _count_since(_PRACTICE, practice_rows)
_CONTACTS = of_clinic(books_contacts.c.id, books_contacts.c.updated_at)
_CONTACTS_COUNT = _count_since(_CONTACTS, books_contacts)
_DOCUMENTS = of_kind(books_documents.c.id, books_documents.c.updated_at)
_DOCUMENTS_COUNT = _count_since(_DOCUMENTS, books_documents)


class KeptRows:
    """The kept practice rows of one clinic, as they are at each question."""

    def __init__(self, database: Database, clinic: str) -> None:
        self._database = database
        self._clinic = clinic

    def revisions(self, kind: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Return the revision kept for each known id of a kind."""
        with self._database.reading() as connection:
            found = select_in(connection, _PRACTICE, practice_rows.c.id, ids, clinic=self._clinic, kind=kind)
            return {row.id: row.revision for row in found}

    def count_since(self, kind: str, since: datetime) -> int:
        """Return how many rows of a kind changed at or after the instant."""
        given = {"clinic": self._clinic, "kind": kind, "since": stamp(since)}
        with self._database.reading() as connection:
            return int(connection.execute(_PRACTICE_COUNT, given).scalar_one())


class KeptBooks:
    """The kept books rows of one clinic, as they are at each question."""

    def __init__(self, database: Database, clinic: str) -> None:
        self._database = database
        self._clinic = clinic

    def updated(self, stream: str, ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return the last known change of each known id of a stream."""
        kind = _KIND_OF_STREAM[stream]
        with self._database.reading() as connection:
            if not kind:
                found = select_in(connection, _CONTACTS, books_contacts.c.id, ids, clinic=self._clinic)
            else:
                found = select_in(connection, _DOCUMENTS, books_documents.c.id, ids, clinic=self._clinic, kind=kind)
            return {row.id: moment(row.updated_at) for row in found}

    def count_since(self, stream: str, since: datetime) -> int:
        """Return how many rows of a stream changed at or after the instant."""
        kind = _KIND_OF_STREAM[stream]
        given = {"clinic": self._clinic, "since": stamp(since)}
        with self._database.reading() as connection:
            if not kind:
                return int(connection.execute(_CONTACTS_COUNT, given).scalar_one())
            return int(connection.execute(_DOCUMENTS_COUNT, {**given, "kind": kind}).scalar_one())
