"""Approvals: what waits for a yes, and saying yes or no to it."""

from __future__ import annotations

from typing import Any

from ligament.app.approvals import approve, refuse, waiting
from ligament.core.access import Right
from ligament.web.api.answers import ApprovalAnswer, ApprovalRow
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import Problem, Wrong, wrong
from ligament.web.api.shapes import ApprovalWord
from ligament.wiring.clinic import Clinic

_INSIDE = {"mark", "action_key", "content", "gives", "needs"}


def waits(asking: Asking) -> Told:
    """List what waits, in the order of its plan's marks."""
    with asking.opened() as clinic:
        asked = waiting(clinic)
    rows = [{**row, "plan": asked["plan"]} for row in asked["actions"]]
    return Told(document=asking.pages.sorted_page(rows, lambda row: (row["mark"],), _row))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["mark"], **{name: value for name, value in row.items() if name not in _INSIDE}}


def say(asking: Asking) -> Told:
    """Approve or refuse what is named; where nothing of any name waits, nothing is done."""
    word = asking.body_as(ApprovalWord)
    with asking.opened() as clinic:
        done = _approved(clinic, word.names) if word.choice == "approve" else _refused(clinic, word)
    nothing: dict[str, Any] = {"approved": 0, "second": 0, "refused": 0, "holds": [], "unknown": []}
    return Told(document={"choice": word.choice, **nothing, **done})


def _approved(clinic: Clinic, names: list[str]) -> dict[str, Any]:
    done = approve(clinic, names).document
    if len(done["unknown"]) == len(names):
        errors = [Wrong(place=f"names[{place}]", detail="Nothing of this name waits.") for place in range(len(names))]
        raise Problem(422, "Nothing of these names waits, so nothing was approved.", errors)
    return done


def _refused(clinic: Clinic, word: ApprovalWord) -> dict[str, Any]:
    if not word.reason.strip():
        raise wrong("reason", "Say in a few words why not; it is kept in the journal.")
    return refuse(clinic, word.names, reason=word.reason).document


CALLS = (
    Call(
        path=f"{CLINIC}/approvals",
        answer=waits,
        does="What waits for approval; `id` is the mark of exactly what would be written.",
        gives=ApprovalRow,
        is_list=True,
    ),
    Call(
        path=f"{CLINIC}/approvals",
        method="POST",
        answer=say,
        does="Say yes or no to plans, actions, holds or numbers; the next run acts on it.",
        gives=ApprovalAnswer,
        takes=ApprovalWord,
        right=Right.DECIDE,
    ),
)
