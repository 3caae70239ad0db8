"""Outbox of signed webhooks: written in the transaction of what happened, delivered later, kept when nobody took it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, select, update

from ligament.core.events import Event, EventType
from ligament.core.periods import iso_instant
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import moment, stamp
from ligament.store.database.tables import deliveries, delivery_attempts, hooks
from ligament.store.shared.delivery_records import GONE, ON, Attempt, Consequence, Delivery, Hook

WAITING, DELIVERED, DEAD = "waiting", "delivered", "dead"
KEPT = {DELIVERED: timedelta(days=7), DEAD: timedelta(days=30)}
"""How long a delivery that is over is kept, to be looked at and sent again."""
_AT_ONCE = 50
_HOOKS_AT_ONCE = 16
_NEWEST = 3


# --- in the transaction of what happened ------------------------------------------------------------------------------


def keep_events(connection: Connection, clinic: str, events: Sequence[Event], now: datetime) -> None:
    """Put events into the outbox for every hook that wants them; where nobody does, nothing is written."""
    if not events:
        return
    wanted = connection.execute(
        select(hooks.c.id, hooks.c.events).where(hooks.c.clinic == clinic, hooks.c.state == ON)
    ).all()
    if not wanted:
        return
    rows: list[dict[str, Any]] = []
    last = _last_place(connection, clinic)
    for place, event in enumerate(events, last + 1):
        message = written(event, clinic, place, now)
        rows.extend(
            {**_row(clinic, hook.id, message), "made_at": stamp(now)}
            for hook in wanted
            if message.type in hook.events.split()
        )
    if rows:
        connection.execute(insert(deliveries), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An event as it leaves: its id is its own for ever, however often it is sent."""

    webhook_id: str
    type: str
    place: int
    body: bytes


def written(event: Event, clinic: str, place: int, now: datetime) -> Written:
    """Return an event as it leaves.

    Compact, keys in a fixed order, amounts as text: many readers parse a body and write it again before they check
    its signature, and get the same bytes.
    """
    digest = hashlib.blake2b(f"{clinic}|{place}|{stamp(now)}".encode(), digest_size=12).hexdigest()
    name, kind = f"evt_{digest}", event.type.value
    told = {"id": name, "type": kind, "timestamp": iso_instant(now), "data": dict(event.data)}
    return Written(webhook_id=name, type=kind, place=place, body=msgspec.json.encode(told))


def _last_place(connection: Connection, clinic: str) -> int:
    newest = select(func.coalesce(func.max(deliveries.c.place), 0)).where(deliveries.c.clinic == clinic)
    return int(connection.execute(newest).scalar_one())


def _row(clinic: str, hook: str, message: Written) -> dict[str, Any]:
    digest = hashlib.blake2b(f"{message.webhook_id}|{hook}".encode(), digest_size=10).hexdigest()
    return {
        "clinic": clinic, "id": f"dlv_{digest}", "hook": hook, "webhook_id": message.webhook_id, "type": message.type,
        "place": message.place, "state": WAITING, "attempts": 0, "status": 0, "reason": "", "due_at": "",
        "ended_at": None, "body": message.body,
    }  # fmt: skip


# --- hooks ------------------------------------------------------------------------------------------------------------


