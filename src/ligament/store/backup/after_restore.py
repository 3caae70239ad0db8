"""A database that was put back from a backup: what outlives it, what it must forget, and what it must say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, insert, inspect, select, update

from ligament.core.notes import (
    BOOKS_PIN_NOTE,
    BOTH_READ_NOTE,
    CHART_READ_NOTE,
    ORGANISATION_NOTE,
    PRACTICE_NOTE,
    REFERENCE_READ_NOTE,
    RESTORED_NOTE,
    RULEBOOK_NOTE,
)
from ligament.store.database.bulk import upsert
from ligament.store.database.tables import (
    access_failures,
    api_tokens,
    approval_links,
    beats,
    cursors,
    journal,
    journal_heads,
    leases,
    notes,
    practice_rows,
    secrets,
    sessions,
    users,
    webhook_events,
    window_calls,
    window_numbers,
    window_slots,
)
from ligament.store.journal.audit import RESTORED
from ligament.store.journal.chain import Head
from ligament.store.journal.ends import Past
from ligament.store.journal.journal import Journal, Note
from ligament.store.writes import own_payments

UNSEEN = "restored"
"""Stands where the mark of the rulebook would: every record is planned again."""
_READ_AGAIN = (REFERENCE_READ_NOTE, CHART_READ_NOTE, BOTH_READ_NOTE)
_PINS = (PRACTICE_NOTE, ORGANISATION_NOTE, BOOKS_PIN_NOTE)
_OUTLIVES = (leases, beats, webhook_events, window_calls, window_slots, window_numbers)
_ACCESS = (users, api_tokens, access_failures)
"""Who was removed, and which token ended, since the backup: both stay so."""
_TOKENS = "/tokens"
_AUTHENTICATORS = "totp/"
_LINE = "line"
_STANDING = "standing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outliving:
    """What the present database knows that no backup may undo.

    `rows` are limits used, fences and hints by table; `tokens` are sign-ins that were renewed since; `erased` are the
    people whose data were erased since, by clinic; `pins` say whose practice and books a clinic was connected with.
    """

    rows: Mapping[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    tokens: tuple[dict[str, Any], ...] = ()
    erased: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pins: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlace:
    """One end of a journal: the number of its newest entry, and its hash."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """What is kept about a restore until it is caught up with; `replaced` is the newer end that was put aside."""

    made_at: str
    backup: RestorePlace | None = None
    replaced: RestorePlace | None = None
    erased: tuple[str, ...] = ()
    told: bool = False


def place_of(head: Head | None) -> RestorePlace | None:
    return RestorePlace(sequence=head.sequence, hash=head.hash) if head is not None else None


# --- before and while it is put back ----------------------------------------------------------------------------------


def has_beats(connection: Connection) -> bool:
    """Say whether these tables tell who is alive; the very first ones did not."""
    return inspect(connection).has_table(beats.name)


def outliving(connection: Connection, since: Mapping[str, Head]) -> Outliving:
    """Read what must outlive a restore; `since` are the ends of the journals in the backup."""
    there = set(inspect(connection).get_table_names())
    lasting = (*_OUTLIVES, *(table for table in _ACCESS if table.name in there))
    rows = {table.name: tuple(_plain(connection, table)) for table in lasting}
    tokens = tuple(row for row in _plain(connection, secrets) if _is_renewed(str(row["name"])))
    erased: dict[str, tuple[str, ...]] = {}
    statement = select(journal.c.clinic, journal.c.sequence, journal.c.subject).where(journal.c.kind == "erased")
    for row in connection.execute(statement.order_by(journal.c.sequence)):
        head = since.get(row.clinic)
        if head is None or row.sequence > head.sequence:
            erased[row.clinic] = (*erased.get(row.clinic, ()), row.subject)
    pins = tuple(row for row in _plain(connection, notes) if row["name"] in _PINS)
    return Outliving(rows=rows, tokens=tokens, erased=erased, pins=pins)


def _is_renewed(name: str) -> bool:
    """Say whether the newer one of two secrets counts: sign-ins, and what an authenticator was set up with."""
    return name.endswith(_TOKENS) or name.startswith(_AUTHENTICATORS)


def _plain(connection: Connection, table: Table) -> Iterable[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(select(table))]  # noqa: SLF001 - a row as a mapping


def mark(connection: Connection, restorations: Mapping[str, Restoration], kept: Outliving | None) -> None:
    """Mark a database that was just put back, in the transaction that did so, or before anybody else sees it."""
    if kept is not None:
        _carry(connection, kept)
        _carry_pins(connection, [row for row in kept.pins if row["clinic"] in restorations])
    _forget_standings(connection)
    connection.execute(delete(sessions))
    if inspect(connection).has_table(approval_links.name):
        # One that was used since the backup would work a second time.
        connection.execute(delete(approval_links))
    connection.execute(delete(cursors))
    # A list shows what is there, not what is gone: lines that were taken off an invoice since must not come back.
    connection.execute(delete(practice_rows).where(practice_rows.c.kind == _LINE))
    connection.execute(delete(notes).where(notes.c.name.in_(_READ_AGAIN)))
    for clinic, restoration in restorations.items():
        text = msgspec.json.encode(restoration).decode()
        upsert(connection, notes, [_note_row(clinic, RESTORED_NOTE, text), _note_row(clinic, RULEBOOK_NOTE, UNSEEN)])


def _note_row(clinic: str, name: str, value: str) -> dict[str, Any]:
    return {"clinic": clinic, "name": name, "value": value}


def _carry(connection: Connection, kept: Outliving) -> None:
    for table in _OUTLIVES:
        connection.execute(delete(table))
        rows = kept.rows.get(table.name, ())
        if rows:
            connection.execute(insert(table), list(rows))
    if kept.rows.get(users.name):
        _carry_access(connection, kept)
    # Nobody holds anything now, and whoever did before is recognised as late.
    connection.execute(update(leases).values(until="", fence=leases.c.fence + 1))
    present = {(row["clinic"], row["name"]): row for row in _plain(connection, secrets)}
    newer = [
        row
        for row in kept.tokens
        if (row["clinic"], row["name"]) not in present
        or present[row["clinic"], row["name"]]["kept_at"] < row["kept_at"]
    ]
    upsert(connection, secrets, newer)


def _carry_pins(connection: Connection, pins: Sequence[dict[str, Any]]) -> None:
    """A clinic that the backup knows before its connection stays that of the systems that it was connected with."""
    there = {(row["clinic"], row["name"]) for row in _plain(connection, notes)}
    upsert(connection, notes, [row for row in pins if (row["clinic"], row["name"]) not in there])


def _carry_access(connection: Connection, kept: Outliving) -> None:
    """Let who may come in be as it is now; a new machine without users takes those of the backup."""
    for table in _ACCESS:
        connection.execute(delete(table))
        rows = kept.rows.get(table.name, ())
        if rows:
            connection.execute(insert(table), list(rows))


def _forget_standings(connection: Connection) -> None:
    """Every clinic is due, and no process of before is alive."""
    gone = beats.c.name.startswith("executor/") | (beats.c.name == _STANDING)
    connection.execute(delete(beats).where(gone))


# --- afterwards, clinic by clinic -------------------------------------------------------------------------------------


def pending(connection: Connection, clinic: str) -> Restoration | None:
    """Return the restore that a clinic has not caught up with yet."""
    statement = select(notes.c.value).where(notes.c.clinic == clinic, notes.c.name == RESTORED_NOTE)
    text = connection.execute(statement).scalar_one_or_none()
    return msgspec.json.decode(text, type=Restoration) if text else None


def tell(book: Journal, restoration: Restoration) -> None:
    """Write into the journal that a backup was put back, and let the head file begin anew from there."""
    public = {
        "made_at": restoration.made_at,
        "backup": msgspec.to_builtins(restoration.backup),
        "replaced": msgspec.to_builtins(restoration.replaced),
    }
    done = Restoration(made_at=restoration.made_at, erased=restoration.erased, told=True)
    with book.writing(Past.RESTORE) as writing:
        writing.add(Note(kind=RESTORED, public=public))
        row = _note_row(book.clinic, RESTORED_NOTE, msgspec.json.encode(done).decode())
        upsert(writing.connection, notes, [row])
    follow(book)


def follow(book: Journal) -> None:
    """Let the head file follow a journal that a restore took back."""
    if book.head_file is None:
        return
    with book.database.reading() as connection:
        row = connection.execute(select(journal_heads).where(journal_heads.c.clinic == book.clinic)).one_or_none()
    if row is not None:
        book.head_file.begin_anew(Head(sequence=row.sequence, hash=row.hash, mac=row.mac))


def relinked(book: Journal, prefix: str) -> int:
    """Link our own money again that the books were last seen with; our numbers begin with `prefix`."""
    with book.writing() as writing:
        return own_payments.relink(writing, prefix)


def over(book: Journal) -> None:
    """Keep that a clinic has caught up with a restore."""
    with book.writing() as writing:
        gone = delete(notes).where(notes.c.clinic == book.clinic, notes.c.name == RESTORED_NOTE)
        writing.connection.execute(gone)
