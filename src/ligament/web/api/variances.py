"""Variances: the differences that were found, what is known of them, and having them mended."""

from __future__ import annotations

from ligament.app.comparison_documents import variance_document
from ligament.app.variances import acknowledge, fix, show_variance
from ligament.core.access import Right
from ligament.core.variances import VarianceState
from ligament.web.api.answers import FixAnswer, VarianceRow
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import Problem, nothing_there
from ligament.web.api.shapes import NoteWord, NothingMore
from ligament.wiring.clinic import Clinic


def listed(asking: Asking) -> Told:
    """List the variances that still stand, the first seen first."""
    with asking.opened() as clinic:
        page = asking.pages.sorted_page(
            clinic.variances.kept(),
            lambda held: (held.first_seen_at.isoformat(), held.variance.id),
            lambda held: variance_document(clinic, held),
        )
    return Told(document=page)


def show(asking: Asking) -> Told:
    """Tell one variance with its history."""
    with asking.opened() as clinic:
        return Told(document=show_variance(clinic, _known(clinic, asking)).document["variance"])


def know(asking: Asking) -> Told:
    """Keep what a person knows about a variance."""
    with asking.opened() as clinic:
        name = _known(clinic, asking)
        return Told(document=acknowledge(clinic, name, asking.body_as(NoteWord).note).document["variance"])


def mend(asking: Asking) -> Told:
    """Plan what mends a variance; what asks waits for approval, and the next run does it."""
    with asking.opened() as clinic:
        name = _known(clinic, asking)
        held = clinic.variances.one(name)
        if held is not None and (held.state is VarianceState.GONE or held.variance.fix is None):
            why = "It is gone already." if held.state is VarianceState.GONE else held.variance.sentence
            raise Problem(409, f"There is nothing to mend from here. {why}")
        return Told(document={"id": name, **fix(clinic, [name], patience_ms=asking.patience_ms).document})


def _known(clinic: Clinic, asking: Asking) -> str:
    name = asking.values["id"]
    if clinic.variances.one(name) is None:
        raise nothing_there()
    return name


_ONE = f"{CLINIC}/variances/{{id}}"
CALLS = (
    Call(
        path=f"{CLINIC}/variances",
        answer=listed,
        does="The differences that stand, each with its reason.",
        gives=VarianceRow,
        is_list=True,
    ),
    Call(path=_ONE, answer=show, does="One difference with its history.", gives=VarianceRow),
    Call(
        path=f"{_ONE}/acknowledge",
        method="POST",
        answer=know,
        does="Say why a difference is all right; it counts no more while its amount stays.",
        gives=VarianceRow,
        takes=NoteWord,
        right=Right.DECIDE,
    ),
    Call(
        path=f"{_ONE}/fix",
        method="POST",
        answer=mend,
        does="Plan what mends a difference; what asks waits for approval.",
        gives=FixAnswer,
        takes=NothingMore,
        right=Right.DECIDE,
    ),
)
