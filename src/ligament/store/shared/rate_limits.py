"""The limits of outside systems, shared by every process on the database: calls made, slots in use, small numbers.

Every call to an outside system comes by here, so the statements are built once and given their values when they run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import BindParameter, Connection, Integer, String, bindparam, delete, func, insert, select

from ligament.ports.windows import Full, SharedQuota, Window
from ligament.store.database.bulk import upsert
from ligament.store.database.connection import Database
from ligament.store.database.tables import beats, window_calls, window_numbers, window_slots
from ligament.store.shared.liveness import has_died, holder_mark

_FORGET_MS = 25 * 60 * 60 * 1000
_BUCKET_MS = 1_000
"""Calls of a quota are counted by the second: the whole of it counts as long as a part of it does."""
_BUCKET, _WAITING = "b|", "w|"
_INNER = "_|%"
_SLOTS = "#slots"
"""Under this name stands how many slots were ever given."""

_CALLS, _TAKEN, _NUMBERS = window_calls.c, window_slots.c, window_numbers.c
_SCOPE: BindParameter[str] = bindparam("scope")
_NOW: BindParameter[int] = bindparam("now")
_INSIDE = (_CALLS.scope == _SCOPE, _CALLS.at_ms > bindparam("since"), _CALLS.at_ms <= bindparam("until"))
_NEWEST_FIRST = select(_CALLS.at_ms).where(*_INSIDE).order_by(_CALLS.at_ms.desc())
_BLOCKING = _NEWEST_FIRST.offset(bindparam("newer", type_=Integer)).limit(1)
_FORGET_CALLS = delete(window_calls).where(_CALLS.scope == _SCOPE, _CALLS.at_ms < _NOW)
_LAST_PLACE = select(func.coalesce(func.max(_CALLS.place), 0)).where(_CALLS.scope == _SCOPE)
_CALL = insert(window_calls)
_AMONG = _CALLS.scope.in_(bindparam("scopes", expanding=True))
_RECENT = (_AMONG, _CALLS.at_ms > bindparam("since"), _CALLS.at_ms <= _NOW)
_MADE = select(_CALLS.scope, func.count().label("made")).where(*_RECENT).group_by(_CALLS.scope)
_FREE_OVER = delete(window_slots).where(_TAKEN.scope == _SCOPE, _TAKEN.until_ms <= _NOW)
_HELD = select(_TAKEN.slot).where(_TAKEN.scope == _SCOPE)
_FREE = delete(window_slots).where(_TAKEN.scope == _SCOPE, _TAKEN.slot.in_(bindparam("slots", expanding=True)))
_OCCUPY = insert(window_slots)
_GIVEN = select(_NUMBERS.value).where(_NUMBERS.scope == _SCOPE, _NUMBERS.name == _SLOTS)
_SAID = (_NUMBERS.name != _SLOTS, _NUMBERS.name.not_like(_INNER))
_OUTER_NUMBERS = select(_NUMBERS.name, _NUMBERS.value).where(_NUMBERS.scope == _SCOPE, *_SAID)
_BEGINS_SO = _NUMBERS.name.startswith(bindparam("beginning", type_=String))
_INNER_NUMBERS = select(_NUMBERS.name, _NUMBERS.value).where(_NUMBERS.scope == _SCOPE, _BEGINS_SO)
_NUMBERS_GONE = delete(window_numbers).where(
    _NUMBERS.scope == _SCOPE, _NUMBERS.name.in_(bindparam("names", expanding=True))
)


class SharedWindows:
    """Implements `ports.windows.WindowStore` on the database of the home."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, scope: str, windows: Sequence[Window], at_ms: int, quota: SharedQuota | None = None) -> Full | None:
        """Record a call at that moment and return None, or record nothing and return the first full window."""
        with self._database.jotting(f"window|{scope}") as connection:
            for window in windows:
                full = _full(connection, scope, window)
                if full is not None:
                    return full
            if quota is not None:
                self._database.hold_lock(connection, f"window|{quota.scope}")
                full = _join(connection, quota, scope, at_ms)
                if full is not None:
                    return full
            connection.execute(_FORGET_CALLS, {"scope": scope, "now": at_ms - _FORGET_MS})
            place = connection.execute(_LAST_PLACE, {"scope": scope}).scalar_one() + 1
            connection.execute(_CALL, [{"scope": scope, "place": place, "at_ms": at_ms}])
        return None

    def enter(self, scope: str, slots: int, at_ms: int, lease_ms: int) -> str | None:
        with self._database.jotting(f"window|{scope}") as connection:
            connection.execute(_FREE_OVER, {"scope": scope, "now": at_ms})
            held = connection.execute(_HELD, {"scope": scope}).scalars().all()
            dead = [slot for slot in held if has_died(slot.partition("@")[2])]
            if dead:
                # A process that was killed gives nothing back.
                connection.execute(_FREE, {"scope": scope, "slots": dead})
            if len(held) - len(dead) >= slots:
                return None
            # A name is never used twice, so that a late holder cannot free the place of the next one.
            turn = (connection.execute(_GIVEN, {"scope": scope}).scalar_one_or_none() or 0) + 1
            upsert(connection, window_numbers, [{"scope": scope, "name": _SLOTS, "value": turn}])
            name = f"slot-{turn}@{holder_mark()}"
            connection.execute(_OCCUPY, [{"scope": scope, "slot": name, "until_ms": at_ms + lease_ms}])
        return name

    def leave(self, scope: str, slot: str) -> None:
        with self._database.jotting(f"window|{scope}") as connection:
            connection.execute(_FREE, {"scope": scope, "slots": [slot]})

    def numbers(self, scope: str) -> Mapping[str, int]:
        with self._database.reading() as connection:
            return {row.name: row.value for row in connection.execute(_OUTER_NUMBERS, {"scope": scope})}

    def numbers_of(self, clinic: str, notes: Collection[str]) -> Mapping[str, Mapping[str, int]]:
        """Return the small numbers kept for the scopes that shared values of a clinic name, by value's name."""
        told = (beats.c.clinic == clinic, beats.c.name.in_(notes), *_SAID)
        statement = select(beats.c.name.label("note"), _NUMBERS.name, _NUMBERS.value)
        found: dict[str, dict[str, int]] = {note: {} for note in notes}
        with self._database.reading() as connection:
            for row in connection.execute(statement.join(window_numbers, _NUMBERS.scope == beats.c.value).where(*told)):
                found[row.note][row.name] = row.value
        return found

    def forget_said(self) -> None:
        """Forget what the servers said, of every scope; calls that were made still count."""
        with self._database.jotting("window|said") as connection:
            connection.execute(delete(window_numbers).where(*_SAID))

    def keep(self, scope: str, numbers: Mapping[str, int]) -> None:
        rows = [{"scope": scope, "name": name, "value": value} for name, value in numbers.items()]
        with self._database.jotting(f"window|{scope}") as connection:
            upsert(connection, window_numbers, rows)


