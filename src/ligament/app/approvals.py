"""Approvals: what waits in the newest plan, and saying yes or no to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ligament.app.decisions import decide_hold, means
from ligament.app.documents import Document, action_document
from ligament.app.names import names_of
from ligament.app.results import DONE, MISTAKEN, WAITS, Result
from ligament.core.approvals import ApprovalState, approval_mark, gives, needs, policy_name, refusal_words
from ligament.core.document_numbers import is_exactly, names_of_number
from ligament.core.events import Event, approval_wanted
from ligament.core.holds import Hold
from ligament.core.links import DecisionKind
from ligament.core.money import ZERO
from ligament.core.notes import FIRST_RUN_NOTE
from ligament.core.plans import Action
from ligament.store.database.connection import Database
from ligament.store.writes.approvals import Asked, asked_in, given
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import ClinicSettings

_NO_REASON = "--reason is missing: say in a few words why not; it is kept in the journal. Nothing was refused."


def approve(
    clinic: Clinic, wanted: Iterable[str] = (), *, by: str = "", choice: DecisionKind = DecisionKind.APPROVED
) -> Result:
    """Approve holds or planned actions by number, id or plan; without any, everything in the newest plan.

    The next run does what was approved, if the facts are still the same.
    """
    names = list(wanted)
    by = by or clinic.outside.actor
    if not names:
        everything = _chosen(clinic, lambda _: True)
        approved = _approve(clinic, everything, by)
        document = {"approved": approved, "second": _wanting(clinic, everything), "holds": [], "unknown": []}
        return Result(document=document)
    unknown, actions, second, decided = [], 0, 0, []
    # Whatever means two records is told before anything is decided.
    for name, (found, marks) in _called(clinic, names):
        for hold in found:
            decide_hold(clinic, hold, choice, by)
            decided.append(hold.id)
        some = _chosen(clinic, _marked(marks))
        actions += _approve(clinic, some, by)
        second += _wanting(clinic, some)
        if not found and not some:
            unknown.append(name)
    document = {"approved": actions, "second": second, "holds": decided, "unknown": unknown}
    if unknown and not actions and not decided:
        return Result(document=document, code=MISTAKEN)
    return Result(document=document, code=WAITS if unknown else DONE)


def refuse(clinic: Clinic, wanted: Iterable[str] = (), *, reason: str, by: str = "") -> Result:
    """Refuse waiting actions and proposals of holds by number, id or plan; without any, all of the newest plan.

    What is refused is in no later plan until the record changes or somebody retries it. Raises ConfigurationError
    without a reason, or when nothing of a name waits.
    """
    if not reason.strip():
        raise ConfigurationError((_NO_REASON,))
    names, by = list(wanted), by or clinic.outside.actor
    chosen = _refused(clinic, lambda _: True) if not names else []
    holds: list[Hold] = []
    for name, (found, marks) in _called(clinic, names):
        some = _refused(clinic, _marked(marks))
        if not some and not found:
            raise ConfigurationError((f'Nothing called "{name}" waits, so nothing was refused.',))
        chosen += [one for one in some if one not in chosen]
        holds += found
    for hold in holds:
        decide_hold(clinic, hold, DecisionKind.DISMISSED, by, reason.strip())
    words = refusal_words(by, reason.strip())
    for one in chosen:
        clinic.store.keep_refusal(one.action_key, str(one.document["content"]), words)
    clinic.approvals.refuse([one.mark for one in chosen], by, reason.strip())
    if chosen:
        end_first_run(clinic)
    count = len(chosen) + len(holds)
    sentence = f"{count} {'is' if count == 1 else 'are'} refused, and in no later plan unless the record changes."
    if not count:
        sentence = "Nothing waits, so there is nothing to refuse."
    return Result(document={"refused": len(chosen), "holds": [hold.id for hold in holds], "sentence": sentence})


def waiting(clinic: Clinic) -> Document:
    """Return what waits for approval in the newest plan, in its order; what was approved already is not in it."""
    kept = clinic.approvals.asked()
    marks = _given(clinic.settings, kept, clinic.clock.now())
    open_ = [one for one in kept if one.mark not in marks]
    return {"plan": kept[0].plan if open_ else "", "actions": [_shown(one) for one in open_]}


def waiting_in(database: Database, chosen: ClinicSettings, now: datetime) -> tuple[Asked, ...]:
    """Return what waits for a yes in a clinic that need not be opened, in the order of its plan."""
    kept = asked_in(database, chosen.name)
    marks = _given(chosen, kept, now)
    return tuple(one for one in kept if one.mark not in marks)


def approve_exactly(clinic: Clinic, marks: Collection[str], *, by: str) -> int:
    """Approve what waits under exactly these marks, and nothing that it may need beside them; returns how many.

    What depends on something that was not approved waits with it.
    """
    return _approve(clinic, [one for one in clinic.approvals.asked() if one.mark in marks], by)


def standing_plan(clinic: Clinic) -> Document:
    """Return the newest plan as a person reads it: what waits for a yes, and what has it and waits for the next run."""
    kept = clinic.approvals.asked()
    marks = _given(clinic.settings, kept, clinic.clock.now())
    return {
        "plan": kept[0].plan if kept else "",
        "asked_at": max((one.asked_at for one in kept), default=None),
        "waiting": [_shown(one) for one in kept if one.mark not in marks],
        "approved": [_shown(one) for one in kept if one.mark in marks],
    }


def approval_state(clinic: Clinic) -> ApprovalState:
    """Return what planning must know of approvals: what was given, and what was asked and still waits."""
    kept = clinic.approvals.asked()
    return ApprovalState(
        marks=_given(clinic.settings, kept, clinic.clock.now()),
        asked=frozenset(one.mark for one in kept),
        asked_about=frozenset(one.action_key for one in kept if one.action_key),
        first_run=clinic.store.note(FIRST_RUN_NOTE) != "yes",
    )


def end_first_run(clinic: Clinic) -> None:
    """Keep that the first run is over: what is new from now on follows the policy."""
    clinic.store.keep_note(FIRST_RUN_NOTE, "yes")


def keep_asked(clinic: Clinic, actions: Sequence[Action]) -> list[Document]:
    """Keep what waits for approval, with the marks of exactly what would be written; yeses given to it stay."""
    kept = asked_rows(actions)
    known = {one.mark for one in clinic.approvals.asked()}
    clinic.approvals.keep(plan_name(actions), kept, _news(clinic, actions, known))
    return kept


def asked_rows(actions: Iterable[Action]) -> list[Document]:
    """Return actions as they are kept while they wait."""
    return [
        {
            "mark": approval_mark(action),
            "action_key": action.key,
            "content": action.content,
            "policy": policy_name(action),
            "gives": list(gives(action)),
            "needs": list(needs(action)),
            **action_document(action),
        }
        for action in actions
    ]


def _news(clinic: Clinic, actions: Sequence[Action], known: set[str]) -> list[Event]:
    """Tell other tools that approval is wanted, when something waits that did not before."""
    if all(approval_mark(action) in known for action in actions):
        return []
    amount = sum((action.amount for action in actions), ZERO)
    return [approval_wanted(clinic.journal.told_as, plan_name(actions), len(actions), amount)]


def _shown(one: Asked) -> Document:
    """Return an action that waits, with who said yes already where a second person is needed."""
    return {**one.document, "approved_by": sorted({voice.by for voice in one.voices})}


def _given(chosen: ClinicSettings, kept: Iterable[Asked], now: datetime) -> frozenset[str]:
    rules = chosen.rulebook.approval
    return given(kept, now, expire_days=rules.expire_days, twice=rules.four_eyes)


def _called(clinic: Clinic, names: Sequence[str]) -> list[tuple[str, tuple[list[Hold], frozenset[str]]]]:
    """Return with each name the holds that are called so and the marks of such actions."""
    if not names:
        return []
    holds, kept = clinic.store.open_holds(), clinic.approvals.asked()
    return [(name, _called_so(clinic, name, holds, kept)) for name in names]


def _called_so(
    clinic: Clinic, typed: str, holds: Sequence[Hold], kept: Sequence[Asked]
) -> tuple[list[Hold], frozenset[str]]:
    """Return the holds and marks of one name: those called exactly so, or else all about the record."""
    prefix, wanted = clinic.settings.rulebook.invoices.prefix, typed.strip()
    itself = [hold for hold in holds if hold.id == wanted]
    marks = frozenset(one.mark for one in kept if wanted in {one.plan, one.mark})
    if itself or marks:
        return itself, marks
    meant = names_of(clinic, typed)
    if marks := frozenset(one.mark for one in kept if is_exactly(typed, str(one.document["number"]), prefix)):
        return [], marks
    marks = frozenset(one.mark for one in kept if meant & _names_of_action(one.document, prefix))
    return [hold for hold in holds if means(hold, meant)], marks


def _marked(marks: Collection[str]) -> Callable[[Asked], bool]:
    return lambda one: one.mark in marks


def _chosen(clinic: Clinic, fits: Callable[[Asked], bool]) -> list[Asked]:
    """Return the waiting actions that fit, and those they need: an invoice needs its new contact."""
    kept = clinic.approvals.asked()
    chosen = [one for one in kept if fits(one)]
    return _reached(chosen, kept, by="needs", of="gives")


def _refused(clinic: Clinic, fits: Callable[[Asked], bool]) -> list[Asked]:
    """Return the waiting actions that fit, and those that cannot be without them: the payment of an invoice."""
    kept = clinic.approvals.asked()
    return _reached([one for one in kept if fits(one)], kept, by="gives", of="needs")


def _reached(first: Sequence[Asked], kept: Sequence[Asked], *, by: str, of: str) -> list[Asked]:
    """Return the first ones and whatever follows from them: where one's words `by` are among another's words `of`."""
    found = list(first)
    words = {word for one in found for word in one.document[by]}
    while more := [one for one in kept if one not in found and words & set(one.document[of])]:
        found += more
        words |= {word for one in more for word in one.document[by]}
    return found


def _approve(clinic: Clinic, chosen: Sequence[Asked], by: str) -> int:
    if chosen:
        clinic.approvals.approve([one.mark for one in chosen], by)
        end_first_run(clinic)
    return len(chosen)


def _wanting(clinic: Clinic, chosen: Sequence[Asked]) -> int:
    """Return how many of these actions still want a second person's yes."""
    if not clinic.settings.rulebook.approval.four_eyes:
        return 0
    marks = _given(clinic.settings, clinic.approvals.asked(), clinic.clock.now())
    return sum(one.mark not in marks for one in chosen)


def plan_name(actions: Iterable[Action]) -> str:
    """Return a short name for a plan, the same for the same actions."""
    marks = "".join(approval_mark(action) for action in actions)
    return "p" + hashlib.blake2b(marks.encode(), digest_size=4).hexdigest() if marks else ""


def _names_of_action(action: Mapping[str, Any], prefix: str) -> frozenset[str]:
    return names_of_number(str(action["number"]), prefix) | {str(action["source_id"])}
