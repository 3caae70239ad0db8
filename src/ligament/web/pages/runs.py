"""Runs: what each did, how long it took and what it cost; one more, now; and taking back what one posted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.contacts.listing import called_by_name
from ligament.app.runs import COUNTS, one_run, outcome, run_list
from ligament.app.sync import sync
from ligament.app.undo import give_up, undo
from ligament.app.undo_names import with_names
from ligament.core.access import Right
from ligament.service.errands import set_going
from ligament.web.beginning import beginning
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Visit
from ligament.web.pages.plan import KIND_TITLES

MOST_SHOWN = 100
_UNDONE = "What could be taken back is taken back, and waits; it is not posted again by itself."
_GOES_ON = "The run goes on. This page shows what it came to when it has ended."


def show(visit: Visit) -> Answer:
    """Show the newest runs."""
    return _page(visit)


def _page(visit: Visit, error: str = "") -> Shown:
    before = visit.query.get("before")
    with visit.opened() as clinic:
        found = run_list(clinic, before=before)
        first = None if found["runs"] else beginning(visit, clinic)
    rows = [{**run, "outcome": outcome(run)} for run in found["runs"]]
    values = {
        "beginning": first,
        "runs": rows,
        "after": f"?before={rows[-1]['id']}" if found["more"] else "",
        "before": before,
        "error": error,
        "may_run": visit.may(Right.RUN),
    }
    return Shown(template="runs", values=values, status=422 if error else 200)


def show_one(visit: Visit) -> Answer:
    with visit.opened() as clinic:
        run = one_run(clinic, visit.values["run"])
        people = {one["source_id"] for one in run["writes"][:MOST_SHOWN] if "contact" in one["what"]} if run else set()
        named = called_by_name(clinic, {f"{kind}:{one}" for one in people for kind in ("patient", "payer")})
    if run is None:
        raise NotThere
    can_be_undone = run["kind"] != "undo" and (bool(run["undo_cut"]) or not run["undone_by"])
    values = {
        "most": MOST_SHOWN,
        "may_undo": visit.may(Right.DECIDE) and can_be_undone,
        "run": run,
        "people_named": named,
        "outcome": outcome(run),
        "sign": _sign(run),
        "columns": COUNTS,
        "titles": KIND_TITLES,
    }
    return Shown(template="run", values=values)


def _sign(run: Mapping[str, Any]) -> str:
    if run["trouble"]:
        return "troubled"
    is_open = run["finished_at"] is None or run["balanced"] is False
    return "waits" if is_open or run["held"] or run["failed"] else "well"


def run_now(visit: Visit) -> Answer:
    """Run now, and show what came of it; one that takes long goes on by itself."""

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return sync(clinic).document

    errand = set_going(visit.clinic.name, "run now", work)
    if not errand.is_over:
        return Moved(to=f"{visit.clinic_path}/runs", flash=_GOES_ON)
    if errand.document is None:
        return _page(visit, error=errand.trouble)
    return Moved(to=f"{visit.clinic_path}/runs/{errand.document['run_id']}")


def take_back(visit: Visit) -> Answer:
    """Show what undoing a run would do and what it cannot; with a yes it is done, and asking counts as approval.

    One that was cut off can be given up instead.
    """
    wanted, is_sure = visit.values["run"], visit.form.get("confirm") == "yes"
    with visit.opened() as clinic:
        run = one_run(clinic, wanted)
        if run is not None and run["undo_cut"] and visit.form.get("confirm") == "give_up":
            return Moved(to=f"{visit.clinic_path}/runs/{wanted}", flash=give_up(clinic, wanted).document["sentence"])
    if run is None:
        raise NotThere

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return undo(clinic, wanted, dry_run=not is_sure).document

    errand = set_going(visit.clinic.name, f"undo {wanted} {is_sure}", work)
    if not errand.is_over:
        return Moved(to=f"{visit.clinic_path}/runs", flash=_GOES_ON)
    done = errand.document
    if is_sure and done is not None and done["run_id"]:
        return Moved(to=f"{visit.clinic_path}/runs/{done['run_id']}", flash=_UNDONE)
    if done is not None:
        with visit.opened() as clinic:
            done = with_names(clinic, done)
    # What carried out nothing tells why; its actions are no offer.
    values = {
        "run": run,
        "undone": done and {"actions": [], "sentence": "", **done},
        "error": errand.trouble,
        "books": run["books"],
        "most": MOST_SHOWN,
    }
    return Shown(template="undo", values=values, status=422 if errand.trouble else 200)


PAGES = (
    Page(path="/c/{clinic}/runs", name="runs", answer=show, right=Right.LOOK, menu="Runs"),
    Page(path="/c/{clinic}/runs", name="run now", method="POST", answer=run_now, right=Right.RUN),
    Page(path="/c/{clinic}/runs/{run}", name="run", answer=show_one, right=Right.LOOK),
    Page(path="/c/{clinic}/runs/{run}/undo", name="undo", method="POST", answer=take_back, right=Right.DECIDE),
)