def _full(connection: Connection, scope: str, window: Window) -> Full | None:
    """Return the window as full when the call that must leave it first is still inside."""
    if window.calls <= 0:
        return Full(window=window, blocking_ms=None)
    inside = {"scope": scope, "since": window.since_ms, "until": window.until_ms, "newer": window.calls - 1}
    blocking = connection.execute(_BLOCKING, inside).scalar_one_or_none()
    return None if blocking is None else Full(window=window, blocking_ms=blocking)


# --- what many scopes use together ------------------------------------------------------------------------------------


def _join(connection: Connection, quota: SharedQuota, scope: str, at_ms: int) -> Full | None:
    """Count a call among those of everybody, or note that the scope has to wait."""
    now, buckets = at_ms - at_ms % _BUCKET_MS, _named(connection, quota, _BUCKET)
    inside = {at: made for at, made in buckets.items() if abs(at_ms - int(at)) < quota.span_ms + _BUCKET_MS}
    since_said = sum(made for at, made in inside.items() if int(at) + _BUCKET_MS > quota.said_ms)
    refused = _named(connection, quota, _WAITING)
    lately = [name for name, at in refused.items() if at_ms - quota.span_ms < at <= at_ms]
    waiting = _made(connection, lately, quota, at_ms)
    if not quota.has_room(sum(inside.values()), since_said, waiting, scope):
        # Whoever waits looks again every two seconds: it need not be written down each time.
        if at_ms - refused.get(scope, 0) > quota.span_ms // 4:
            _count(connection, quota, _WAITING + scope, at_ms)
        return Full(window=None, blocking_ms=min((int(at) for at in inside), default=at_ms) + _BUCKET_MS)
    key = f"{now:015}"
    if key not in buckets:
        gone = {_WAITING + name for name in refused.keys() - waiting.keys()}
        _forget(connection, quota, gone | {_BUCKET + at for at in buckets.keys() - inside.keys()})
    _count(connection, quota, _BUCKET + key, buckets.get(key, 0) + 1)
    return None


def _made(connection: Connection, scopes: Sequence[str], quota: SharedQuota, at_ms: int) -> dict[str, int]:
    """Return how many calls each of the scopes has made within the span."""
    if not scopes:
        return {}
    recent = {"scopes": scopes, "since": at_ms - quota.span_ms, "now": at_ms}
    return dict.fromkeys(scopes, 0) | {row.scope: row.made for row in connection.execute(_MADE, recent)}


def _named(connection: Connection, quota: SharedQuota, prefix: str) -> dict[str, int]:
    """Return the numbers of a quota whose names begin so, without that beginning."""
    rows = connection.execute(_INNER_NUMBERS, {"scope": quota.scope, "beginning": prefix})
    return {row.name.removeprefix(prefix): row.value for row in rows}


def _count(connection: Connection, quota: SharedQuota, name: str, value: int) -> None:
    upsert(connection, window_numbers, [{"scope": quota.scope, "name": name, "value": value}])


def _forget(connection: Connection, quota: SharedQuota, names: Collection[str]) -> None:
    """Forget what counts no more."""
    if names:
        connection.execute(_NUMBERS_GONE, {"scope": quota.scope, "names": sorted(names)})
