"""Variances as they are kept: found, acknowledged, gone, each with its history; and the comparisons that found them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from ligament.core.events import (
    ComparedFigures,
    Event,
    FoundVariance,
    reconciliation_completed,
    variance_opened,
)
from ligament.core.variances import KeptVariance, Variance, VarianceKind, VarianceState, acknowledged, seen_again
from ligament.store.database.bulk import all_of_clinic, upsert
from ligament.store.database.codec import decode, decoder, encode
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import comparisons, variances
from ligament.store.journal.data_subjects import owners
from ligament.store.journal.journal import Journal, Note

_ALL = all_of_clinic(variances)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptComparison:
    """One comparison that was made: what it covered, and its document as JSON."""

    id: str
    started_at: datetime
    finished_at: datetime
    first: date
    last: date
    full: bool
    balanced: bool
    body: bytes


class Variances:
    """The variances and comparisons of one clinic."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._clinic = journal.clinic

    def kept(self, *, gone: bool = False) -> tuple[KeptVariance, ...]:
        """Return every variance that still stands, or those that are gone too; the first seen first."""
        read = decoder(KeptVariance)
        statement = _ALL.order_by(variances.c.first_seen_at, variances.c.id)
        if not gone:
            statement = statement.where(variances.c.state != VarianceState.GONE.value)
        with self._journal.database.reading() as connection:
            return tuple(read(row.body) for row in connection.execute(statement, {"clinic": self._clinic}))

    def with_newest(self) -> tuple[KeptComparison | None, tuple[KeptVariance, ...]]:
        """Return the newest comparison, if there is one, and every variance ever kept, both as of one moment."""
        read, values = decoder(KeptVariance), {"clinic": self._clinic}
        newest = all_of_clinic(comparisons).order_by(comparisons.c.id.desc()).limit(1)
        with self._journal.database.reading() as connection:
            row = connection.execute(newest, values).one_or_none()
            found = tuple(read(row.body) for row in connection.execute(_ALL, values))
        return (_comparison(row) if row is not None else None), found

    def one(self, variance_id: str) -> KeptVariance | None:
        where = (variances.c.clinic == self._clinic, variances.c.id == variance_id)
        with self._journal.database.reading() as connection:
            body = connection.execute(select(variances.c.body).where(*where)).scalar_one_or_none()
        return decode(KeptVariance, body) if body is not None else None

    def keep_found(
        self, found: Iterable[Variance], covers: Callable[[KeptVariance], bool], at: datetime
    ) -> dict[str, KeptVariance]:
        """Keep what a comparison found; what it covers and did not find is gone. Returns what was found, by id."""
        before = {held.variance.id: held for held in self.kept(gone=True)}
        now = {variance.id: seen_again(variance, before.get(variance.id), at) for variance in found}
        left = [
            replace(held, state=VarianceState.GONE, gone_at=at)
            for key, held in before.items()
            if key not in now and held.state is not VarianceState.GONE and covers(held)
        ]
        self._write((*now.values(), *left), before)
        return now

    def acknowledge(self, kept: KeptVariance, note: str, by: str) -> KeptVariance:
        """Keep what a person says about a variance; it counts no more while its amount stays."""
        known = acknowledged(kept, note, by, self._journal.now())
        self._write([known], {kept.variance.id: kept}, by=by)
        return known

    def heal(self, held: Iterable[KeptVariance], by: str) -> list[KeptVariance]:
        """Keep that somebody said to mend these, and return them as they stand."""
        before = {one.variance.id: one for one in held}
        healing = [replace(one, state=VarianceState.HEALING) for one in before.values()]
        self._write(healing, before, by=by)
        return healing

    def _write(self, held: Iterable[KeptVariance], before: Mapping[str, KeptVariance], by: str = "") -> None:
        """Write variances; the journal tells of those that changed their state."""
        rows = list(held)
        with self._journal.writing() as writing:
            upsert(writing.connection, variances, [_row(self._clinic, one) for one in rows])
            for one in rows:
                former = before.get(one.variance.id)
                if former is None or former.state is not one.state:
                    writing.tell(*_news(self._journal.told_as, one, former))
                    subject = one.variance.subject
                    writing.add(
                        Note(
                            kind="variance",
                            subject=one.variance.subject,
                            public={
                                "variance": one.variance.id,
                                "kind": one.variance.kind.value,
                                "number": one.variance.number,
                                "amount": str(one.variance.amount),
                                "before": former.state.value if former is not None else None,
                                "after": one.state.value,
                            },
                            personal={"note": one.note} if one.note else None,
                            owner=owners(writing.connection, self._clinic, {subject}).get(subject, ""),
                            actor=by,
                        )
                    )

    # --- comparisons --------------------------------------------------------------------------------------------------
    def keep_comparison(self, made: KeptComparison, totals: Mapping[str, object], *, needing: int = 0) -> None:
        """Keep a comparison that was made, and journal it; `needing` counts the differences that need a person."""
        row = {
            "clinic": self._clinic,
            "id": made.id,
            "started_at": stamp(made.started_at),
            "finished_at": stamp(made.finished_at),
            "first_day": made.first.isoformat(),
            "last_day": made.last.isoformat(),
            "full": made.full,
            "balanced": made.balanced,
            "body": made.body,
        }
        public = {
            "run": made.id,
            "from": made.first.isoformat(),
            "to": made.last.isoformat(),
            "full": made.full,
            "balanced": made.balanced,
            "totals": dict(totals),
        }
        with self._journal.writing() as writing:
            upsert(writing.connection, comparisons, [row])
            writing.add(Note(kind="comparison", public=public))
            sums = {name: Decimal(str(totals.get(name, 0))) for name in ("source", "books", "explained")}
            told = ComparedFigures(
                run_id=made.id,
                from_on=made.first,
                to_on=made.last,
                balanced=made.balanced,
                variances=needing,
                **sums,
            )
            writing.tell(reconciliation_completed(self._journal.told_as, told))

    def comparisons(self, limit: int = 50) -> tuple[KeptComparison, ...]:
        """Return the newest comparisons, newest first."""
        statement = all_of_clinic(comparisons).order_by(comparisons.c.id.desc()).limit(limit)
        with self._journal.database.reading() as connection:
            return tuple(_comparison(row) for row in connection.execute(statement, {"clinic": self._clinic}))

    def comparison(self, comparison_id: str) -> KeptComparison | None:
        where = (comparisons.c.clinic == self._clinic, comparisons.c.id == comparison_id)
        with self._journal.database.reading() as connection:
            row = connection.execute(select(comparisons).where(*where)).one_or_none()
        return _comparison(row) if row is not None else None


