"""Runs that other tools ask for: asking, what came of each, and doing one; beside them the runs of the schedule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ligament.app.documents import Document
from ligament.app.names import places
from ligament.app.reconcile import period_of, reconcile
from ligament.app.sync import sync
from ligament.app.undo import undo
from ligament.core.ids import BooksId, RunId
from ligament.core.intents import Subject, SubjectKind, subject_from_key
from ligament.core.periods import iso_instant
from ligament.flow.read.read import Hint
from ligament.store.writes.asked_runs import ENDED, FAILED, RUNNING, AskedRun, AskedRuns
from ligament.store.writes.runs import Run
from ligament.wiring.ambient import random_hex
from ligament.wiring.clinic import Clinic

SYNC, COMPARISON, UNDO = "sync", "reconcile", "undo"
_LONG = {"holds", "skips", "waiting", "variances"}
_CUT_OFF = "It was cut off; the next run went on with what it left."
_HINTED = {"contact", "invoice", "credit_note"}
_KINDS = {kind.value for kind in SubjectKind}


def ask_for_run(clinic: Clinic, records: Collection[str] = ()) -> Document:
    """Keep that a run is to be done now: of the whole clinic, or of some records."""
    return _ask(clinic, SYNC, {"records": list(dict.fromkeys(records))})


def ask_for_comparison(clinic: Clinic, *, first: str | None, last: str | None, full: bool) -> Document:
    """Keep that both systems are to be compared; raises ConfigurationError for days that are none."""
    period_of(clinic, first, last, full=full)
    return _ask(clinic, COMPARISON, {"from": first, "to": last, "full": full})


def ask_for_undo(clinic: Clinic, run_id: str) -> Document:
    """Keep that what a run wrote is to be taken back."""
    return _ask(clinic, UNDO, {"run": run_id})


def _ask(clinic: Clinic, kind: str, wish: Mapping[str, Any]) -> Document:
    now = clinic.clock.now()
    asked = AskedRun(
        clinic=clinic.journal.clinic,
        id=RunId(f"{now.strftime('%Y%m%dT%H%M%S%f')}-{random_hex(3)}"),
        kind=kind,
        wish=wish,
        actor=clinic.outside.actor,
        source=clinic.outside.source,
        asked_at=now,
        summary={},
    )
    _asked(clinic).ask(asked)
    return _asked_document(asked)


# --- looking ----------------------------------------------------------------------------------------------------------


def all_runs(clinic: Clinic, *, before: str, limit: int) -> list[Document]:
    """Return runs, newest first, those that were asked for and those of the schedule; one more than fits."""
    made = {str(run.id): _run_document(run) for run in clinic.runs.newest(limit + 1, before)}
    newest = clinic.runs.newest(1)
    for name, told in made.items():
        if told["state"] == RUNNING and newest and name != newest[0].id:
            told |= {"state": FAILED, "sentence": _CUT_OFF}
    asked = _asked(clinic).newest(clinic.journal.clinic, limit + 1, before)
    made |= {str(run.id): _asked_document(run) for run in asked}
    return [made[name] for name in sorted(made, reverse=True)[: limit + 1]]


def one_of_all_runs(clinic: Clinic, name: str) -> Document | None:
    asked = _asked(clinic).one(clinic.journal.clinic, name)
    if asked is not None:
        return _asked_document(asked)
    made = clinic.runs.one(RunId(name))
    if made is None:
        return None
    told, newest = _run_document(made), clinic.runs.newest(1)
    if told["state"] == RUNNING and newest and newest[0].id != made.id:
        told |= {"state": FAILED, "sentence": _CUT_OFF}
    return told


def has_begun(clinic: Clinic, name: str) -> bool:
    """Say whether a run began and is kept, so that it may have written something."""
    return clinic.runs.one(RunId(name)) is not None


def _asked_document(run: AskedRun) -> Document:
    return {
        "id": str(run.id),
        "kind": run.kind,
        "state": run.state,
        "records": list(run.wish.get("records") or ()),
        "asked_by": run.actor,
        "asked_at": iso_instant(run.asked_at),
        "started_at": iso_instant(run.began_at) if run.began_at else None,
        "finished_at": iso_instant(run.ended_at) if run.ended_at else None,
        "sentence": run.sentence,
        "summary": dict(run.summary),
    }


def _run_document(run: Run) -> Document:
    trouble = str(run.summary.get("error") or run.summary.get("parked") or "")
    is_over = run.finished_at is not None
    return {
        "id": str(run.id),
        "kind": run.kind,
        "state": RUNNING if not is_over else FAILED if trouble else ENDED,
        "records": [],
        "asked_by": None,
        "asked_at": iso_instant(run.started_at),
        "started_at": iso_instant(run.started_at),
        "finished_at": iso_instant(run.finished_at) if run.finished_at is not None else None,
        "sentence": trouble,
        "summary": {key: value for key, value in run.summary.items() if key not in _LONG},
    }


# --- doing ------------------------------------------------------------------------------------------------------------


def do_asked(clinic: Clinic, asked: AskedRun) -> Document:
    """Do what was asked for, under the id that was told; raises what a run raises."""
    if asked.is_first_time:
        clinic.runs.reserve(asked.id)
    wish = asked.wish
    if asked.kind == COMPARISON:
        told = reconcile(clinic, first=wish.get("from"), last=wish.get("to"), full=bool(wish.get("full"))).document
    elif asked.kind == UNDO:
        told = undo(clinic, str(wish["run"])).document
    elif records := wish.get("records"):
        told = _sync_records(clinic, records)
    else:
        told = sync(clinic).document
    return {key: value for key, value in told.items() if key not in _LONG}


def _sync_records(clinic: Clinic, records: Collection[str]) -> Document:
    """Read what changed in the practice and what is named of the books, and plan the records named once more.

    A record that is new in the practice is not known here yet; it is among what changed. What is known of no system
    even then is told under `unknown`.
    """
    subjects: set[Subject] = set()
    hints: list[Hint] = []
    for name in records:
        for found in places(clinic, name):
            if found.side == "books" and found.kind in _HINTED:
                hints.append(Hint(kind=found.kind, id=BooksId(found.id)))
            if found.subject.partition(":")[0] in _KINDS:
                subjects.add(subject_from_key(found.subject))
    if subjects:
        clinic.store.look_again(subjects)
    told = sync(clinic, hints=tuple(hints) or None, leave_books=True).document
    unknown = [name for name in records if not places(clinic, name)]
    return {**told, "unknown": unknown} if unknown and not told.get("parked") else told


def what_failed(told: Mapping[str, Any]) -> str:
    """Return why a run that was asked for did not do all that was wanted, or nothing."""
    if unknown := told.get("unknown"):
        named = ", ".join(f'"{name}"' for name in unknown)
        return f"Neither system has anything called {named}; everything else was done."
    return str(told.get("parked") or "")


def _asked(clinic: Clinic) -> AskedRuns:
    return AskedRuns(clinic.database, clinic.clock.now)
