"""Old copies of the database, and people erased since: nothing that Ligament does reaches into a copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ligament.app.doctor.checks import Check, advise, ok, warn
from ligament.app.safety.backup import backups_made, made_at
from ligament.core.periods import australian
from ligament.store.journal.erasure import erasures
from ligament.wiring.clinic import Clinic

_HOME = "Home"
NO_COPY_YET = "No backup was made from here yet."
_ASIDE = re.compile(r"\.before-restore-(\d{8}T\d{6})")
_SHOWN = 5
_MAKE_ONE = "Make one with `ligament backup FILE`, and keep it on another machine."


def copy_checks(clinic: Clinic) -> Iterator[Check]:
    """Say when the last backup was made, and which copies still hold people who were erased since."""
    made = backups_made(clinic.database)
    zone = ZoneInfo(clinic.settings.rulebook.clinic.time_zone)
    if made:
        file, at = max(made.items(), key=lambda one: one[1])
        local = at.astimezone(zone)
        sentence = f"The last backup was made on {australian(local.date())}, {local:%H:%M}: {file}."
        if file.is_file():
            yield ok(_HOME, sentence)
        else:
            yield advise(_HOME, f"{sentence} It is not there any more.", _MAKE_ONE)
    else:
        yield advise(_HOME, NO_COPY_YET, _MAKE_ONE)
    copies = {**made, **_beside(clinic.home_settings.home)}
    erased = erasures(clinic.journal) if copies else []
    holding: dict[Path, int] = {}
    for file, at in sorted(copies.items()):
        if file.is_file():
            people = {subject for when, subject in erased if when > at}
            holding |= {file: len(people)} if people else {}
    if holding:
        yield _warning(holding)


def _warning(holding: dict[Path, int]) -> Check:
    most = max(holding.values())
    whom = "a person who was" if most == 1 else f"{most} people who were"
    which, them = ("1 old copy still holds", "it") if len(holding) == 1 else (f"{len(holding)} old copies hold", "them")
    named = ", ".join(str(file) for file in list(holding)[:_SHOWN])
    more = f" and {len(holding) - _SHOWN} more" if len(holding) > _SHOWN else ""
    return warn(
        _HOME,
        f"{which} {whom} erased since: {named}{more}.",
        f"Make a new backup, then delete {them}, here and wherever else you put {them}; "
        "putting one back erases these people again.",
    )


def _beside(home: Path) -> dict[Path, datetime]:
    """Return the copies in a home, with the moment of which they are."""
    found: dict[Path, datetime] = {}
    for file in home.rglob("*"):
        aside = _ASIDE.search(file.name)
        if aside is not None and (".db" in file.name or file.suffix == ".backup"):
            found[file] = datetime.strptime(aside[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        elif file.is_file() and file.suffix in {".zip", ".backup"} and (at := made_at(file)) is not None:
            found[file] = at
    return found
