"""Standing of a clinic: the month's money in both systems, what was posted and saved, and what is connected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from ligament.app.documents import Document
from ligament.core.notes import PRACTICE_NOTE
from ligament.core.periods import local_date
from ligament.core.variances import VarianceState
from ligament.net.manifest import Manifest
from ligament.store.queries.written import written_by_runs
from ligament.wiring.clinic import Clinic, credentials

MINUTES_BY_HAND = 3
"""How long one record takes by hand: open it in one system, type it into the other, look it over."""
_HOUR = 60
_SPANS = ("today", "month", "all")


def standing(clinic: Clinic) -> Document:
    """Return what an overview shows beside what waits."""
    zone = clinic.settings.rulebook.clinic.time_zone
    today = local_date(clinic.clock.now(), zone)
    return {
        "money": _money(clinic, today),
        "work": _work(clinic, today, zone),
        "minutes": MINUTES_BY_HAND,
        "connections": [
            _connection(clinic, clinic.practice_manifest, _practice_name(clinic)),
            _connection(clinic, clinic.books_manifest, ""),
        ],
    }


def _money(clinic: Clinic, today: date) -> Document | None:
    """Return both sides of the present month, or of the newest one that was compared; None before any comparison."""
    newest = next(iter(clinic.variances.comparisons(1)), None)
    if newest is None:
        return None
    told: Mapping[str, Any] = json.loads(newest.body)
    months = told["totals"]["by_month"]
    now = f"{today:%Y-%m}"
    chosen = next((one for one in months if one["month"] == now), months[-1] if months else None)
    if chosen is None:
        return None
    to_decide = sum(1 for held in clinic.variances.kept() if held.counts())
    return {**chosen, "at": newest.finished_at, "to_decide": to_decide}


def _work(clinic: Clinic, today: date, zone: str) -> list[Document]:
    """Return what was posted, what is mended, and the hours that it saved: today, this month, and in all."""
    posted = written_by_runs(clinic.database, clinic.settings.name)
    mended = [
        (held.gone_at, 1)
        for held in clinic.variances.kept(gone=True)
        if held.state is VarianceState.GONE and held.gone_at is not None and held.variance.fix is not None
    ]
    records, healed = (_by_span(found, today, zone) for found in (posted, mended))
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


def _practice_name(clinic: Clinic) -> str:
    return str(json.loads(clinic.store.note(PRACTICE_NOTE) or "{}").get("name") or "")


def _connection(clinic: Clinic, manifest: Manifest, account: str) -> Document:
    held = credentials(clinic, manifest)
    is_connected = any(all(name in held for name in asked) for asked in _ways(manifest))
    return {"title": manifest.title, "account": account, "connected": is_connected, "name": manifest.name}


def _ways(manifest: Manifest) -> list[tuple[str, ...]]:
    """Return the sets of answers of which each is enough to sign in with."""
    return [way for way in (manifest.sign_in.asks, manifest.sign_in.browser_asks) if way]
