"""Approvals: what waits for a yes, who gave one, and what of it was used; one row for each action, by its mark."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, delete, select

from ligament.core.events import Event
from ligament.store.database.bulk import upsert
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import moment, stamp
from ligament.store.database.tables import approvals
from ligament.store.journal.data_subjects import owners
from ligament.store.journal.journal import Journal, Note

APPROVE, REFUSE = "approve", "refuse"
UNDO = "undo"
"""The policy of what an undo asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One person's yes, and when it was given."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One action that waits: its mark, the plan that asked, what it would do, and who said yes so far."""

    mark: str
    action_key: str
    plan: str
    document: Mapping[str, Any]
    asked_at: datetime
    voices: tuple[Voice, ...] = ()


class Approvals:
    """What waits for approval in one clinic, in the order of its plan."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._clinic = journal.clinic

    def asked(self) -> tuple[Asked, ...]:
        """Return everything that waits or was approved and not used yet."""
        return asked_in(self._journal.database, self._clinic)

    def keep(
        self, plan: str, documents: Sequence[Mapping[str, Any]], news: Collection[Event] = (), *, undoing: bool = False
    ) -> None:
        """Replace what waits: a mark that was there keeps its voices and the moment it was asked; others are gone.

        Each document has `mark`, `action_key` and what is shown. What an undo asks and what runs ask stand beside each
        other: `undoing` replaces the former, else the latter is replaced.
        """
        now = self._journal.now()
        with self._journal.writing() as writing:
            kept = {row.mark: row for row in writing.connection.execute(self._rows())}
            writing.connection.execute(delete(approvals).where(approvals.c.clinic == self._clinic))
            beside = [row for row in kept.values() if (json.loads(row.document).get("policy") == UNDO) != undoing]
            rows = [row._asdict() for row in beside]
            for place, document in enumerate(documents):
                before = kept.get(document["mark"])
                rows.append(
                    {
                        "clinic": self._clinic,
                        "mark": document["mark"],
                        "place": place,
                        "action_key": document["action_key"],
                        "plan": plan,
                        "document": json.dumps(document, default=str),
                        "asked_at": before.asked_at if before is not None else stamp(now),
                        "voices": before.voices if before is not None else "[]",
                    }
                )
            upsert(writing.connection, approvals, rows)
            writing.tell(*news)

    def approve(self, marks: Collection[str], by: str) -> None:
        """Add somebody's yes to what waits, and journal it."""
        self._said(marks, by, APPROVE, "")

    def refuse(self, marks: Collection[str], by: str, reason: str) -> None:
        """Take away what was refused, and journal who said so and why."""
        self._said(marks, by, REFUSE, reason)

    def _said(self, marks: Collection[str], by: str, choice: str, reason: str) -> None:
        now = self._journal.now()
        with self._journal.writing() as writing:
            rows = [row for row in writing.connection.execute(self._rows()) if row.mark in marks]
            for row in rows:
                document = json.loads(row.document)
                public = {
                    "decision": choice,
                    "mark": row.mark,
                    "plan": row.plan,
                    "action": document.get("action", ""),
                    "number": document.get("number", ""),
                }
                subject = _subject(row.action_key)
                writing.add(
                    Note(
                        kind="approval",
                        subject=subject,
                        public=public,
                        personal={"reason": reason} if reason else None,
                        owner=owners(writing.connection, self._clinic, {subject}).get(subject, ""),
                        actor=by,
                        at=now,
                    )
                )
            if choice == REFUSE:
                gone = delete(approvals).where(approvals.c.clinic == self._clinic, approvals.c.mark.in_(list(marks)))
                writing.connection.execute(gone)
            else:
                upsert(writing.connection, approvals, [_with_voice(row, by, now) for row in rows])

    def _rows(self) -> Select[Any]:
        return select(approvals).where(approvals.c.clinic == self._clinic).order_by(approvals.c.place)


def asked_in(database: Database, clinic: str) -> tuple[Asked, ...]:
    """Return everything of a clinic that waits or was approved and not used yet, in the order of its plan."""
    rows = select(approvals).where(approvals.c.clinic == clinic).order_by(approvals.c.place)
    with database.reading() as connection:
        return tuple(_asked(row) for row in connection.execute(rows))


def given(asked: Iterable[Asked], now: datetime, *, expire_days: int, twice: Collection[str]) -> frozenset[str]:
    """Return the marks that may run: approved within `expire_days`, by two people where the kind is in `twice`."""
    found = set()
    for one in asked:
        people = {voice.by for voice in one.voices if now - voice.at < timedelta(days=expire_days)}
        needed = 2 if one.document.get("policy") in twice else 1
        if len(people) >= needed:
            found.add(one.mark)
    return frozenset(found)


def _with_voice(row: Row[Any], by: str, now: datetime) -> dict[str, Any]:
    voices = [voice for voice in json.loads(row.voices) if voice["by"] != by]
    voices.append({"by": by, "at": stamp(now)})
    return {**row._asdict(), "voices": json.dumps(voices)}


def _asked(row: Row[Any]) -> Asked:
    return Asked(
        mark=row.mark,
        action_key=row.action_key,
        plan=row.plan,
        document=json.loads(row.document),
        asked_at=moment(row.asked_at),
        voices=tuple(Voice(by=voice["by"], at=moment(voice["at"])) for voice in json.loads(row.voices)),
    )


def _subject(action_key: str) -> str:
    return action_key.split("|")[1] if "|" in action_key else ""
