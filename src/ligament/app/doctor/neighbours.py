"""Other clinics of this home that lean on the same books: seldom meant, and never seen otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ligament.app.doctor.checks import Check, bad
from ligament.core.notes import ORGANISATION_NOTE, PRACTICE_NOTE
from ligament.flow.read.practice_pin import is_same
from ligament.store.queries.pins import kept_by
from ligament.wiring.clinic import Clinic

_CONNECTIONS = "Connections"


def neighbour_checks(clinic: Clinic) -> Iterator[Check]:
    """Say which other clinics post into the same organisation, where they would get into each other's way."""
    named = {one.name: one for one in clinic.home_settings.clinics}
    pins = kept_by(clinic.database, named, (ORGANISATION_NOTE, PRACTICE_NOTE))
    mine = clinic.settings
    books, practice = clinic.books_manifest.title, clinic.practice_manifest.title
    organisation = pins.get((mine.name, ORGANISATION_NOTE), "")
    own = json.loads(pins.get((mine.name, PRACTICE_NOTE)) or "{}")
    for name, other in named.items():
        if name == mine.name or not organisation or pins.get((name, ORGANISATION_NOTE)) != organisation:
            continue
        # Who looks after one clinic in a browser need not know what the others are called.
        who = f"the clinic {other.id}" if clinic.outside.source == "cli" else "another clinic here"
        kept = json.loads(pins.get((name, PRACTICE_NOTE)) or "{}")
        if own and kept and is_same(kept, own):
            sentence = f"This {practice} account and this {books} organisation are those of {who} too."
            yield bad(_CONNECTIONS, sentence, "Connect one of them with keys of its own, or take it out of service.")
        elif other.rulebook.invoices.prefix == mine.rulebook.invoices.prefix:
            sentence = f"{who[0].upper()}{who[1:]} posts into the same {books} organisation, with the same numbers."
            todo = "Give one of them another [invoices] prefix, or connect it with its own organisation."
            yield bad(_CONNECTIONS, sentence, todo)
