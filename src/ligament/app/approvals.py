"""Approvals: what waits in the newest plan, and saying yes to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ligament.app.decisions import decide_hold, means
from ligament.app.documents import Document, action_document
from ligament.app.results import DONE, WAITS, Result
from ligament.core.approvals import approval_mark, gives, needs
from ligament.core.events import Event, approval_wanted
from ligament.core.links import DecisionKind
from ligament.core.money import ZERO
from ligament.core.plans import Action
from ligament.wiring.clinic import Clinic


def approve(
    clinic: Clinic, wanted: Iterable[str] = (), *, by: str = "", choice: DecisionKind = DecisionKind.APPROVED
) -> Result:
    """Approve holds or planned actions by number, id or plan; without any, everything in the newest plan.

    The next run does what was approved, if the facts are still the same.
    """
    names = list(wanted)
    by = by or clinic.outside.actor
    if not names:
        approved = _approve_actions(clinic, lambda _: True)
        return Result(document={"approved": approved, "holds": [], "unknown": []})
    unknown, actions, decided = [], 0, []
    plan = waiting(clinic)["plan"]
    for name in names:
        found = [hold for hold in clinic.store.open_holds() if means(hold, name)]
        for hold in found:
            decide_hold(clinic, hold, choice, by)
            decided.append(hold.id)
        some = _approve_named(clinic, name, plan)
        actions += some
        if not found and not some:
            unknown.append(name)
    document = {"approved": actions, "holds": decided, "unknown": unknown}
    return Result(document=document, code=WAITS if unknown else DONE)


def waiting(clinic: Clinic) -> Document:
    """Return what waits for approval in the newest plan."""
    return dict(json.loads(clinic.store.note("waiting") or '{"plan": "", "actions": []}'))


def keep_asked(clinic: Clinic, actions: Sequence[Action]) -> list[Document]:
    """Keep what waits for approval, with the marks of exactly what would be written."""
    kept = [
        {"mark": approval_mark(a), "gives": list(gives(a)), "needs": list(needs(a)), **action_document(a)}
        for a in actions
    ]
    known = {action["mark"] for action in waiting(clinic)["actions"]}
    text = json.dumps({"plan": plan_name(actions), "actions": kept})
    clinic.store.keep_note("waiting", text, _news(clinic, actions, known))
    return kept


def _news(clinic: Clinic, actions: Sequence[Action], known: set[str]) -> list[Event]:
    """Tell other tools that approval is wanted, when something waits that did not before."""
    if all(approval_mark(action) in known for action in actions):
        return []
    amount = sum((action.amount for action in actions), ZERO)
    return [approval_wanted(clinic.settings.name, plan_name(actions), len(actions), amount)]


def _approve_named(clinic: Clinic, name: str, plan: str) -> int:
    return _approve_actions(clinic, lambda action: name == plan or _is_named(action, name))


def _approve_actions(clinic: Clinic, fits: Callable[[Document], bool]) -> int:
    store = clinic.store
    marks = set(json.loads(store.note("approved_marks") or "[]"))
    actions = waiting(clinic)["actions"]
    chosen = [action for action in actions if fits(action)]
    new = {action["mark"] for action in (*chosen, *_needed(chosen, actions))}
    if new:
        store.keep_note("approved_marks", json.dumps(sorted(marks | new)))
    return len(new)


def _needed(chosen: list[Document], actions: list[Document]) -> list[Document]:
    """Return the waiting actions that the chosen ones need: approving an invoice approves its new contact too."""
    found: list[Document] = []
    wanted = {need for action in chosen for need in action["needs"]}
    while wanted:
        more = [action for action in actions if wanted & set(action["gives"]) and action not in found]
        wanted = {need for action in more for need in action["needs"]}
        found.extend(more)
    return found


def plan_name(actions: Iterable[Action]) -> str:
    """Return a short name for a plan, the same for the same actions."""
    marks = "".join(approval_mark(action) for action in actions)
    return "p" + hashlib.blake2b(marks.encode(), digest_size=4).hexdigest() if marks else ""


def _is_named(action: Mapping[str, Any], name: str) -> bool:
    number = str(action["number"])
    return name in {
        number,
        str(action["source_id"]),
        number.removesuffix("/paid"),
        number.rpartition("-")[2].removesuffix("/paid"),
    }
