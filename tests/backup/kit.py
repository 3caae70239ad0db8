"""Backing up and restoring a stage, and what must hold afterwards."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ligament.app.journal import journal_verify
from ligament.app.safety.backup import back_up
from ligament.app.safety.restore import restore
from ligament.ports.memory import Selection
from ligament.store.memory import ClinicStore
from tests.support.stage import Stage

Document = dict[str, Any]


def backed_up(clinic: Stage, name: str = "backup.zip") -> Path:
    """Back up into a file beside the home."""
    file = clinic.home.parent / name
    back_up(file, clinic.home, environ=clinic.environ, now=lambda: clinic.time.at)
    return file


def put_back(clinic: Stage, file: Path, home: Path | None = None, **environ: str) -> Document:
    """Restore without being asked."""
    verdict = restore(
        file, home or clinic.home, lambda _: True, environ={**clinic.environ, **environ}, now=lambda: clinic.time.at
    )
    return verdict.document


def verified(clinic: Stage) -> Document:
    """Check the journal."""
    with clinic.app() as app:
        return journal_verify(app).document


def twice(clinic: Stage) -> list[str]:
    """Return what the books hold more than once, or more money on than asked for."""
    books = clinic.kept_books()
    live = [one for one in books.invoices.values() if one.status not in {"VOIDED", "DELETED"}]
    found = Counter(one.number for one in live) + Counter(one.number for one in books.credit_notes.values())
    found += Counter(one.number for one in books.contacts.values() if one.number)
    return [key for key, count in found.items() if count > 1] + [o.number for o in live if o.amount_paid > o.total]


def links(clinic: Stage) -> tuple[list[str], list[str], list[str]]:
    """Return what is linked: numbers of contacts and documents, references of payments."""
    with clinic.app() as app:
        facts = app.store.gather(Selection(invoices=None, parties=None, visits=None))
    people = sorted(link.number for link in facts.contact_links.values())
    papers = sorted(link.number for held in facts.document_links.values() for link in held)
    money = sorted(link.reference for held in facts.payments.values() for link in held if link.live)
    return people, papers, money


def knows(clinic: Stage, word: str) -> bool:
    """Say whether anything that is kept of the practice bears a word."""
    with clinic.app() as app, app.database.reading() as connection:
        bodies = connection.exec_driver_sql("SELECT body FROM practice_rows").scalars().all()
        return any(word.encode() in bytes(body) for body in bodies)


def cut_off(clinic: Stage, monkeypatch: pytest.MonkeyPatch, *, write: int) -> None:
    """Run a cycle whose process dies right after the books took its n-th write, before the answer was kept."""
    kept, seen = ClinicStore.close_intent, 0

    def die(store: ClinicStore, *arguments: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == write:
            raise KeyboardInterrupt
        kept(store, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(ClinicStore, "close_intent", die)
        with pytest.raises(KeyboardInterrupt):
            clinic.sync()
