"""Webhook events: hints that something changed, kept before they are answered, once a record, until acted upon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from ligament.store.database.bulk import select_in, upsert
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import moment, stamp
from ligament.store.database.tables import notes, webhook_events

WAITING, DONE, REFUSED = "waiting", "done", "refused"
_WAITS = select(
    webhook_events.c.clinic, webhook_events.c.kind, webhook_events.c.resource, webhook_events.c.event_at
).where(webhook_events.c.state == WAITING)
NOBODY = ""
"""Stands in the place of a clinic for hints about an organisation that no clinic is connected to."""
REFUSED_FOR = timedelta(days=30)
"""How long those are kept: long enough to see why nothing came of them."""
_NOBODYS = delete(webhook_events).where(webhook_events.c.clinic == NOBODY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One hint as it came: `clinic` is empty when its organisation is not ours, `at` is None when it does not say."""

    clinic: str
    kind: str
    resource: str
    tenant: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHint:
    """A hint that waits; `turn` grows each time the same record is named again."""

    kind: str
    resource: str
    turn: int
    at: datetime | None = None


class WebhookEvents:
    """The hints of an installation."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def keep(self, arrived: Iterable[Arrived]) -> None:
        """Keep hints in one transaction; a record that is named again waits again, as one row."""
        newest: dict[tuple[str, str, str], Arrived] = {}
        for hint in arrived:
            key = (hint.clinic, hint.kind, hint.resource)
            newest[key] = _later(newest.get(key), hint)
        if not newest:
            return
        with self._database.writing("hints") as connection:
            for row in select_in(connection, _WAITS, webhook_events.c.resource, {key[2] for key in newest}):
                # Deliveries come in any order: an older one must not let what waits look as if it were known.
                if (key := (row.clinic, row.kind, row.resource)) in newest:
                    hint = newest[key]
                    newest[key] = _later(replace(hint, at=_instant(row.event_at)), hint)
            highest = select(func.coalesce(func.max(webhook_events.c.turn), 0))
            turn = connection.execute(highest).scalar_one() + 1
            now = self._now()
            upsert(connection, webhook_events, [_row(hint, turn, stamp(now)) for hint in newest.values()])
            if any(clinic == NOBODY for clinic, _, _ in newest):
                connection.execute(_NOBODYS.where(webhook_events.c.received_at < stamp(now - REFUSED_FOR)))

    def waiting(self) -> Mapping[str, datetime]:
        """Return since when hints wait, for every clinic that has some."""
        oldest = func.min(webhook_events.c.received_at)
        statement = select(webhook_events.c.clinic, oldest.label("since")).where(webhook_events.c.state == WAITING)
        with self._database.reading() as connection:
            rows = connection.execute(statement.group_by(webhook_events.c.clinic))
            return {row.clinic: moment(row.since) for row in rows}

    def of(self, clinic: str, most: int = 400) -> tuple[KeptHint, ...]:
        """Return what waits for a clinic, oldest first."""
        table = webhook_events.c
        statement = select(webhook_events).where(table.clinic == clinic, table.state == WAITING)
        with self._database.reading() as connection:
            rows = connection.execute(statement.order_by(table.turn, table.kind, table.resource).limit(most))
            return tuple(
                KeptHint(kind=row.kind, resource=row.resource, turn=row.turn, at=_instant(row.event_at)) for row in rows
            )

    def done(self, clinic: str, hints: Iterable[KeptHint]) -> None:
        """Take hints as acted upon, unless their records were named again meanwhile."""
        table = webhook_events.c
        with self._database.writing("hints") as connection:
            for hint in hints:
                same = (table.clinic == clinic, table.kind == hint.kind, table.resource == hint.resource)
                statement = update(webhook_events).where(*same, table.turn == hint.turn)
                connection.execute(statement.values(state=DONE))

    def clinics_by_note(self, name: str) -> Mapping[str, str]:
        """Return what every clinic of the database keeps under the name of a note."""
        with self._database.reading() as connection:
            rows = connection.execute(select(notes.c.clinic, notes.c.value).where(notes.c.name == name))
            return {row.clinic: row.value for row in rows}

    def told(self, clinic: str) -> Mapping[str, tuple[int, str]]:
        """Return for each state how many records were named and when the newest hint arrived."""
        table = webhook_events.c
        statement = select(table.state, func.count().label("records"), func.max(table.received_at).label("newest"))
        with self._database.reading() as connection:
            rows = connection.execute(statement.where(table.clinic == clinic).group_by(table.state))
            return {row.state: (row.records, row.newest) for row in rows}


def _later(known: Arrived | None, hint: Arrived) -> Arrived:
    """Return the later of two hints about one record; one that does not say when counts as latest."""
    if known is None or hint.at is None:
        return hint
    return known if known.at is None or known.at > hint.at else hint


def _row(hint: Arrived, turn: int, now: str) -> dict[str, object]:
    return {
        "clinic": hint.clinic,
        "kind": hint.kind,
        "resource": hint.resource,
        "tenant": hint.tenant,
        "state": WAITING if hint.clinic != NOBODY else REFUSED,
        "turn": turn,
        "event_at": stamp(hint.at) if hint.at is not None else "",
        "received_at": now,
    }


def _instant(text: str) -> datetime | None:
    return moment(text) if text else None
