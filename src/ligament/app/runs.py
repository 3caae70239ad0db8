"""Runs: when each was, what it came to, what it wrote and cost; for pages, and for the command line and machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.cut_short import cut_undo
from ligament.app.documents import KINDS, Document
from ligament.app.journal_archive import archived_sentence
from ligament.app.results import Result
from ligament.app.undo_reading import undos_of
from ligament.core.ids import RunId
from ligament.core.money import two_places
from ligament.core.periods import iso_instant
from ligament.core.undos import RunWrite
from ligament.store.queries.run_writes import RunWrites
from ligament.store.writes.runs import QUIET, Run
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

COUNTS = ("read", "planned", "created", "updated", "voided", "unchanged", "held", "skipped", "failed")
"""What is counted of each kind of record, in the order in which it is shown."""
LISTED = 50
_WRITTEN = ("created", "updated", "voided")
_NAMES = {"sync": "Run", "reconcile": "Comparison", QUIET: "Look, nothing changed", "undo": "Undo", "plan": "Plan"}


def run_list(clinic: Clinic, *, before: str = "", limit: int = 200) -> Document:
    """Return a page of runs, newest first; `more` says whether there are older ones."""
    found = clinic.runs.newest(limit + 1, before)
    return {"runs": [_shown(run) for run in found[:limit]], "more": len(found) > limit}


def one_run(clinic: Clinic, run_id: str) -> Document | None:
    """Return one run with its counts by kind, or nothing."""
    run = clinic.runs.one(RunId(run_id))
    if run is None:
        return None
    counts = {word: run.summary.get(word) or {} for word in COUNTS}
    writes = RunWrites(clinic.journal).of([run.id])
    rows = [{"kind": kind, **{word: counts[word].get(kind, 0) for word in COUNTS}} for kind in KINDS]
    calls = run.summary.get("calls") or {}
    return {
        **_shown(run),
        "counts": rows if any(counts.values()) else [],
        "calls": [{"system": name, "calls": _calls(told)} for name, told in calls.items()],
        "writes": [_write(write) for write in writes],
        "archived": "" if writes else archived_sentence(clinic, run.started_at),
        "undone_by": undos_of(clinic, run.id),
        "undo_cut": cut.sentence if (cut := cut_undo(clinic, run.id)) is not None else "",
        "books": clinic.books_manifest.title,
        "recovered": run.summary.get("recovered") or 0,
    }


def _shown(run: Run) -> Document:
    summary = run.summary
    return {
        "id": str(run.id),
        "kind": run.kind,
        "name": _NAMES.get(run.kind, run.kind.capitalize()),
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "seconds": (run.finished_at - run.started_at).total_seconds() if run.finished_at is not None else None,
        "written": sum(sum((summary.get(word) or {}).values()) for word in _WRITTEN),
        "held": sum((summary.get("held") or {}).values()),
        "failed": sum((summary.get("failed") or {}).values()),
        "variances": summary.get("variances"),
        "balanced": summary.get("balanced"),
        "trouble": str(summary.get("error") or summary.get("parked") or ""),
        "stopped": bool(summary.get("stopped")),
    }


# --- for the command line and machines --------------------------------------------------------------------------------


def list_runs(clinic: Clinic, *, limit: int = LISTED) -> Result:
    """Tell the newest runs, newest first; of those that wrote nothing only the newest is kept."""
    return Result(document={"runs": [_listed(clinic, run) for run in clinic.runs.newest(limit)]})


def show_run(clinic: Clinic, wanted: str) -> Result:
    """Tell one run with everything that it wrote; raises ConfigurationError where there is none of that id."""
    run = clinic.runs.one(RunId(wanted))
    if run is None:
        raise ConfigurationError((f'There is no run "{wanted}"; `ligament runs` lists them.',))
    writes = RunWrites(clinic.journal).of([run.id])
    archived = "" if writes else archived_sentence(clinic, run.started_at)
    return Result(
        document={**_listed(clinic, run), "writes": [_written(write) for write in writes], "archived": archived}
    )


def _listed(clinic: Clinic, run: Run) -> Document:
    return {
        "run_id": run.id,
        "kind": run.kind,
        "started_at": iso_instant(run.started_at),
        "finished_at": iso_instant(run.finished_at) if run.finished_at is not None else None,
        "undone_by": undos_of(clinic, run.id),
        "summary": dict(run.summary),
    }


def _written(write: RunWrite) -> Document:
    return {
        "action": write.kind.value,
        "source_id": write.subject.id,
        "number": write.number,
        "amount": two_places(write.amount),
        "books_id": str(write.books_id or write.payment_id or write.contact_id or ""),
    }


# --- for pages --------------------------------------------------------------------------------------------------------


def _write(write: RunWrite) -> Document:
    return {
        "what": write.kind.value.replace("_", " "),
        "source_id": write.subject.id,
        "number": write.number,
        "amount": write.amount,
    }


def _calls(told: object) -> int:
    """Return how many calls one system was asked, however finely they were counted."""
    if isinstance(told, Mapping):
        return sum(_calls(one) for one in told.values())
    return told if isinstance(told, int) else 0


def outcome(run: Mapping[str, Any]) -> str:
    """Say in a sentence how a run ended."""
    if run["finished_at"] is None:
        return "It goes on, or was cut off."
    if run["trouble"]:
        return str(run["trouble"])
    if run["stopped"]:
        return "It was stopped, and goes on with the next run."
    if run["kind"] == "reconcile" and run["variances"] is not None:
        return "Every cent is matched." if run["balanced"] else f"{run['variances']} differences listed."
    parts = [f"{run['written']} written"]
    parts += [f"{run[word]} {text}" for word, text in (("held", "wait"), ("failed", "refused")) if run[word]]
    return ", ".join(parts) + "."
