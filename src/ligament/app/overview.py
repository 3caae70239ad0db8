"""Overview of a clinic: the month's money in both systems, what was posted and saved, and what is connected."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from ligament.app.connections import deciding_notes, standing
from ligament.app.documents import Document
from ligament.core.notes import PRACTICE_NOTE
from ligament.core.periods import local_date
from ligament.core.variances import KeptVariance, VarianceState
from ligament.net.manifest import Manifest
from ligament.net.said import DAY_S
from ligament.store.queries.written import RunTold, Waited, work_of
from ligament.store.writes.variances import KeptComparison
from ligament.wiring.allowances import calls_left
from ligament.wiring.clinic import Clinic, credentials_of

MINUTES_BY_HAND = 3
"""How long one record takes by hand: open it in one system, type it into the other, look it over."""
_HOUR = 60
_DAYS = 14
_SPANS = ("today", "month", "all")


def overview_of(clinic: Clinic) -> Document:
    """Return what an overview shows beside what waits, all of it as of one moment."""
    with clinic.database.one_moment():
        return _overview_of(clinic)


def _overview_of(clinic: Clinic) -> Document:
    zone = clinic.settings.rulebook.clinic.time_zone
    today = local_date(clinic.clock.now(), zone)
    told, waits = work_of(clinic.database, clinic.settings.name)
    newest, found = clinic.variances.with_newest()
    both = (clinic.practice_manifest, clinic.books_manifest)
    held, notes = credentials_of(clinic, both), deciding_notes(clinic, both, PRACTICE_NOTE)
    left = calls_left(clinic.database, clinic.settings.name, [manifest.name for manifest in both])
    return {
        "money": _money(newest, found, today),
        "work": _work(found, told, today, zone),
        "days": _days(told, waits, today, zone),
        "last_run_at": told[-1].began_at if told else None,
        "minutes": MINUTES_BY_HAND,
        "connections": [
            {
                **_connection(manifest, left[manifest.name], account),
                **standing(manifest, held[manifest.name], notes),
            }
            for manifest, account in zip(both, (_practice_name(notes), ""), strict=True)
        ],
    }


def _money(newest: KeptComparison | None, found: Iterable[KeptVariance], today: date) -> Document | None:
    """Return both sides of the present month, or of the newest one that was compared; None before any comparison."""
    if newest is None:
        return None
    told: Mapping[str, Any] = json.loads(newest.body)
    months = told["totals"]["by_month"]
    now = f"{today:%Y-%m}"
    chosen = next((one for one in months if one["month"] == now), months[-1] if months else None)
    if chosen is None:
        return None
    to_decide = sum(1 for held in found if held.state is not VarianceState.GONE and held.counts())
    return {**chosen, "at": newest.finished_at, "to_decide": to_decide}


def _days(told: Iterable[RunTold], waited: Iterable[Waited], today: date, zone: str) -> list[Document]:
    """Return the last two weeks by day: what was posted, which runs failed, and how long a change usually waited."""
    posted, failed, waits = Counter[date](), Counter[date](), defaultdict[date, list[int]](list)
    for run in told:
        day = local_date(run.began_at, zone)
        posted[day] += run.records
        failed[day] += run.has_failed
    for one in waited:
        day = local_date(one.written_at, zone)
        waits[day].append(int((one.written_at - one.changed_at).total_seconds()))
    span = [today - timedelta(days=back) for back in reversed(range(_DAYS))]
    return [
        {
            "day": day,
            "posted": posted[day],
            "failed": failed[day],
            "delay": int(median(waits[day])) if waits[day] else None,
        }
        for day in span
    ]


def _work(found: Iterable[KeptVariance], told: Iterable[RunTold], today: date, zone: str) -> list[Document]:
    """Return what was posted, what is mended, and the hours that it saved: today, this month, and in all."""
    posted = [(run.began_at, run.records) for run in told]
    mended = [
        (held.gone_at, 1)
        for held in found
        if held.state is VarianceState.GONE and held.gone_at is not None and held.variance.fix is not None
    ]
    records, healed = (_by_span(events, today, zone) for events in (posted, mended))
    return [
        {
            "span": span,
            "posted": records[span],
            "healed": healed[span],
            "hours": f"{(records[span] + healed[span]) * MINUTES_BY_HAND / _HOUR:.1f}",
        }
        for span in _SPANS
    ]


def _by_span(found: Iterable[tuple[datetime, int]], today: date, zone: str) -> dict[str, int]:
    counts = dict.fromkeys(_SPANS, 0)
    for at, count in found:
        day = local_date(at, zone)
        counts["all"] += count
        counts["month"] += count if (day.year, day.month) == (today.year, today.month) else 0
        counts["today"] += count if day == today else 0
    return counts


def _practice_name(notes: Mapping[str, str]) -> str:
    return str(json.loads(notes.get(PRACTICE_NOTE) or "{}").get("name") or "")


def _connection(manifest: Manifest, left: Mapping[str, int], account: str) -> Document:
    return {
        "title": manifest.title,
        "account": account,
        "name": manifest.name,
        "day_limit": any(limit.per_s == DAY_S for limit in manifest.limits),
        "calls_left": left,
    }
