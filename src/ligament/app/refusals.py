"""What people refused, or left as it is: told by whom and why, as holds that need nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from ligament.app.documents import Document
from ligament.app.names import names_of
from ligament.core.document_numbers import is_exactly, names_of_number, practice_number
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.intents import subject_from_key
from ligament.core.links import DISMISSED_REASON, Decision, DecisionKind
from ligament.core.plans import ActionKind, State, without_paid
from ligament.wiring.clinic import Clinic

Refusal = tuple[set[str], Hold]
"""Something refused, told as a hold, with the names that it goes by."""
_TODO = "Nothing needs to be done; it can be planned again."


def refused_by(clinic: Clinic, wanted: str) -> list[Hold]:
    """Return what people refused about one record, by its number or id, as holds that need nobody."""
    return among(every_refusal(clinic), names_of(clinic, wanted))


def refused_exactly(clinic: Clinic, typed: str) -> dict[str, Hold]:
    """Return what people refused under the whole number of an action or the id of its refusal, by the action's key.

    A number that the record itself goes by means all that was refused about it, and none of this.
    """
    prefix, wanted = clinic.settings.rulebook.invoices.prefix, typed.strip()
    found: dict[str, Hold] = {}
    for key, (by, reason) in clinic.store.refused_by_people().items():
        number, hold = _as_hold(key, by, reason, prefix)
        is_whole = is_exactly(wanted, number, prefix) and number != prefix + practice_number(number, prefix)
        if is_whole or wanted == hold.id:
            found[key] = hold
    return found


def every_refusal(clinic: Clinic) -> tuple[Refusal, ...]:
    """Return all that people refused: actions that were planned, and records that were held and left."""
    return (*_planned(clinic.store.refused_by_people(), clinic.settings.rulebook.invoices.prefix), *_left(clinic))


def among(told: Iterable[Refusal], wanted: Collection[str]) -> list[Hold]:
    """Return what was refused about records, by their numbers or ids, each once."""
    names = {name for name in wanted if name}
    return list({hold.id: hold for named, hold in told if names & named}.values())


def told_refusals(refused: Mapping[str, tuple[str, str]], wanted: str, prefix: str) -> list[Hold]:
    """Return the planned actions of one record that were refused, from who did, and why, by the key of the action."""
    return [hold for named, hold in _planned(refused, prefix) if wanted and wanted in named]


def refusal_document(hold: Hold) -> Document:
    """Return who refused what and why."""
    return {"number": hold.number, "kind": hold.kind.value, **dict(hold.detail), "sentence": hold.sentence}


def _planned(refused: Mapping[str, tuple[str, str]], prefix: str) -> Iterator[Refusal]:
    """Give each action that somebody refused, with the names that it goes by."""
    for key, (by, reason) in refused.items():
        number, hold = _as_hold(key, by, reason, prefix)
        yield {*names_of_number(number, prefix), hold.number, hold.subject.id, hold.id}, hold


def _as_hold(key: str, by: str, reason: str, prefix: str) -> tuple[str, Hold]:
    """Return the number of an action that somebody refused, and the refusal told as a hold."""
    kind, subject, number = (*key.split("|"), "", "")[:3]
    hold = Hold(
        subject=subject_from_key(subject),
        code=HoldCode.REFUSED,
        kind=_kind_of(kind),
        number=practice_number(number, prefix) or without_paid(number),
        sentence=f"Refused by {by}: {reason}",
        todo=_TODO,
        detail={"by": by, "reason": reason},
    )
    return number, hold


def _left(clinic: Clinic) -> Iterator[Refusal]:
    """Give each record that waited until somebody refused or dismissed it, with the names that it goes by.

    A document whose money was left as it is goes on like any other, so that no outcome tells of it.
    """
    left = clinic.store.left_by_people()
    skipped = {one.subject.key for one in clinic.queries.outcomes(State.SKIPPED, DISMISSED_REASON)} if left else set()
    closed = clinic.queries.closed_holds(left) if left else ()
    answers = clinic.store.answers(closed)
    for held in closed:
        answer = answers.get(held.id)
        is_meant = held.kind is HoldKind.PAYMENT or held.subject.key in skipped
        if is_meant and answer is not None and answer.decision is DecisionKind.DISMISSED:
            told = replace(
                held,
                code=HoldCode.REFUSED,
                sentence=_words(answer),
                todo=_TODO,
                detail={"by": answer.by, "reason": answer.reason, "waited": held.sentence},
                proposed=None,
                rule="",
                waits_for="",
            )
            yield {held.number, held.subject.id, held.id, told.id}, told


def _words(answer: Decision) -> str:
    return f"Refused by {answer.by}: {answer.reason}" if answer.reason else f"Left as it is by {answer.by}."


def _kind_of(kind: str) -> HoldKind:
    if kind in {ActionKind.PAY, ActionKind.PAY_FIRST, ActionKind.UNPAY, ActionKind.ALLOCATE}:
        return HoldKind.PAYMENT
    documents = {ActionKind.CREATE_DOCUMENT, ActionKind.UPDATE_DOCUMENT, ActionKind.VOID}
    return HoldKind.INVOICE if kind in documents else HoldKind.CONTACT
