"""Decisions: what a person answered to an open hold."""

from __future__ import annotations

from collections.abc import Sequence

from ligament.app.documents import Document, hold_document
from ligament.core.holds import Hold, HoldCode
from ligament.core.links import Decision, DecisionKind
from ligament.core.periods import iso_instant
from ligament.wiring.clinic import Clinic


def open_holds(clinic: Clinic, held: Sequence[Hold] | None = None) -> list[Document]:
    """Return every open hold, oldest first; one that was answered says so until the next run acted on it.

    `held` are those holds, where they were read already.
    """
    held = clinic.store.open_holds() if held is None else held
    answers = clinic.store.answers(held)
    return [{**hold_document(hold), **settled_first(hold, held), **answered(answers.get(hold.id))} for hold in held]


def settled_first(hold: Hold, standing: Sequence[Hold]) -> Document:
    """Return what has to be settled before something that waits, under `settle`, and say so in `todo`."""
    if hold.code is not HoldCode.WAITS_FOR:
        return {}
    roots = _roots(hold, standing)
    if not roots:
        return {}
    told = [{"id": one.id, "code": one.code.value, "number": one.number, "sentence": one.sentence} for one in roots]
    named = f"{roots[0].kind.value.replace('_', ' ')} {roots[0].number}".strip()
    return {"settle": told, "todo": f"Settle {named} first, then this goes on by itself. {roots[0].sentence}"}


def _roots(hold: Hold, standing: Sequence[Hold]) -> list[Hold]:
    """Return the holds at the end of the chain of what waits for what."""
    cause, seen = hold.waits_for, {hold.id}
    while cause:
        found = [one for one in standing if one.subject.key == cause and one.id not in seen]
        roots = [one for one in found if one.code is not HoldCode.WAITS_FOR]
        if roots or not found:
            return roots
        seen |= {one.id for one in found}
        cause = found[0].waits_for
    return []


def answered(answer: Decision | None) -> Document:
    """Return what a person answered, under `answered`, or nothing."""
    if answer is None:
        return {}
    told = {"decision": answer.decision.value, "by": answer.by, "at": iso_instant(answer.at), "reason": answer.reason}
    return {"answered": told}


def decide_hold(
    clinic: Clinic, hold: Hold, choice: DecisionKind, by: str, reason: str = "", *, chosen: str = ""
) -> None:
    """Keep a person's answer to exactly what the hold shows; `chosen` is the contact that is meant, of several."""
    decision = Decision(
        subject=hold.subject,
        code=hold.decision_code,
        decision=choice,
        fingerprint=hold.fingerprint,
        by=by,
        reason=reason,
        chosen=chosen,
        at=clinic.clock.now(),
    )
    clinic.store.decide(decision)


def means(hold: Hold, names: frozenset[str]) -> bool:
    """Say whether a person means that hold: by its id, or the number or id of its record."""
    return bool(names & ({hold.id, hold.number, hold.subject.id} - {""}))