def _row(clinic: str, kept: KeptVariance) -> dict[str, Any]:
    variance = kept.variance
    return {
        "clinic": clinic,
        "id": variance.id,
        "subject": variance.subject,
        "kind": variance.kind.value,
        "state": kept.state.value,
        "needs": variance.needs.value,
        "number": variance.number,
        "first_seen_at": stamp(kept.first_seen_at),
        "last_seen_at": stamp(kept.last_seen_at),
        "body": encode(kept),
    }


def _comparison(row: Any) -> KeptComparison:  # noqa: ANN401 - a row of any columns
    return KeptComparison(
        id=row.id,
        started_at=datetime.fromisoformat(row.started_at),
        finished_at=datetime.fromisoformat(row.finished_at),
        first=date.fromisoformat(row.first_day),
        last=date.fromisoformat(row.last_day),
        full=row.full,
        balanced=row.balanced,
        body=row.body,
    )


def _news(clinic: str, one: KeptVariance, former: KeptVariance | None) -> list[Event]:
    """Tell other tools of a difference that is new, or there again; a question was told when its hold was opened."""
    if one.variance.hold or one.variance.kind is VarianceKind.HELD:
        return []
    was_there = former is not None and former.state is not VarianceState.GONE
    if one.state is not VarianceState.BACK and (was_there or one.state is VarianceState.GONE):
        return []
    found = one.variance
    told = FoundVariance(
        id=found.id,
        kind=found.kind.value,
        needs=found.needs.value,
        source_id=found.source_id,
        number=found.number,
        amount=found.amount,
    )
    return [variance_opened(clinic, told)]
