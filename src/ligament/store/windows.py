"""The limits of outside systems, shared by every process on the database: calls made, slots in use, small numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from ligament.ports.windows import Full, Window
from ligament.store.engine import Database
from ligament.store.living import has_died, holder_mark
from ligament.store.rows import upsert
from ligament.store.tables import window_calls, window_numbers, window_slots

_FORGET_MS = 25 * 60 * 60 * 1000


class SharedWindows:
    """Implements `ports.windows.WindowStore` on the database of the home."""

    def __init__(self, database: Database) -> None:
        """Take the database that all processes share."""
        self._database = database

    def take(self, scope: str, windows: Sequence[Window], at_ms: int) -> Full | None:
        """Record a call at that moment and return None, or record nothing and return the first full window."""
        with self._database.writing(f"window|{scope}") as connection:
            for window in windows:
                full = _full(connection, scope, window)
                if full is not None:
                    return full
            old = (window_calls.c.scope == scope, window_calls.c.at_ms < at_ms - _FORGET_MS)
            connection.execute(delete(window_calls).where(*old))
            last = select(func.coalesce(func.max(window_calls.c.place), 0)).where(window_calls.c.scope == scope)
            place = connection.execute(last).scalar_one() + 1
            connection.execute(insert(window_calls), [{"scope": scope, "place": place, "at_ms": at_ms}])
        return None

    def enter(self, scope: str, slots: int, at_ms: int, lease_ms: int) -> str | None:
        """Occupy one of `slots` places until `leave`, at longest `lease_ms`; None when all are occupied."""
        with self._database.writing(f"window|{scope}") as connection:
            over = (window_slots.c.scope == scope, window_slots.c.until_ms <= at_ms)
            connection.execute(delete(window_slots).where(*over))
            held = connection.execute(select(window_slots.c.slot).where(window_slots.c.scope == scope)).scalars().all()
            dead = [slot for slot in held if has_died(slot.partition("@")[2])]
            if dead:
                # A process that was killed gives nothing back.
                gone = (window_slots.c.scope == scope, window_slots.c.slot.in_(dead))
                connection.execute(delete(window_slots).where(*gone))
            if len(held) - len(dead) >= slots:
                return None
            # A name is never used twice, so that a late holder cannot free the place of the next one.
            counted = select(window_numbers.c.value).where(*_number(scope, "#slots"))
            turn = (connection.execute(counted).scalar_one_or_none() or 0) + 1
            upsert(connection, window_numbers, [{"scope": scope, "name": "#slots", "value": turn}])
            name = f"slot-{turn}@{holder_mark()}"
            connection.execute(insert(window_slots), [{"scope": scope, "slot": name, "until_ms": at_ms + lease_ms}])
        return name

    def leave(self, scope: str, slot: str) -> None:
        """Give the place back; unknown ones are no trouble."""
        with self._database.writing(f"window|{scope}") as connection:
            connection.execute(delete(window_slots).where(window_slots.c.scope == scope, window_slots.c.slot == slot))

    def numbers(self, scope: str) -> Mapping[str, int]:
        """Return the small numbers kept for the scope."""
        table = window_numbers.c
        statement = select(table.name, table.value).where(table.scope == scope, table.name != "#slots")
        with self._database.reading() as connection:
            return {row.name: row.value for row in connection.execute(statement)}

    def keep(self, scope: str, numbers: Mapping[str, int]) -> None:
        """Keep small numbers under their names, the others stay."""
        rows = [{"scope": scope, "name": name, "value": value} for name, value in numbers.items()]
        with self._database.writing(f"window|{scope}") as connection:
            upsert(connection, window_numbers, rows)


def _number(scope: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return window_numbers.c.scope == scope, window_numbers.c.name == name


def _full(connection: Connection, scope: str, window: Window) -> Full | None:
    """Return the window as full when the call that must leave it first is still inside."""
    if window.calls <= 0:
        return Full(window=window, blocking_ms=None)
    inside = (
        window_calls.c.scope == scope,
        window_calls.c.at_ms > window.since_ms,
        window_calls.c.at_ms <= window.until_ms,
    )
    ordered = select(window_calls.c.at_ms).where(*inside).order_by(window_calls.c.at_ms.desc())
    blocking = connection.execute(ordered.offset(window.calls - 1).limit(1)).scalar_one_or_none()
    return None if blocking is None else Full(window=window, blocking_ms=blocking)
