"""Who treats and who signs in to the books: matched by e-mail, kept as a cross-reference of ids."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from ligament.core.associations import as_pairs, owners_of
from ligament.core.ledgers import BooksUser
from ligament.core.periods import local_date
from ligament.ports.errors import PortError
from ligament.wiring.clinic import Clinic

_MATCHES, _LOOKED = "owners", "owners_looked_on"


def refresh_owners(clinic: Clinic) -> None:
    """Match the owners once a day; what the books do not tell today is asked for tomorrow."""
    today = local_date(clinic.clock.now(), clinic.settings.rulebook.clinic.time_zone).isoformat()
    people = clinic.people.practitioners()
    if not people or clinic.store.note(_LOOKED) == today:
        return
    clinic.store.keep_note(_LOOKED, today)
    try:
        keep_owners(clinic, clinic.books().users())
    except PortError:
        # Not every connection may list users, and owners are no reason to fail a run.
        return


def keep_owners(clinic: Clinic, users: Iterable[BooksUser]) -> Mapping[str, str]:
    """Keep who is whom by id, and let the journal tell when that changed."""
    found = owners_of(clinic.people.practitioners(), users)
    clinic.store.keep_note(_MATCHES, json.dumps(found, sort_keys=True))
    return found


def kept_owners(clinic: Clinic) -> Mapping[str, str]:
    """Return the user of the books behind each practitioner, by ids."""
    return as_pairs(json.loads(clinic.store.note(_MATCHES) or "{}"))
