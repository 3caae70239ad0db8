"""Cutting a selection into portions that are planned one after the other, so that no clinic is too large for memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection

from ligament.core.records import PartyKind
from ligament.ports.memory import Selection
from ligament.store.database.bulk import of_kind
from ligament.store.database.search_keys import by_length
from ligament.store.database.tables import practice_rows

_PATIENT, _PAYER = f"{PartyKind.PATIENT.value}:", f"{PartyKind.PAYER.value}:"
_Group = tuple[list[str], list[str], list[str]]
"""The ids of invoices and visits and the key of the party they belong to."""


def portions(connection: Connection, clinic: str, selection: Selection, size: int) -> tuple[Selection, ...]:
    """Cut a selection into parts of at least `size` records, but the last; one patient is never cut in two.

    Patients come in the order of their ids, so that the older record is planned first; payers come first of all.
    """
    kinds = (selection.invoices, selection.visits, selection.parties)
    if None not in kinds and sum(len(kind or ()) for kind in kinds) <= size:
        return (selection,)
    cut: list[Selection] = []
    held: _Group = ([], [], [])
    for group in _by_patient(connection, clinic, selection):
        for kept, fresh in zip(held, group, strict=True):
            kept.extend(fresh)
        if sum(map(len, held)) >= size:
            cut.append(_selection(held))
            held = ([], [], [])
    if any(held):
        cut.append(_selection(held))
    return tuple(cut) if len(cut) > 1 else (selection,)


def _selection(group: _Group) -> Selection:
    invoices, visits, parties = group
    return Selection(invoices=frozenset(invoices), visits=frozenset(visits), parties=frozenset(parties))


def _by_patient(connection: Connection, clinic: str, selection: Selection) -> Iterator[_Group]:
    """Yield what is selected, patient by patient; first what belongs to none, with the payers."""
    groups: dict[str, _Group] = {"": ([], [], [])}
    for place, (kind, chosen) in enumerate((("invoice", selection.invoices), ("visit", selection.visits))):
        for identifier, patient in _owned(connection, clinic, kind, chosen):
            groups.setdefault(patient, ([], [], []))[place].append(identifier)
    for key in selection.parties if selection.parties is not None else _parties(connection, clinic):
        patient = key.removeprefix(_PATIENT) if key.startswith(_PATIENT) else ""
        groups.setdefault(patient, ([], [], []))[2].append(key)
    yield from (groups[patient] for patient in sorted(groups, key=by_length))


def _owned(connection: Connection, clinic: str, kind: str, chosen: Collection[str] | None) -> Iterator[tuple[str, str]]:
    """Yield every chosen record of a kind with the patient it belongs to, those no longer kept too."""
    left = None if chosen is None else set(chosen)
    statement = of_kind(practice_rows.c.id, practice_rows.c.party_id)
    for row in connection.execute(statement, {"clinic": clinic, "kind": kind}):
        if left is None or row.id in left:
            yield row.id, row.party_id or ""
            if left is not None:
                left.remove(row.id)
    yield from ((identifier, "") for identifier in sorted(left or ()))


def _parties(connection: Connection, clinic: str) -> Iterator[str]:
    for prefix in (_PAYER, _PATIENT):
        given = {"clinic": clinic, "kind": prefix.removesuffix(":")}
        yield from (f"{prefix}{row.id}" for row in connection.execute(of_kind(practice_rows.c.id), given))
