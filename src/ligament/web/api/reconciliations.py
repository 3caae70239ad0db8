"""Reconciliations: the comparisons that were made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ligament.app.asked_runs import ask_for_comparison
from ligament.core.access import Right
from ligament.core.periods import iso_instant
from ligament.web.api.answers import ComparisonAnswer, ComparisonRow, RunAnswer
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import nothing_there
from ligament.web.api.shapes import ComparisonWish

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


def compare(asking: Asking) -> Told:
    """Ask for a comparison now; the run that makes it has its id."""
    word = asking.body_as(ComparisonWish)
    with asking.opened() as clinic:
        run = ask_for_comparison(clinic, first=word.first, last=word.last, full=word.full)
    return Told(document=run, status=202, location=f"{asking.path}/runs/{run['id']}")


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
        path=f"{CLINIC}/reconciliations",
        method="POST",
        answer=compare,
        does="Compare both systems now; the run that does it has the id of the comparison.",
        gives=RunAnswer,
        takes=ComparisonWish,
        right=Right.RUN,
        status=202,
    ),
    Call(
        path=f"{CLINIC}/reconciliations/{{id}}",
        answer=show,
        does="One comparison with its totals and differences.",
        gives=ComparisonAnswer,
    ),
)
