"""Waiting: holds and approvals together, by cause, each with its answers as buttons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ligament.app.approvals import approve, refuse, waiting
from ligament.app.holds import answer, list_holds
from ligament.core.access import Right
from ligament.core.causes import CASES, CAUSES, advice
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Visit
from ligament.web.pages.plan import plan_page
from ligament.wiring.errors import ConfigurationError

WORDS: Mapping[str, str] = {
    "approve": "Approve",
    "retry": "Try again",
    "cash": "It was money",
    "separate": "Not the same",
    "practice": "Keep the practice's",
    "books": "Keep the books'",
    "dismiss": "Leave it",
}
"""What stands on the button of each answer."""
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What waits for one reason: its title, what to do, and the records."""

    code: str
    title: str
    advice: str
    answers: tuple[str, ...]
    holds: Sequence[Mapping[str, Any]]


def show(visit: Visit) -> Answer:
    """Show what waits for somebody."""
    return _page(visit)


def _page(visit: Visit, *, error: str = "", typed: str = "") -> Shown:
    with visit.opened() as clinic:
        holds = list_holds(clinic).document["holds"]
        asked = waiting(clinic)
    groups = _grouped(holds)
    values = {
        "groups": groups,
        "total": len(holds),
        "plan": asked["plan"],
        "actions": asked["actions"][:MOST_SHOWN],
        "waiting": len(asked["actions"]),
        "words": WORDS,
        "most": MOST_SHOWN,
        "error": error,
        "typed": typed,
        "may_decide": visit.may(Right.DECIDE),
    }
    return Shown(template="waiting", values=values, status=422 if error else 200)


def _grouped(holds: Sequence[Mapping[str, Any]]) -> list[Group]:
    by_code: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for hold in holds:
        by_code[hold["code"]].append(hold)
    ordered = sorted(by_code.items(), key=lambda pair: (pair[0] == "waits_for", -len(pair[1])))
    return [
        Group(
            code=code,
            title=CAUSES.get(code, code),
            advice=advice(code),
            answers=_answers(code),
            holds=members,
        )
        for code, members in ordered
    ]


def _answers(code: str) -> tuple[str, ...]:
    case = CASES.get(code)
    given = case.answers if case is not None else ()
    return tuple(word for word in WORDS if word in given)


def decide(visit: Visit) -> Answer:
    """Answer one hold."""
    return _answered(visit, [visit.values["hold"]])


def decide_many(visit: Visit) -> Answer:
    """Answer the holds that were ticked."""
    names = visit.form.all("names")
    if not names:
        return _page(visit, error="Tick at least one record first.")
    return _answered(visit, list(names))


def _answered(visit: Visit, names: list[str]) -> Answer:
    try:
        with visit.opened() as clinic:
            done = answer(clinic, names, visit.form.get("choice"), visit.form.get("note"))
    except ConfigurationError as trouble:
        if "waits" in str(trouble):
            return Moved(to=f"{visit.clinic_path}/waiting", flash="That no longer waits: it was answered, or went on.")
        return _page(visit, error=str(trouble))
    return Moved(to=f"{visit.clinic_path}/waiting", flash=str(done.document["sentence"]))


def approvals(visit: Visit) -> Answer:
    """Approve or refuse some of the plan, or all of it; one comes back to the page on which one was."""
    names, choice = list(visit.form.all("names")), visit.form.get("choice")
    if choice not in {"approve", "refuse"}:
        raise NotThere
    is_plan = visit.form.get("back") == "plan"
    again = plan_page if is_plan else _page
    typed = visit.form.get("reason")
    if not names:
        return again(visit, error="Tick at least one change first.", typed=typed)
    try:
        said = _said(visit, names, choice)
    except ConfigurationError as trouble:
        sentence = "Say in a few words why not." if "--reason" in str(trouble) else str(trouble)
        return again(visit, error=sentence, typed=typed)
    return Moved(to=f"{visit.clinic_path}/{'plan' if is_plan else 'waiting'}", flash=said)


def _said(visit: Visit, names: list[str], choice: str) -> str:
    with visit.opened() as clinic:
        if choice == "approve":
            done = approve(clinic, names).document
            return f"{done['approved']} approved. The next run posts what is still as it was shown."
        return str(refuse(clinic, names, reason=visit.form.get("reason")).document["sentence"])


PAGES = (
    Page(path="/c/{clinic}/waiting", name="waiting", answer=show, right=Right.LOOK, menu="Waiting"),
    Page(path="/c/{clinic}/holds/{hold}/decision", name="decide", method="POST", answer=decide, right=Right.DECIDE),
    Page(path="/c/{clinic}/holds/decisions", name="decide many", method="POST", answer=decide_many, right=Right.DECIDE),
    Page(path="/c/{clinic}/approvals", name="approvals", method="POST", answer=approvals, right=Right.DECIDE),
)
