"""Invoices that vanished in the practice all at once: what is known of them, and a person's word that they are gone."""

from __future__ import annotations

from datetime import timedelta

from ligament.app.documents import Document
from ligament.app.results import Result
from ligament.core.periods import iso_instant
from ligament.flow.reconcile.vanished import Vanished, accept_vanished, vanished
from ligament.ports.errors import SignInAgain
from ligament.store.journal.journal import Note
from ligament.store.queries.lists import Lists
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

_NAMED = 20
_LOOK_AGAIN = timedelta(hours=1)


def vanished_invoices(clinic: Clinic) -> Document | None:
    """Return what vanished and waits for a person's word, the first of them by number; nothing if nothing does."""
    found = vanished(clinic.store)
    return _told(clinic, found) if found is not None and not found.accepted else None


def _told(clinic: Clinic, found: Vanished) -> Document:
    first = Lists(clinic.journal).invoices(after="", limit=_NAMED, numbers=sorted(found.ids)[:_NAMED])
    return {
        "count": len(found.ids),
        "of": found.kept,
        "seen_at": iso_instant(found.at),
        "numbers": [one.number for one in first],
        "sentence": found.sentence(clinic.practice_manifest.title),
    }


def accept_removed(clinic: Clinic, note: str) -> Result:
    """Keep that the invoices which vanished were really removed; the next comparison takes exactly these for that.

    Nothing is voided by it: what stands in the books then is told, and goes the way of everything that was removed.
    Raises ConfigurationError without a reason, and where nothing waits for that word.
    """
    if not note.strip():
        raise ConfigurationError(("--note: say in a few words why they are gone.",))
    found = vanished(clinic.store)
    if found is None or found.accepted:
        title = clinic.practice_manifest.title
        raise ConfigurationError((f"No comparison waits for that: {title} shows what it showed before.",))
    told = _told(clinic, found)
    public = {"decision": "removed", "invoices": told["count"], "of": told["of"], "first": told["numbers"]}
    with clinic.journal.writing() as writing:
        writing.add(Note(kind="decision", public=public, personal={"reason": note.strip()}, actor=clinic.outside.actor))
    accept_vanished(clinic.store, found)
    return Result(document={"accepted": {key: told[key] for key in ("count", "of", "numbers")}, "note": note.strip()})


def look_again_later(clinic: Clinic) -> None:
    """Raise SignInAgain while a person is asked whether invoices were removed, without a call to either system.

    Once an hour it is tried again, because a key may have got its rights back meanwhile.
    """
    found = vanished(clinic.store)
    if found is None or found.accepted or clinic.clock.now() - found.at >= _LOOK_AGAIN:
        return
    raise SignInAgain(found.sentence(clinic.practice_manifest.title))
