"""Who treats and who signs in to the books: matched by e-mail, kept as a cross-reference of ids."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from ligament.core.associations import as_pairs, owners_of
from ligament.core.ledgers import BooksUser
from ligament.core.notes import OWNERS_LOOKED_NOTE, OWNERS_LOST_NOTE, OWNERS_NOTE
from ligament.core.periods import local_date
from ligament.ports.errors import PortError
from ligament.wiring.clinic import Clinic


def refresh_owners(clinic: Clinic) -> None:
    """Match the owners once a day; what the books do not tell today is asked for tomorrow."""
    today = local_date(clinic.clock.now(), clinic.settings.rulebook.clinic.time_zone).isoformat()
    people = clinic.people.practitioners()
    if not people or clinic.store.note(OWNERS_LOOKED_NOTE) == today:
        return
    clinic.store.keep_note(OWNERS_LOOKED_NOTE, today)
    try:
        keep_owners(clinic, clinic.books().users())
    except PortError:
        # Not every connection may list users, and owners are no reason to fail a run.
        return


def look_at_owners(clinic: Clinic) -> None:
    """Match the owners again where there is a match to lose: a comparison tells of those that are none any more."""
    if not kept_owners(clinic) and not _lost(clinic):
        return
    try:
        keep_owners(clinic, clinic.books().users())
    except PortError:
        return


def keep_owners(clinic: Clinic, users: Iterable[BooksUser]) -> Mapping[str, str]:
    """Keep who is whom by id, who was somebody and is not any more, and let the journal tell when that changed."""
    people = clinic.people.practitioners()
    found, before = owners_of(people, users), {**_lost(clinic), **kept_owners(clinic)}
    at_work = {str(person.id) for person in people if person.active}
    lost = {key: user for key, user in before.items() if key in at_work and key not in found}
    clinic.store.keep_note(OWNERS_NOTE, json.dumps(found, sort_keys=True))
    clinic.store.keep_note(OWNERS_LOST_NOTE, json.dumps(lost, sort_keys=True))
    return found


def lost_owners(clinic: Clinic) -> list[tuple[str, str]]:
    """Return those who treat and had a user of the books once: ids with names."""
    lost = _lost(clinic)
    return [(str(person.id), person.name) for person in clinic.people.practitioners() if str(person.id) in lost]


def _lost(clinic: Clinic) -> Mapping[str, str]:
    return as_pairs(json.loads(clinic.store.note(OWNERS_LOST_NOTE) or "{}"))


def kept_owners(clinic: Clinic) -> Mapping[str, str]:
    """Return the user of the books behind each practitioner, by ids."""
    return as_pairs(json.loads(clinic.store.note(OWNERS_NOTE) or "{}"))
