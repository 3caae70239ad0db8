"""Reconciliations: the comparisons that were made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ligament.core.periods import iso_instant
from ligament.web.api.answers import ComparisonAnswer, ComparisonRow
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import nothing_there

if TYPE_CHECKING:
    from ligament.wiring.clinic import Clinic

_MOST_KEPT = 100_000


def listed(asking: Asking) -> Told:
    """List comparisons, newest first."""
    with asking.opened() as clinic:
        kept = clinic.variances.comparisons(_MOST_KEPT)
        page = asking.pages.sorted_page(kept, lambda one: (one.id,), _row, newest_first=True)
    return Told(document=page)


def show(asking: Asking) -> Told:
    """Tell one comparison as it was made."""
    with asking.opened() as clinic:
        return Told(document=_whole(clinic, asking.values["id"]))


def _whole(clinic: Clinic, name: str) -> dict[str, Any]:
    kept = clinic.variances.comparison(name)
    if kept is None:
        raise nothing_there()
    return {**json.loads(kept.body), **_row(kept)}


def _row(kept: Any) -> dict[str, Any]:  # noqa: ANN401 - a comparison of the store, which this room may not name
    return {
        "id": kept.id,
        "started_at": iso_instant(kept.started_at),
        "finished_at": iso_instant(kept.finished_at),
        "period": {"from": kept.first.isoformat(), "to": kept.last.isoformat(), "full": kept.full},
        "balanced": kept.balanced,
    }


CALLS = (
    Call(
        path=f"{CLINIC}/reconciliations",
        answer=listed,
        does="The comparisons that were made, newest first.",
        gives=ComparisonRow,
        is_list=True,
    ),
    Call(
        path=f"{CLINIC}/reconciliations/{{id}}",
        answer=show,
        does="One comparison with its totals and differences.",
        gives=ComparisonAnswer,
    ),
)
