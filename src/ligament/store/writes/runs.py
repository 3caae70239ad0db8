"""Runs of the flow: when each began and ended, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from ligament.core.events import run_completed, run_failed, run_healed
from ligament.core.ids import RunId
from ligament.core.notes import LAST_TROUBLE_NOTE
from ligament.store.database.bulk import upsert
from ligament.store.database.codec import encode
from ligament.store.database.errors import StoreError
from ligament.store.database.search_keys import moment, stamp
from ligament.store.database.tables import notes, runs
from ligament.store.journal.journal import Journal, Note, Writing

QUIET = "quiet"
"""The kind of a run that is over and wrote nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run; `finished_at` is None while it goes on, or after it was cut off."""

    id: RunId
    kind: str
    started_at: datetime
    finished_at: datetime | None
    summary: Mapping[str, Any]


class Runs:
    """The runs of one clinic.

    A run that writes nothing leaves nothing in the journal: a clinic is looked at thousands of times a day. Of those
    runs the newest one is kept, as the last look.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._clinic = journal.clinic
        self._reserved: RunId | None = None

    def reserve(self, run_id: RunId) -> None:
        """Let the next run that begins have this id, which somebody was told already."""
        self._reserved = run_id

    def start(self, kind: str, mark: str) -> RunId:
        """Begin a run; its id sorts by time, and `mark` (a counter or random text) keeps two of one instant apart."""
        now = self._journal.now()
        run_id = self._reserved or RunId(f"{now.strftime('%Y%m%dT%H%M%S%f')}-{mark}")
        self._reserved = None
        row = {"clinic": self._clinic, "id": run_id, "kind": kind, "started_at": stamp(now), "summary": "{}"}
        with self._journal.writing() as writing:
            writing.connection.execute(insert(runs), [{**row, "finished_at": None}])
        self._journal.announce(run_id, Note(kind="run_started", public={"run": run_id, "kind": kind}, at=now))
        return run_id

    def finish(self, run_id: RunId, summary: Mapping[str, object]) -> None:
        """End a run with what it came to; the summary holds no personal values."""
        text = encode(summary).decode()
        where = (runs.c.clinic == self._clinic, runs.c.id == run_id)
        is_quiet = self._journal.withdraw(run_id)
        with self._journal.writing() as writing:
            ended = {"finished_at": stamp(self._journal.now()), "summary": text}
            self._tell(writing, run_id, summary, is_quiet=is_quiet)
            if is_quiet:
                former = delete(runs).where(runs.c.clinic == self._clinic, runs.c.kind == QUIET)
                writing.connection.execute(former)
                ended["kind"] = QUIET
            if writing.connection.execute(update(runs).where(*where).values(**ended)).rowcount != 1:
                raise StoreError("There is no such run to finish.", run_id)
            if not is_quiet:
                writing.add(Note(kind="run_finished", public={"run": run_id, "summary": msgspec.Raw(text.encode())}))

    def _tell(self, writing: Writing, run_id: RunId, summary: Mapping[str, object], *, is_quiet: bool) -> None:
        """Let other tools know how a run ended; a look by schedule that found nothing is no news.

        The same trouble in one look after the other is told once, and once that it is over.
        """
        kind, before = self._before(writing.connection, run_id)
        failed = str(summary.get("error") or "")
        if failed and (self._journal.is_asked_for or before != failed):
            writing.tell(run_failed(self._journal.told_as, run_id, kind, failed))
        if summary.get("stopped"):
            return
        if before != failed:
            row = {"clinic": self._clinic, "name": LAST_TROUBLE_NOTE, "value": failed}
            upsert(writing.connection, notes, [row])
        if failed:
            return
        recovered = summary.get("recovered")
        if before or recovered:
            writing.tell(
                run_healed(self._journal.told_as, run_id, kind, recovered if isinstance(recovered, int) else 0)
            )
        if not is_quiet or self._journal.is_asked_for:
            writing.tell(run_completed(self._journal.told_as, run_id, kind, summary))

    def _before(self, connection: Connection, run_id: RunId) -> tuple[str, str]:
        """Return the kind of a run, and what went wrong in the one that ended before it, or nothing."""
        kind = select(runs.c.kind).where(runs.c.clinic == self._clinic, runs.c.id == run_id)
        trouble = select(notes.c.value).where(notes.c.clinic == self._clinic, notes.c.name == LAST_TROUBLE_NOTE)
        return (
            connection.execute(kind).scalar_one_or_none() or "",
            connection.execute(trouble).scalar_one_or_none() or "",
        )

    def newest(self, limit: int = 20, before: str = "") -> tuple[Run, ...]:
        """Return the newest runs, newest first; with `before` those that began before that one."""
        chosen = select(runs).where(runs.c.clinic == self._clinic)
        if before:
            chosen = chosen.where(runs.c.id < before)
        statement = chosen.order_by(runs.c.id.desc()).limit(limit)
        with self._journal.database.reading() as connection:
            return tuple(_run(row) for row in connection.execute(statement))

    def one(self, run_id: RunId) -> Run | None:
        statement = select(runs).where(runs.c.clinic == self._clinic, runs.c.id == run_id)
        with self._journal.database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        return _run(row) if row else None


def _run(row: Any) -> Run:  # noqa: ANN401 - a row of any columns
    return Run(
        id=RunId(row.id),
        kind=row.kind,
        started_at=moment(row.started_at),
        finished_at=moment(row.finished_at) if row.finished_at else None,
        summary=msgspec.json.decode(row.summary),
    )
