"""Run details: what ran, what came of it, and what one of them wrote, for machines."""

from __future__ import annotations

from ligament.app.documents import Document
from ligament.app.results import Result
from ligament.app.undo_reading import undos_of
from ligament.core.ids import RunId
from ligament.core.money import two_places
from ligament.core.periods import iso_instant
from ligament.core.undos import RunWrite
from ligament.store.queries.run_writes import RunWrites
from ligament.store.writes.runs import Run
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

LISTED = 50


def list_runs(clinic: Clinic, *, limit: int = LISTED) -> Result:
    """Tell the newest runs, newest first; of those that wrote nothing only the newest is kept."""
    return Result(document={"runs": [_document(clinic, run) for run in clinic.runs.newest(limit)]})


def show_run(clinic: Clinic, wanted: str) -> Result:
    """Tell one run with everything that it wrote; raises ConfigurationError where there is none of that id."""
    run = clinic.runs.one(RunId(wanted))
    if run is None:
        raise ConfigurationError((f'There is no run "{wanted}"; `ligament runs` lists them.',))
    writes = RunWrites(clinic.journal).of([run.id])
    return Result(document={**_document(clinic, run), "writes": [_write(write) for write in writes]})


def _document(clinic: Clinic, run: Run) -> Document:
    """Return a run as it is listed."""
    return {
        "run_id": run.id,
        "kind": run.kind,
        "started_at": iso_instant(run.started_at),
        "finished_at": iso_instant(run.finished_at) if run.finished_at is not None else None,
        "undone_by": undos_of(clinic, run.id),
        "summary": dict(run.summary),
    }


def _write(write: RunWrite) -> Document:
    return {
        "action": write.kind.value,
        "source_id": write.subject.id,
        "number": write.number,
        "amount": two_places(write.amount),
        "books_id": str(write.books_id or write.payment_id or write.contact_id or ""),
    }
