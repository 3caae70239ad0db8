"""Journal archives: which entries left the database in a signed file, and where the chain goes on."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, select

from ligament.store.database.codec import encode
from ligament.store.database.tables import journal_archives


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """Entries `first` to `last` that are in `file`, a name in the folder of archives.

    `previous` is the hash of the entry before them, `hash` that of the last one, `since` and `until` the instants of
    the first and the last, `content` a hash of all lines of the file before its signature.
    """

    first: int
    last: int
    previous: str
    hash: str
    since: str
    until: str
    made_at: str
    file: str
    content: str
    mac: str = ""

    def signature(self, key: bytes, clinic: str) -> str:
        """Return what only we can sign it with; where the file lies is no part of it."""
        signed = ["archive", clinic, *(getattr(self, name) for name in _SIGNED)]
        return hmac.digest(key, encode(signed), "sha256").hex()

    def is_signed_with(self, key: bytes | None, clinic: str) -> bool:
        """Say whether the signature is ours."""
        return key is not None and hmac.compare_digest(self.mac, self.signature(key, clinic))

    @property
    def entries(self) -> int:
        """Return how many numbers of entries it covers."""
        return self.last - self.first + 1


_SIGNED = ("first", "last", "previous", "hash", "since", "until", "made_at", "content")
_NAMES = tuple(one.name for one in fields(Archived))


def archives_in(connection: Connection, clinic: str) -> tuple[Archived, ...]:
    """Return the archives of a clinic's journal, oldest first."""
    statement = select(journal_archives).where(journal_archives.c.clinic == clinic)
    return tuple(_archived(row) for row in connection.execute(statement.order_by(journal_archives.c.first)))


def newest_archive(connection: Connection, clinic: str) -> Archived | None:
    """Return the archive after which the entries in the database begin, or nothing."""
    statement = select(journal_archives).where(journal_archives.c.clinic == clinic)
    row = connection.execute(statement.order_by(journal_archives.c.first.desc()).limit(1)).one_or_none()
    return _archived(row) if row is not None else None


def archived_row(clinic: str, archive: Archived) -> dict[str, Any]:
    return {"clinic": clinic, **{name: getattr(archive, name) for name in _NAMES}}


def _archived(row: Any) -> Archived:  # noqa: ANN401 - a row of any columns
    return Archived(**{name: getattr(row, name) for name in _NAMES})
