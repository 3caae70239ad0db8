"""Runs: what each came to, and asking for one now."""

from __future__ import annotations

from ligament.app.asked_runs import all_runs, ask_for_run, ask_for_undo, has_begun, one_of_all_runs
from ligament.app.undo import undo
from ligament.core.access import Right
from ligament.web.api.answers import RunAnswer, UndoAnswer
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import Problem, nothing_there
from ligament.web.api.shapes import RunWish, UndoWish


def listed(asking: Asking) -> Told:
    """List runs, newest first."""
    pager = asking.pages
    with asking.opened() as clinic:
        rows = all_runs(clinic, before=pager.after_text, limit=pager.limit)
    return Told(document=pager.cut(rows, lambda row: (row["id"],), dict))


def show(asking: Asking) -> Told:
    """Tell one run."""
    with asking.opened() as clinic:
        found = one_of_all_runs(clinic, asking.values["id"])
    if found is None:
        raise nothing_there()
    return Told(document=found)


def ask(asking: Asking) -> Told:
    """Ask for a run now; it is kept before this is answered, and begins at once."""
    with asking.opened() as clinic:
        run = ask_for_run(clinic, asking.body_as(RunWish).records or ())
    return Told(document=run, status=202, location=f"{asking.path}/runs/{run['id']}")


def take_back(asking: Asking) -> Told:
    """Undo a run, or tell what that would do."""
    name, wish = asking.values["id"], asking.body_as(UndoWish)
    with asking.opened() as clinic:
        if one_of_all_runs(clinic, name) is None:
            raise nothing_there()
        if not has_begun(clinic, name):
            raise Problem(409, "That run wrote nothing that is kept, so there is nothing to undo.")
        if wish.dry_run:
            told = undo(clinic, name, dry_run=True, patience_ms=asking.patience_ms).document
            return Told(document={"sentence": "", "actions": [], **told, "id": name})
        run = ask_for_undo(clinic, name)
    return Told(document=run, status=202, location=f"{asking.path}/runs/{run['id']}")


CALLS = (
    Call(path=f"{CLINIC}/runs", answer=listed, does="Runs, newest first.", gives=RunAnswer, is_list=True),
    Call(
        path=f"{CLINIC}/runs",
        method="POST",
        answer=ask,
        does="Run now: the whole clinic, or the records with these ids.",
        gives=RunAnswer,
        takes=RunWish,
        right=Right.RUN,
        status=202,
    ),
    Call(path=f"{CLINIC}/runs/{{id}}", answer=show, does="One run with its state and counts.", gives=RunAnswer),
    Call(
        path=f"{CLINIC}/runs/{{id}}/undo",
        method="POST",
        answer=take_back,
        does="Take back what a run wrote; with `dry_run` tell what that would do (200).",
        gives=RunAnswer,
        takes=UndoWish,
        right=Right.RUN,
        status=202,
        or_gives={200: UndoAnswer},
    ),
)
