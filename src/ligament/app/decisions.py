"""Decisions: what a person answered to an open hold."""

from __future__ import annotations

from ligament.app.documents import Document, hold_document
from ligament.core.holds import Hold
from ligament.core.links import Decision, DecisionKind
from ligament.core.periods import iso_instant
from ligament.wiring.clinic import Clinic


def open_holds(clinic: Clinic) -> list[Document]:
    """Return every open hold, oldest first; one that was answered says so until the next run acted on it."""
    held = list(clinic.store.open_holds())
    answers = clinic.store.answers(held)
    return [{**hold_document(hold), **answered(answers.get(hold.id))} for hold in held]


def answered(answer: Decision | None) -> Document:
    """Return what a person answered, under `answered`, or nothing."""
    if answer is None:
        return {}
    told = {"decision": answer.decision.value, "by": answer.by, "at": iso_instant(answer.at), "reason": answer.reason}
    return {"answered": told}


def decide_hold(clinic: Clinic, hold: Hold, choice: DecisionKind, by: str, reason: str = "") -> None:
    """Keep a person's answer to exactly what the hold shows."""
    decision = Decision(
        subject=hold.subject,
        code=hold.decision_code,
        decision=choice,
        fingerprint=hold.fingerprint,
        by=by,
        reason=reason,
        at=clinic.clock.now(),
    )
    clinic.store.decide(decision)


def means(hold: Hold, name: str) -> bool:
    """Say whether a person means that hold: by its id, the practice's number or id, or our number in the books."""
    return bool({name, name.rpartition("-")[2]} & ({hold.id, hold.number, hold.subject.id} - {""}))
