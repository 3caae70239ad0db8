"""Runs: what each came to, and asking for one now."""

from __future__ import annotations

from ligament.app.asked_runs import all_runs, ask_for_run, one_of_all_runs
from ligament.core.access import Right
from ligament.web.api.answers import RunAnswer
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import nothing_there
from ligament.web.api.shapes import RunWish


def listed(asking: Asking) -> Told:
    """List runs, newest first."""
    pager = asking.pages
    with asking.opened() as clinic:
        rows = all_runs(clinic, before=pager.after_text(), limit=pager.limit)
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
)
