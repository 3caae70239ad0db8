"""Which record people mean: whatever the screen calls it, every command knows it by that name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.core.document_numbers import names_meant, practice_number

if TYPE_CHECKING:
    from ligament.store.queries.records import Found
    from ligament.wiring.clinic import Clinic


def names_of(clinic: Clinic, typed: str) -> frozenset[str]:
    """Return each name of what is meant: as typed, the practice's number, and the id of whose document is called so."""
    found = clinic.queries.find(typed)
    if any(one.side == "practice" for one in found):
        # Another program may have given a document of the books the number that another record has here.
        return frozenset({typed.strip()})
    names = names_meant(typed, clinic.settings.rulebook.invoices.prefix)
    return names | {one.subject.partition(":")[2] for one in found if one.subject}


def places(clinic: Clinic, typed: str) -> tuple[Found, ...]:
    """Return where what is called so is kept, the practice first; by the practice's number where nothing else is."""
    wanted = typed.strip()
    number = practice_number(wanted, clinic.settings.rulebook.invoices.prefix)
    return clinic.queries.find(wanted) or (clinic.queries.find(number) if number else ())


def record_key(clinic: Clinic, typed: str) -> str:
    """Return the key of the one record that is called so; what was typed where it is none, or several."""
    keys = {one.subject for one in places(clinic, typed) if one.subject} if typed.strip() else set()
    return keys.pop() if len(keys) == 1 else typed
