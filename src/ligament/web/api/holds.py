"""Holds: what waits for a person, and the answers to it."""

from __future__ import annotations

from ligament.app.holds import DoesNotFit, answer
from ligament.app.known_words import not_known
from ligament.app.lists import hold_rows, holds, kept_hold_document, place_of
from ligament.core.access import Right
from ligament.core.holds import HoldCode, HoldKind
from ligament.web.api.answers import HoldDecision, HoldRow
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import Problem, nothing_there, wrong
from ligament.web.api.shapes import HoldFilter, HoldWord


def listed(asking: Asking) -> Told:
    """List open holds, oldest first."""
    wanted, pager = asking.query_as(HoldFilter), asking.pages
    for place, word, known in (("code", wanted.code, HoldCode), ("kind", wanted.kind, HoldKind)):
        if word and (trouble := not_known(word, [one.value for one in known])):
            raise wrong(place, trouble)
    after = (str(pager.after[0]), str(pager.after[1])) if pager.after else None
    database, clinic = asking.house.access.database, asking.clinic.name
    rows = holds(database, clinic, code=wanted.code, kind=wanted.kind, after=after, limit=pager.limit)
    return Told(document=pager.cut_together(rows, place_of, hold_rows))


def show(asking: Asking) -> Told:
    """Tell one hold, open or closed."""
    with asking.opened() as clinic:
        kept = clinic.queries.hold(asking.values["id"])
        if kept is None:
            raise nothing_there()
        return Told(document=kept_hold_document(kept))


def decide(asking: Asking) -> Told:
    """Answer one hold; the next run acts on it."""
    word, name = asking.body_as(HoldWord), asking.values["id"]
    with asking.opened() as clinic:
        kept = clinic.queries.hold(name)
        if kept is None:
            raise nothing_there()
        if kept.closed_at is not None:
            raise Problem(409, "This no longer waits: it was answered, or went on by itself. Nothing was changed.")
        try:
            done = answer(clinic, [name], word.choice, word.note, word.contact).document
        except DoesNotFit as trouble:
            raise wrong("choice", str(trouble)) from None
    told = {"id": name, "choice": word.choice, "holds": done["holds"], "sentence": done["sentence"]}
    return Told(document=told)


CALLS = (
    Call(
        path=f"{CLINIC}/holds",
        answer=listed,
        does="What waits for a person, oldest first.",
        gives=HoldRow,
        query=HoldFilter,
        is_list=True,
    ),
    Call(path=f"{CLINIC}/holds/{{id}}", answer=show, does="One hold, open or closed.", gives=HoldRow),
    Call(
        path=f"{CLINIC}/holds/{{id}}/decision",
        method="POST",
        answer=decide,
        does="Answer a hold; the next run acts on it.",
        gives=HoldDecision,
        takes=HoldWord,
        right=Right.DECIDE,
    ),
)