class Outbox:
    """The hooks and deliveries of an installation, shared by every process on its database.

    `now` is the machine's calendar: pauses between attempts are real time.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def hooks(self, clinic: str) -> tuple[Hook, ...]:
        """Return the hooks of a clinic, oldest first."""
        statement = select(hooks).where(hooks.c.clinic == clinic).order_by(hooks.c.made_at, hooks.c.id)
        with self._database.reading() as connection:
            return tuple(_hook(row) for row in connection.execute(statement))

    def counts(self, clinic: str) -> dict[str, dict[str, int]]:
        """Return for each hook how many deliveries are in each state."""
        table = deliveries.c
        statement = select(table.hook, table.state, func.count().label("many")).where(table.clinic == clinic)
        found: dict[str, dict[str, int]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(statement.group_by(table.hook, table.state)):
                found.setdefault(row.hook, {})[row.state] = row.many
        return found

    def troubled(self, clinic: str) -> dict[str, int]:
        """Return the hooks with dead letters newer than their last success, and how many."""
        table = deliveries.c
        mine = select(table.hook, func.max(table.ended_at).label("last")).where(table.clinic == clinic)
        last = mine.where(table.state == DELIVERED).group_by(table.hook)
        with self._database.reading() as connection:
            worked = {row.hook: row.last for row in connection.execute(last)}
            dead = select(table.hook, table.ended_at).where(table.clinic == clinic, table.state == DEAD)
            found: dict[str, int] = {}
            for row in connection.execute(dead):
                if row.ended_at > worked.get(row.hook, ""):
                    found[row.hook] = found.get(row.hook, 0) + 1
        return found

    # --- deliveries, for people -------------------------------------------------------------------------------------
    def deliveries(self, clinic: str, hook: str, state: str = "", limit: int = 200) -> tuple[Delivery, ...]:
        """Return deliveries of a hook, newest first."""
        statement = self._of(clinic).where(deliveries.c.hook == hook)
        if state:
            statement = statement.where(deliveries.c.state == state)
        with self._database.reading() as connection:
            found = connection.execute(statement.order_by(deliveries.c.place.desc()).limit(limit))
            return tuple(_delivery(row) for row in found)

    def delivery(self, clinic: str, name: str) -> Delivery | None:
        with self._database.reading() as connection:
            row = connection.execute(self._of(clinic).where(deliveries.c.id == name)).one_or_none()
        return _delivery(row) if row is not None else None

    def attempts(self, clinic: str, name: str) -> tuple[Attempt, ...]:
        """Return the attempts of a delivery, oldest first."""
        table = delivery_attempts.c
        statement = select(delivery_attempts).where(table.clinic == clinic, table.delivery == name)
        with self._database.reading() as connection:
            found = connection.execute(statement.order_by(table.number))
            return tuple(Attempt(at=moment(row.at), status=row.status, reason=row.reason, ms=row.ms) for row in found)

    def newest_bodies(self, clinic: str, kind: EventType) -> tuple[bytes, ...]:
        """Return the newest bodies of a type that were made for any hook, newest first."""
        table = deliveries.c
        statement = select(table.webhook_id, table.body).where(table.clinic == clinic, table.type == kind.value)
        with self._database.reading() as connection:
            found = connection.execute(statement.order_by(table.place.desc()).limit(_NEWEST * 4))
            return tuple({row.webhook_id: row.body for row in found}.values())[:_NEWEST]

    def send_again(self, clinic: str, hook: str, names: Sequence[str] | None = None) -> int:
        """Let deliveries leave once more under their first id: those named, else every dead one; says how many."""
        table = deliveries.c
        which = table.state == DEAD if names is None else table.id.in_(list(names))
        again = {"state": WAITING, "due_at": "", "ended_at": None, "attempts": 0}
        with self._database.writing(f"hooks|{clinic}") as connection:
            statement = update(deliveries).where(table.clinic == clinic, table.hook == hook, which)
            many = connection.execute(statement.values(**again)).rowcount
            back = update(hooks).where(hooks.c.clinic == clinic, hooks.c.id == hook)
            connection.execute(back.values(not_before="", failures=0, state=ON))
        return many

    # --- deliveries, for the engine ---------------------------------------------------------------------------------
    def claim(self, clinics: Iterable[str], lease: timedelta) -> tuple[tuple[Hook, tuple[Delivery, ...]], ...]:
        """Take the hooks that have something due, each with what is due in the order in which it happened.

        For the time of the lease no other process takes them.
        """
        names = list(clinics)
        now = stamp(self._now())
        due = self._due(names, now)
        with self._database.reading() as connection:
            if connection.execute(due.limit(1)).first() is None:
                return ()
        with self._database.writing("hooks|claim") as connection:
            found = [_hook(row) for row in connection.execute(due.limit(_HOOKS_AT_ONCE))]
            for hook in found:
                self._lease(connection, hook, stamp(self._now() + lease))
            return tuple((hook, self._waiting(connection, hook, now)) for hook in found)

    def release(self, hook: Hook) -> None:
        """Let others take a hook again."""
        with self._database.jotting("hooks|claim") as connection:
            self._lease(connection, hook, "")

    def record(self, hook: Hook, delivery: Delivery, attempt: Attempt, consequence: Consequence) -> None:
        """Keep how an attempt ended, and what becomes of the delivery and its hook.

        A power cut may take this back: the delivery then leaves once more, under the id it had.
        """
        number = delivery.attempts + 1
        row = {
            "clinic": hook.clinic, "delivery": delivery.id, "number": number, "at": stamp(attempt.at),
            "status": attempt.status, "reason": attempt.reason, "ms": attempt.ms,
        }  # fmt: skip
        table = deliveries.c
        is_over = consequence.state != WAITING
        now_is = {
            "state": consequence.state, "attempts": number, "status": attempt.status, "reason": attempt.reason,
            "due_at": stamp(consequence.due_at) if consequence.due_at else "",
            "ended_at": stamp(attempt.at) if is_over else None,
        }  # fmt: skip
        with self._database.jotting(f"hooks|{hook.clinic}") as connection:
            gone = delete(delivery_attempts).where(
                delivery_attempts.c.clinic == hook.clinic,
                delivery_attempts.c.delivery == delivery.id,
                delivery_attempts.c.number == number,
            )
            connection.execute(gone)
            connection.execute(insert(delivery_attempts), [row])
            mine = (table.clinic == hook.clinic, table.id == delivery.id)
            connection.execute(update(deliveries).where(*mine).values(**now_is))
            self._keep_health(connection, hook, consequence)
            if consequence.ends_hook:
                waiting = (table.clinic == hook.clinic, table.hook == hook.id, table.state == WAITING)
                over = {"state": DEAD, "ended_at": stamp(attempt.at), "reason": attempt.reason}
                connection.execute(update(deliveries).where(*waiting).values(**over))

    def tidy(self) -> None:
        """Forget deliveries that were over long ago."""
        with self._database.jotting("hooks|tidy") as connection:
            for state, age in KEPT.items():
                old = select(deliveries.c.clinic, deliveries.c.id).where(
                    deliveries.c.state == state, deliveries.c.ended_at < stamp(self._now() - age)
                )
                for row in connection.execute(old.limit(10_000)).all():
                    for table, key in ((delivery_attempts, "delivery"), (deliveries, "id")):
                        connection.execute(delete(table).where(table.c.clinic == row.clinic, table.c[key] == row.id))

    # --- inside -----------------------------------------------------------------------------------------------------
    def _of(self, clinic: str) -> Select[Any]:
        return select(deliveries).where(deliveries.c.clinic == clinic)

    def _due(self, clinics: Sequence[str], now: str) -> Select[Any]:
        table = deliveries.c
        has_due = (
            select(table.id)
            .where(table.clinic == hooks.c.clinic, table.hook == hooks.c.id, table.state == WAITING)
            .where(table.due_at <= now)
            .exists()
        )
        free = (hooks.c.state == ON, hooks.c.not_before <= now, hooks.c.busy_until <= now)
        return select(hooks).where(hooks.c.clinic.in_(clinics), *free, has_due)

    def _lease(self, connection: Connection, hook: Hook, until: str) -> None:
        mine = update(hooks).where(hooks.c.clinic == hook.clinic, hooks.c.id == hook.id)
        connection.execute(mine.values(busy_until=until))

    def _waiting(self, connection: Connection, hook: Hook, now: str) -> tuple[Delivery, ...]:
        table = deliveries.c
        statement = self._of(hook.clinic).where(table.hook == hook.id, table.state == WAITING, table.due_at <= now)
        return tuple(_delivery(row) for row in connection.execute(statement.order_by(table.place).limit(_AT_ONCE)))

    def _keep_health(self, connection: Connection, hook: Hook, consequence: Consequence) -> None:
        changed: dict[str, Any] = {"failures": consequence.failures}
        if consequence.pause_until is not None:
            changed["not_before"] = stamp(consequence.pause_until)
        if consequence.ends_hook:
            changed["state"] = GONE
        mine = update(hooks).where(hooks.c.clinic == hook.clinic, hooks.c.id == hook.id)
        connection.execute(mine.values(**changed))


def add_hook(connection: Connection, hook: Hook) -> None:
    """Keep a new hook, in the transaction that journals it."""
    row = {
        "clinic": hook.clinic, "id": hook.id, "url": hook.url, "events": " ".join(hook.events), "state": hook.state,
        "header": hook.header, "made_at": stamp(hook.made_at), "made_by": hook.made_by, "failures": 0,
        "not_before": "", "busy_until": "",
    }  # fmt: skip
    connection.execute(insert(hooks), [row])


def drop_hook(connection: Connection, clinic: str, name: str) -> None:
    """Forget a hook and everything that was on its way to it, in the transaction that journals it."""
    mine = select(deliveries.c.id).where(deliveries.c.clinic == clinic, deliveries.c.hook == name)
    tried = delete(delivery_attempts).where(
        delivery_attempts.c.clinic == clinic, delivery_attempts.c.delivery.in_(mine)
    )
    connection.execute(tried)
    connection.execute(delete(deliveries).where(deliveries.c.clinic == clinic, deliveries.c.hook == name))
    connection.execute(delete(hooks).where(hooks.c.clinic == clinic, hooks.c.id == name))


def _hook(row: Any) -> Hook:  # noqa: ANN401 - a row of any columns
    return Hook(
        id=row.id,
        clinic=row.clinic,
        url=row.url,
        events=tuple(row.events.split()),
        state=row.state,
        header=row.header,
        made_at=moment(row.made_at),
        made_by=row.made_by,
        failures=row.failures,
    )


def _delivery(row: Any) -> Delivery:  # noqa: ANN401 - a row of any columns
    return Delivery(
        id=row.id,
        clinic=row.clinic,
        hook=row.hook,
        webhook_id=row.webhook_id,
        type=row.type,
        state=row.state,
        attempts=row.attempts,
        status=row.status,
        reason=row.reason,
        made_at=moment(row.made_at),
        due_at=moment(row.due_at) if row.due_at else None,
        ended_at=moment(row.ended_at) if row.ended_at else None,
        place=row.place,
        body=row.body,
    )
