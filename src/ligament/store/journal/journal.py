"""The journal: append-only, every entry bound to the one before, personal detail sealed for the person it is about."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from ligament.core.events import Event
from ligament.store.database.bulk import upsert
from ligament.store.database.codec import encode
from ligament.store.database.connection import Database
from ligament.store.database.errors import JournalBroken
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import journal, journal_heads
from ligament.store.journal.chain import ROOT, Entry, Head, sign
from ligament.store.journal.ends import End, Past, emptied, end_of
from ligament.store.journal.headfile import HeadFile
from ligament.store.journal.person_keys import NOBODY, SIGNING, Seals
from ligament.store.journal.texts import TEXTS, parted
from ligament.store.vault.vault import Vault

Public = Mapping[str, object]
_ITEM = b"item\0"
"""Stands before names of items in digests, so that none is equal to that of another text."""
SCHEDULE = "engine"
"""The source of what runs by itself."""
_INSERT = insert(journal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who acts and from where: a person or `ligament`, and the program with a hash of the host's name."""

    actor: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """An entry to be written: `personal` is sealed for `owner` (a party's key, or nobody's), `actor` if not ours."""

    kind: str
    subject: str = ""
    public: Public
    personal: Public | None = None
    owner: str = ""
    actor: str = ""
    at: datetime | None = None


class Journal:
    """The journal of one clinic."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        provenance: Provenance,
        now: Callable[[], datetime],
        head_file: HeadFile | None = None,
        told_as: str = "",
    ) -> None:
        """Take the database, the clinic's vault, who acts, the calendar and the file of the head.

        `told_as` is how other tools know the clinic.
        """
        self.database = database
        self.clinic = vault.clinic
        self.now = now
        self.seals = Seals(vault)
        self.head_file = head_file
        self._provenance = provenance
        self._announced: dict[str, Note] = {}
        self._is_begun = False
        self.told_as = told_as or self.clinic

    @property
    def is_asked_for(self) -> bool:
        """Whether a person or a tool asked for what happens now, and not the schedule."""
        return self._provenance.source != SCHEDULE

    @contextmanager
    def writing(self, past: Past = Past.NOTHING) -> Iterator[Writing]:
        """Give one transaction in which rows change and entries are added; all of it is kept, or nothing.

        Raises JournalBroken where the end is not the one that was signed, unless an entry is to tell of that break.
        """
        with self.database.writing(self.clinic) as connection:
            if not self._is_begun and past is Past.NOTHING:
                self._begin(connection)
            book = Writing(connection, self)
            yield book
            head = self._append(connection, book.notes, past)
            if book.events:
                _keep_events(connection, book)
        if head is None:
            return
        self._announced.clear()
        # The file follows the commit: a file that is behind is no alarm, a database that is behind is one.
        if self.head_file is not None:
            put = self.head_file.write if past is Past.NOTHING else self.head_file.begin_anew
            put(head)

    def _begin(self, connection: Connection) -> None:
        """Look once whether entries were taken away altogether."""
        trouble = emptied(connection, self.clinic)
        if trouble:
            raise JournalBroken(trouble)
        self._is_begun = True

    def end(self, connection: Connection, past: Past = Past.NOTHING) -> End:
        """Look at the end of the journal and at its signed heads, in the database and in their file."""
        key = self.seals.keys(connection, {SIGNING}).get(SIGNING)
        file = None if past is Past.RESTORE else self.head_file
        return end_of(connection, self.clinic, key, file, file_is_ours=self._is_beside_the_database())

    def _is_beside_the_database(self) -> bool:
        """Say whether nobody else keeps the file: a database of this home's own, not one that an address points to."""
        kept = self.database.file
        return kept is not None and self.head_file is not None and kept.parent == self.head_file.path.parent

    def announce(self, name: str, note: Note) -> None:
        """Add an entry in front of the next ones; where none follows, it is never written."""
        self._announced[name] = note

    def withdraw(self, name: str) -> bool:
        """Take an announcement back; says whether it was still to be written, so that nothing has followed it."""
        return self._announced.pop(name, None) is not None

    def _append(self, connection: Connection, notes: list[Note], past: Past) -> Head | None:
        if not notes:
            return None
        notes = [*self._announced.values(), *notes]
        end = self.end(connection, past)
        if end.trouble and past is not Past.BREAK:
            raise JournalBroken(end.trouble)
        owners = {note.owner or NOBODY for note in notes if note.personal}
        keys = self.seals.keys_or_new(connection, {*owners, SIGNING})
        # An accepted break goes on behind every entry that there ever was, so that none of its numbers is used twice.
        sequence, digest = end.furthest if past is Past.BREAK else end.sequence, end.digest
        if not sequence and self.head_file is not None:
            # Put there before the first entry is kept: from then on a file that is missing is an alarm.
            self.head_file.begin_anew(sign(keys[SIGNING], self.clinic, 0, ROOT))
        rows: list[dict[str, Any]] = []
        for note in notes:
            sequence += 1
            entry = self._entry(note, sequence, digest, keys)
            digest = entry.digest(keys[SIGNING])
            rows.append({**{name: getattr(entry, name) for name in Entry.__slots__}, "hash": digest})
        connection.execute(_INSERT, rows)
        head = sign(keys[SIGNING], self.clinic, sequence, digest)
        row = {"clinic": self.clinic, "sequence": head.sequence, "hash": head.hash, "mac": head.mac}
        upsert(connection, journal_heads, [row])
        return head

    def _entry(self, note: Note, sequence: int, previous: str, keys: Mapping[str, bytes]) -> Entry:
        owner = (note.owner or NOBODY) if note.personal else ""
        return Entry(
            clinic=self.clinic,
            sequence=sequence,
            at=stamp(note.at or self.now()),
            actor=note.actor or self._provenance.actor,
            source=self._provenance.source,
            kind=note.kind,
            subject=note.subject,
            public=encode(note.public).decode(),
            owner=owner,
            sealed=self.seals.seal(keys[owner], owner, note.personal) if note.personal else None,
            previous=previous,
        )


