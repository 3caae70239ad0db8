"""Figures of several clinics at once: what waits, and where each journal ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from ligament.store.database.connection import Database
from ligament.store.database.tables import approvals, comparisons, holds, journal_heads, runs

_NOBODY_YET = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What waits for a person in one clinic, and the newest entry of its journal."""

    holds: int = 0
    approvals: int = 0
    journal_sequence: int = 0
    journal_hash: str = ""


def figures(database: Database, clinics: Collection[str]) -> Mapping[str, Figures]:
    """Return the figures of clinics by name, with three questions however many they are."""
    counted = select(holds.c.clinic, func.count()).where(holds.c.closed_at.is_(None)).group_by(holds.c.clinic)
    with database.reading() as connection:
        held: dict[str, int] = {row[0]: row[1] for row in connection.execute(counted)}
        asked = {
            row[0]: row[1]
            for row in connection.execute(
                select(approvals.c.clinic, func.count())
                .where(approvals.c.voices == _NOBODY_YET)
                .group_by(approvals.c.clinic)
            )
        }
        heads = {row.clinic: row for row in connection.execute(select(journal_heads))}
    return {
        name: Figures(
            holds=held.get(name, 0),
            approvals=asked.get(name, 0),
            journal_sequence=heads[name].sequence if name in heads else 0,
            journal_hash=heads[name].hash if name in heads else "",
        )
        for name in clinics
    }


def last_ends(database: Database) -> Mapping[str, str]:
    """Return when the newest run of each clinic ended that was not broken off."""
    newest = select(runs.c.clinic, func.max(runs.c.finished_at)).group_by(runs.c.clinic)
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(newest) if row[1]}


def newest_comparisons(database: Database) -> Mapping[str, tuple[str, bytes]]:
    """Return when the newest comparison of each clinic ended, and its document as JSON."""
    newest = select(comparisons.c.clinic, func.max(comparisons.c.id).label("id")).group_by(comparisons.c.clinic)
    last = newest.subquery()
    statement = select(comparisons.c.clinic, comparisons.c.finished_at, comparisons.c.body).join(
        last, (last.c.clinic == comparisons.c.clinic) & (last.c.id == comparisons.c.id)
    )
    with database.reading() as connection:
        return {row.clinic: (row.finished_at, row.body) for row in connection.execute(statement)}
