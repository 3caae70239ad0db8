"""Runs that somebody asked for: kept before they are answered, so that a power cut loses none of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from ligament.core.ids import RunId
from ligament.store.database.codec import encode
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import moment, stamp
from ligament.store.database.tables import asked_runs
from ligament.store.shared.liveness import has_died, holder_mark

QUEUED, RUNNING, ENDED, FAILED = "queued", "running", "done", "failed"
_LOCK = "asked_runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRun:
    """One run that somebody asked for; `wish` says of what, `summary` what it came to."""

    clinic: str
    id: RunId
    kind: str
    wish: Mapping[str, Any]
    state: str = QUEUED
    actor: str
    source: str
    asked_at: datetime
    began_at: datetime | None = None
    ended_at: datetime | None = None
    sentence: str = ""
    summary: Mapping[str, Any]

    @property
    def is_first_time(self) -> bool:
        """Say whether nobody began it before."""
        return self.began_at is None


class AskedRuns:
    """The runs that were asked for in one installation."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def ask(self, run: AskedRun) -> None:
        """Keep a run that is to be done."""
        row = {
            "clinic": run.clinic, "id": run.id, "kind": run.kind, "wish": encode(run.wish).decode(), "state": QUEUED,
            "actor": run.actor, "source": run.source, "holder": "", "asked_at": stamp(run.asked_at), "began_at": "",
            "ended_at": "", "sentence": "", "summary": "{}",
        }  # fmt: skip
        with self._database.writing(_LOCK) as connection:
            connection.execute(insert(asked_runs), [row])

    def one(self, clinic: str, run_id: str) -> AskedRun | None:
        statement = select(asked_runs).where(asked_runs.c.clinic == clinic, asked_runs.c.id == run_id)
        with self._database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        return _run(row) if row is not None else None

    def newest(self, clinic: str, limit: int, before: str = "") -> list[AskedRun]:
        """Return the runs asked for last, newest first."""
        statement = select(asked_runs).where(asked_runs.c.clinic == clinic)
        if before:
            statement = statement.where(asked_runs.c.id < before)
        with self._database.reading() as connection:
            return [_run(row) for row in connection.execute(statement.order_by(asked_runs.c.id.desc()).limit(limit))]

    def claim(self, clinics: Collection[str]) -> AskedRun | None:
        """Take the oldest run that waits, or that a dead process had begun; one at a time for each clinic."""
        table = asked_runs.c
        open_ = (
            select(asked_runs)
            .where(table.clinic.in_(list(clinics)), table.state.in_([QUEUED, RUNNING]))
            .order_by(table.id)
        )
        with self._database.reading() as connection:
            if connection.execute(open_.limit(1)).first() is None:
                return None
        with self._database.writing(_LOCK) as connection:
            rows = connection.execute(open_).all()
            busy = {row.clinic for row in rows if row.state == RUNNING and not has_died(row.holder)}
            row = next((row for row in rows if row.clinic not in busy), None)
            if row is None:
                return None
            taken = _run(row)
            begun = {"state": RUNNING, "holder": holder_mark(), "began_at": stamp(self._now())}
            mine = (table.clinic == row.clinic, table.id == row.id)
            connection.execute(update(asked_runs).where(*mine).values(**begun))
        return taken

    def put_back(self, run: AskedRun) -> None:
        """Let a run be taken again: it was stopped before its end."""
        self._change(run, {"state": QUEUED, "holder": ""})

    def end(self, run: AskedRun, summary: Mapping[str, object], sentence: str = "") -> None:
        """Keep what a run came to; with a sentence it failed."""
        ended = {
            "state": FAILED if sentence else ENDED, "ended_at": stamp(self._now()), "sentence": sentence,
            "summary": encode(summary).decode(), "holder": "",
        }  # fmt: skip
        self._change(run, ended)

    def _change(self, run: AskedRun, values: Mapping[str, object]) -> None:
        mine = (asked_runs.c.clinic == run.clinic, asked_runs.c.id == run.id)
        with self._database.writing(_LOCK) as connection:
            connection.execute(update(asked_runs).where(*mine).values(**values))


def _run(row: Any) -> AskedRun:  # noqa: ANN401 - a row of any columns
    return AskedRun(
        clinic=row.clinic,
        id=RunId(row.id),
        kind=row.kind,
        wish=msgspec.json.decode(row.wish or "{}"),
        state=row.state,
        actor=row.actor,
        source=row.source,
        asked_at=moment(row.asked_at),
        began_at=moment(row.began_at) if row.began_at else None,
        ended_at=moment(row.ended_at) if row.ended_at else None,
        sentence=row.sentence,
        summary=msgspec.json.decode(row.summary or "{}"),
    )
