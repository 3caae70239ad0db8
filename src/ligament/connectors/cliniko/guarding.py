"""A guard round each row: what nobody foresaw about one leaves a record that makes no sense, and the rest is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ligament.connectors.cliniko import wire
from ligament.core.oddities import Oddity, attempt
from ligament.core.records import Invoice, Line, Party, Visit
from ligament.ports.errors import PortError
from ligament.ports.stopping import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from ligament.core.oddities import Heed

_FORESEEN = (PortError, Stopped)
R = TypeVar("R", bound=wire.Row)
T = TypeVar("T", Party, Invoice, Line, Visit)


def guarded(row: R, read: Callable[[R], T | None], heed: Heed) -> T | None:
    """Return the record of a row, or one of which only the id counts and whose defect names a reference."""
    found = attempt(lambda: read(row), f"{type(row).__name__} {wire.identifier(row.id) or 'without an id'}", _FORESEEN)
    if not isinstance(found, Oddity):
        return found
    heed(found)
    bare = type(row)(id=row.id)
    if isinstance(bare, wire.ItemRow):
        bare.invoice = getattr(row, "invoice", None)
    if isinstance(bare, wire.AttendeeRow):
        bare.booking = getattr(row, "booking", None)
    record = read(bare)
    return replace(record, defect=found.sentence()) if record is not None else None
