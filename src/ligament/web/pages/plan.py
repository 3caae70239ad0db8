"""The plan: what would be posted and why, by kind; what was approved and waits for the next run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ligament.app.approvals import standing_plan
from ligament.app.previews import amount_of
from ligament.core.access import Right
from ligament.web.beginning import beginning
from ligament.web.forms import left_out
from ligament.web.moved import shown_actions
from ligament.web.page import Answer, Page, Shown, Visit

KIND_TITLES: Mapping[str, str] = {
    "contacts": "Contacts",
    "invoices": "Invoices",
    "credit_notes": "Credit notes",
    "payments": "Payments",
    "allocations": "Credits used on invoices",
}
"""What each kind of record is called, in the order in which the kinds are shown."""
MOST_SHOWN = 100
MOST_WITH_WHY = 30
"""Up to how many changes each tells why on the page itself; the page of its record always does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The changes of one kind: those shown, how many there are, and what they come to."""

    kind: str
    title: str
    count: int
    amount: Decimal
    actions: Sequence[Mapping[str, Any]]


def show(visit: Visit) -> Answer:
    """Show the newest plan."""
    return plan_page(visit, typed=visit.draft.get("reason"))


def plan_page(visit: Visit, *, error: str = "", typed: str = "") -> Shown:
    """Return the page; `error` is what was wrong with an answer, `typed` the reason that was given."""
    query = (visit.query.get("q") or visit.form.get("q")).strip()
    with visit.opened() as clinic:
        found = standing_plan(clinic)
        first = None if found["waiting"] or found["approved"] else beginning(visit, clinic)
    waiting = [one for one in found["waiting"] if _fits(one, query)]
    values = {
        "beginning": first,
        "query": query,
        "was": shown_actions(waiting) if visit.may(Right.DECIDE) else {},
        "plan": found["plan"],
        "asked_at": found["asked_at"],
        "groups": grouped(waiting),
        "waiting": len(found["waiting"]),
        "found": len(waiting),
        "most": MOST_SHOWN,
        "with_why": len(waiting) + len(found["approved"]) <= MOST_WITH_WHY or bool(query),
        "amount": amount_of(found["waiting"]),
        "approved": grouped(found["approved"]),
        "approved_count": len(found["approved"]),
        "error": error,
        "reason": typed,
        "left_out": left_out(visit.typed),
        "may_decide": visit.may(Right.DECIDE),
        "may_run": visit.may(Right.RUN),
    }
    return Shown(template="plan", values=values, status=422 if error else 200)


def grouped(actions: Sequence[Mapping[str, Any]]) -> list[Group]:
    """Return changes by kind, no more of them than a page holds."""
    room, groups = MOST_SHOWN, []
    for kind in [*KIND_TITLES, *{str(one["kind"]) for one in actions} - set(KIND_TITLES)]:
        members = [one for one in actions if one["kind"] == kind]
        if members:
            title = KIND_TITLES.get(kind, kind)
            shown = members[:room]
            groups.append(Group(kind=kind, title=title, count=len(members), amount=amount_of(members), actions=shown))
            room -= len(shown)
    return groups


def _fits(action: Mapping[str, Any], query: str) -> bool:
    words = f"{action['number']} {action['sentence']} {action['amount']} {action['source_id']}".casefold()
    return all(word in words for word in query.casefold().split())


PAGES = (Page(path="/c/{clinic}/plan", name="plan", answer=show, right=Right.LOOK, menu="Plan"),)
