"""Figures of several clinics at once: what waits, and where each journal ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, func, literal, select, union_all

from ligament.core.notes import COMPARISON_CUT_NOTE, LAST_TROUBLE_NOTE, PARKED_NOTE, UNDOS_CUT_NOTE
from ligament.store.database.connection import Database
from ligament.store.database.tables import approvals, beats, comparisons, holds, journal_heads, notes, runs

_NOBODY_YET = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What waits for a person in one clinic, the newest entry of its journal, and a value that processes share.

    `trouble` and `parked` say what the run that ended last, whoever began it, could not do: nothing for most. So do
    `undos_cut` and `comparison_cut` of what no run goes on with by itself.
    """

    holds: int = 0
    approvals: int = 0
    journal_sequence: int = 0
    journal_hash: str = ""
    beat: str = ""
    trouble: str = ""
    parked: str = ""
    undos_cut: str = ""
    comparison_cut: str = ""


_HELD, _ASKED, _HEAD, _BEAT = "held", "asked", "head", "beat"
_EVERYTHING = union_all(
    select(literal(_HELD).label("what"), holds.c.clinic, func.count().label("number"), literal("").label("word"))
    .where(holds.c.closed_at.is_(None))
    .group_by(holds.c.clinic),
    select(literal(_ASKED), approvals.c.clinic, func.count(), literal(""))
    .where(approvals.c.voices == _NOBODY_YET)
    .group_by(approvals.c.clinic),
    select(literal(_HEAD), journal_heads.c.clinic, journal_heads.c.sequence, journal_heads.c.hash),
    select(literal(_BEAT), beats.c.clinic, literal(0), beats.c.value).where(beats.c.name == bindparam("beat")),
    select(notes.c.name, notes.c.clinic, literal(0), notes.c.value).where(
        notes.c.name.in_((LAST_TROUBLE_NOTE, PARKED_NOTE, UNDOS_CUT_NOTE, COMPARISON_CUT_NOTE))
    ),
)


def figures(database: Database, clinics: Collection[str], *, beat: str = "") -> Mapping[str, Figures]:
    """Return the figures of clinics by name, with one question however many they are.

    `beat` is the name of a value that all processes share, which comes with them.
    """
    with database.reading() as connection:
        rows = {(row.what, row.clinic): row for row in connection.execute(_EVERYTHING, {"beat": beat})}

    def number(what: str, clinic: str) -> int:
        return rows[what, clinic].number if (what, clinic) in rows else 0

    def word(what: str, clinic: str) -> str:
        return rows[what, clinic].word if (what, clinic) in rows else ""

    return {
        name: Figures(
            holds=number(_HELD, name),
            approvals=number(_ASKED, name),
            journal_sequence=number(_HEAD, name),
            journal_hash=word(_HEAD, name),
            beat=word(_BEAT, name),
            trouble=word(LAST_TROUBLE_NOTE, name),
            parked=word(PARKED_NOTE, name),
            undos_cut=word(UNDOS_CUT_NOTE, name),
            comparison_cut=word(COMPARISON_CUT_NOTE, name),
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