def _keep_events(connection: Connection, book: Writing) -> None:
    from ligament.store.shared.deliveries import keep_events  # noqa: PLC0415 - most that is written is told to nobody

    keep_events(connection, book.clinic, book.events, book.now)


class Writing:
    """One transaction: its connection, its clinic, its instant, and the entries to be added at its end."""

    def __init__(self, connection: Connection, book: Journal) -> None:
        self.connection = connection
        self.clinic = book.clinic
        self.told_as = book.told_as
        self.now = book.now()
        self.notes: list[Note] = []
        self.events: list[Event] = []
        self._book = book
        self._key: bytes | None = None

    def add(self, note: Note) -> None:
        """Add an entry, in order."""
        self.notes.append(note)

    def without_texts(self, note: Note) -> Note:
        """Return an entry whose texts are sealed with the rest of what is personal; in clear stands a keyed digest.

        The digest tells two texts apart and says nothing of them. Where nothing personal is kept, nor are the texts.
        """
        public, texts = parted(note.public)
        if not texts:
            return note
        public[TEXTS] = self.keyed_digest(encode(texts))
        personal = None if note.personal is None else {**note.personal, TEXTS: texts}
        return replace(note, public=public, personal=personal)

    def tell(self, *events: Event) -> None:
        """Let other tools know, in order: what is told is kept with everything else of this transaction, or not."""
        self.events.extend(events)

    def keyed_digest(self, data: bytes) -> str:
        """Return a fingerprint of exact bytes that tells nothing to those without the vault key."""
        if self._key is None:
            self._key = self._book.seals.keys_or_new(self.connection, {SIGNING})[SIGNING]
        return _digest(self._key, data)

    def seal(self, name: str) -> str:
        """Return the digest under which the erased name of an item is known again."""
        return self.keyed_digest(_named(name))


def sealed_names(book: Journal, names: Collection[str]) -> Mapping[str, str]:
    """Return names of items by their digests."""
    with book.database.reading() as connection:
        key = book.seals.keys(connection, {SIGNING}).get(SIGNING)
    return {} if key is None else {_digest(key, _named(name)): name for name in names}


def _named(item: str) -> bytes:
    return _ITEM + item.encode(errors="surrogatepass")


def _digest(key: bytes, data: bytes) -> str:
    return hmac.digest(key, data, "sha256").hex()
