"""Comparisons as a page shows them: the newest one's sums, every difference as it stands now, and earlier ones."""

from __future__ import annotations

import json

from ligament.app.comparison_documents import in_order, variance_document
from ligament.app.documents import Document
from ligament.app.who_changed import who_changed
from ligament.wiring.clinic import Clinic

_EARLIER = 12


def standing_comparison(clinic: Clinic) -> Document:
    """Return the newest comparison, or nothing as `comparison`, with every difference that still stands."""
    kept = clinic.variances.comparisons(_EARLIER + 1)
    found = in_order(clinic.variances.kept())
    known = who_changed(clinic)
    return {
        "comparison": json.loads(kept[0].body) if kept else None,
        "made_at": kept[0].finished_at if kept else None,
        "earlier": [
            {"id": one.id, "at": one.finished_at, "first": one.first, "last": one.last, "balanced": one.balanced}
            for one in kept[1:]
        ],
        "variances": [{**variance_document(clinic, held, known=known), "counts": held.counts()} for held in found],
        "practice": clinic.practice_manifest.title,
        "books": clinic.books_manifest.title,
    }
