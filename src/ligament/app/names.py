"""Which record people mean: whatever the screen calls it, every command knows it by that name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.core.document_numbers import names_meant, practice_number
from ligament.core.plans import without_paid
from ligament.wiring.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ligament.store.queries.records import Found
    from ligament.wiring.clinic import Clinic


def names_of(clinic: Clinic, typed: str) -> frozenset[str]:
    """Return each name of what is meant: as typed, the practice's number, and the id of whose document is called so.

    Raises ConfigurationError where the books call the document of one record by the number of another.
    """
    found = clinic.queries.find(typed)
    if any(one.side == "practice" for one in found):
        # Another program may have given a document of the books the number that another record has here.
        return frozenset({typed.strip()})
    prefix = clinic.settings.rulebook.invoices.prefix
    names, number, paper = names_meant(typed, prefix), practice_number(typed, prefix), without_paid(typed.strip())
    if not found and paper != typed.strip():
        # The payment of a document is called after it, and is kept nowhere under that name.
        found = clinic.queries.find(paper)
    linked = {one.subject.partition(":")[2] for one in found if one.subject}
    numbered = {one.id for one in clinic.queries.find(number) if one.side == "practice"} if linked and number else set()
    meant = numbered & linked or numbered | linked
    if len(meant) > 1:
        raise ConfigurationError((_two_records(typed.strip(), meant),))
    return names | meant


def _two_records(typed: str, ids: Iterable[str]) -> str:
    first, *others = sorted(ids)
    count = "two" if len(others) == 1 else "several"
    return f'"{typed}" means {count} records here; use the id: {", ".join([first, *others[:-1]])} or {others[-1]}.'


def places(clinic: Clinic, typed: str) -> tuple[Found, ...]:
    """Return where what is called so is kept, the practice first; by the practice's number where nothing else is."""
    wanted = typed.strip()
    number = practice_number(wanted, clinic.settings.rulebook.invoices.prefix)
    return clinic.queries.find(wanted) or (clinic.queries.find(number) if number else ())


def record_key(clinic: Clinic, typed: str) -> str:
    """Return the key of the one record that is called so; what was typed where it is none, or several."""
    keys = {one.subject for one in places(clinic, typed) if one.subject} if typed.strip() else set()
    return keys.pop() if len(keys) == 1 else typed
