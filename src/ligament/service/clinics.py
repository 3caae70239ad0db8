"""Clinics of a home: how each stands, adding one, and taking one out of service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ligament.app.documents import Document
from ligament.app.results import DONE, WAITS, Result
from ligament.app.setup.starting import REMOVED
from ligament.core.periods import iso_instant
from ligament.service.glances import Glance, glance
from ligament.store.database.connection import Database, open_database
from ligament.store.queries.figures import last_ends
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.prepared import prepare
from ligament.wiring.rulebooks import ClinicSettings
from ligament.wiring.settings import Settings, load_settings


def list_clinics(home: Path | None, wanted: str | None = None) -> Result:
    """Tell how every clinic stands, or one; a clinic whose rulebook cannot be used is told too."""
    settings = load_settings(home=home, without_broken=True, may_be_empty=True)
    chosen = (settings.meant(wanted),) if wanted is not None else settings.clinics
    rows = _statuses(settings, chosen)
    if wanted is None:
        rows += [_broken(file, sentence) for file, sentence in settings.broken.items()]
    needs = any(row["waits"] or row["state"] in {"stopped", "broken"} for row in rows)
    return Result(document={"clinics": rows}, code=WAITS if needs else DONE)


def _statuses(settings: Settings, clinics: Sequence[ClinicSettings]) -> list[Document]:
    if not clinics:
        return []
    prepare()
    database = open_database(settings.database_url)
    try:
        return statuses(database, clinics)
    finally:
        database.close()


def statuses(database: Database, clinics: Sequence[ClinicSettings]) -> list[Document]:
    """Return how clinics stand, in their order."""
    seen, ends = glance(database, clinics), last_ends(database)
    return [_row(clinic, seen[clinic.name], ends.get(clinic.name)) for clinic in clinics]


def _row(clinic: ClinicSettings, found: Glance, ended: str | None) -> Document:
    by_service = iso_instant(found.last_run_at) if found.last_run_at else None
    last = max((at for at in (by_service, ended) if at), default=None)
    is_new = found.sign == "new" and last is not None
    return {
        "id": clinic.id,
        "name": clinic.title,
        "state": "well" if is_new else found.sign,
        "sentence": "All is well: nothing waits for you." if is_new else found.sentence,
        "holds": found.holds,
        "approvals": found.approvals,
        "waits": found.waits,
        "last_run_at": last,
        "next_run_at": iso_instant(found.next_run_at) if found.next_run_at else None,
        "limits": {"daily_calls": clinic.rulebook.sync.daily_calls},
        "time_zone": clinic.rulebook.clinic.time_zone,
        "rulebook": str(clinic.file),
    }


def _broken(file: Path, sentence: str) -> Document:
    nothing = dict.fromkeys(("last_run_at", "next_run_at"))
    counts = dict.fromkeys(("holds", "approvals", "waits"), 0)
    named: Document = {"id": file.stem, "name": file.stem, "state": "broken", "sentence": sentence}
    return {**named, **counts, **nothing, "limits": {}, "time_zone": "", "rulebook": str(file)}


def remove_clinic(home: Path | None, wanted: str) -> Result:
    """Take a clinic out of service: its rulebook is put aside, and what is known of it is kept."""
    found = load_settings(home=home, without_broken=True).meant(wanted)
    aside = found.file.with_name(found.file.name + REMOVED)
    if aside.exists():
        raise ConfigurationError((f"{aside}: there is a removed clinic of that name already; move that file away.",))
    found.file.replace(aside)
    sentence = f"{found.title} is out of service. What is known of it is kept; its rulebook is {aside}."
    return Result(document={"removed": found.name, "rulebook": str(aside), "sentence": sentence})
