"""Users: who has a place at the dashboard, what they are, and what proves who they are (hashed)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ligament.core.access import Role
from ligament.store.database.connection import Database
from ligament.store.database.tables import sessions, users

ACTIVE, INVITED, STARTING = "active", "invited", "starting"
"""States: may sign in; has an invitation that waits; is at the first start and not yet anybody."""
LOCK = "access"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One user; `clinics` are ids, none means all; `used_steps` are the steps of the one-time code used last."""

    id: str
    email: str
    name: str = ""
    role: Role
    clinics: frozenset[str] = frozenset()
    state: str = ACTIVE
    password_hash: str = ""
    recovery: tuple[str, ...] = ()
    used_steps: tuple[int, ...] = ()
    invitation: str = ""
    invited_until: str = ""
    made_by: str = ""
    made_at: str = ""
    seen_at: str = ""


class LastOwner(Exception):
    """Without this user nobody could look after everything any more."""


_KEPT_STEPS = 6


class Users:
    """The users of one installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[User, ...]:
        """Return everybody, by e-mail address."""
        with self._database.reading() as connection:
            rows = connection.execute(select(users).where(users.c.state != STARTING).order_by(users.c.email))
            return tuple(_user(row) for row in rows)

    def by_id(self, user_id: str) -> User | None:
        return self._one(users.c.id == user_id)

    def by_email(self, email: str) -> User | None:
        """Return whoever signs in with that address, or nothing."""
        return self._one(users.c.email == email)

    def by_invitation(self, digest: str) -> User | None:
        """Return who was invited with that link, or nothing."""
        return self._one(users.c.invitation == digest) if digest else None

    def has_owner(self) -> bool:
        """Say whether the first start is over."""
        with self._database.reading() as connection:
            return _has_owner(connection)

    def add(self, user: User) -> None:
        """Add a user; raises AlreadyLinked when the address has one. Who is starting makes room for who starts anew."""
        with self._database.writing(LOCK) as connection:
            connection.execute(delete(users).where(users.c.state == STARTING))
            connection.execute(insert(users), [_row(user)])

    def change(self, user_id: str, **values: Any) -> User | None:  # noqa: ANN401 - fields of a user
        """Change some fields of a user, and return the user; raises LastOwner when it must not be."""
        with self._database.writing(LOCK) as connection:
            found = connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
            if found is None:
                return None
            before = _user(found)
            after = replace(before, **values)
            if _is_full_owner(before) and not _is_full_owner(after):
                _must_have_another(connection, user_id)
            connection.execute(update(users).where(users.c.id == user_id).values(**_row(after)))
            return after

    def become_owner(self, user_id: str, recovery: Iterable[str], step: int, at: str) -> bool:
        """Let who is starting become the owner; says no when somebody else was faster."""
        with self._database.writing(LOCK) as connection:
            if _has_owner(connection):
                return False
            values = {"state": ACTIVE, "recovery": json.dumps(list(recovery)), "used_steps": json.dumps([step])}
            values["seen_at"] = at
            done = update(users).where(users.c.id == user_id, users.c.state == STARTING).values(**values)
            return connection.execute(done).rowcount == 1

    def use_step(self, user_id: str, step: int) -> bool:
        """Note that a step of the one-time code was used; says no when it had been before."""
        with self._database.writing(LOCK) as connection:
            text = connection.execute(select(users.c.used_steps).where(users.c.id == user_id)).scalar_one_or_none()
            used = json.loads(text or "[]")
            if text is None or step in used:
                return False
            steps = json.dumps([*used, step][-_KEPT_STEPS:])
            connection.execute(update(users).where(users.c.id == user_id).values(used_steps=steps))
            return True

    def use_recovery(self, user_id: str, digest: str) -> bool:
        """Strike out a recovery code; says no when there is none such left."""
        with self._database.writing(LOCK) as connection:
            text = connection.execute(select(users.c.recovery).where(users.c.id == user_id)).scalar_one_or_none()
            left = json.loads(text or "[]")
            if digest not in left:
                return False
            left.remove(digest)
            connection.execute(update(users).where(users.c.id == user_id).values(recovery=json.dumps(left)))
            return True

    def remove(self, user_id: str) -> bool:
        """Remove a user with all sessions; raises LastOwner when it must not be."""
        with self._database.writing(LOCK) as connection:
            found = connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
            if found is None:
                return False
            if _is_full_owner(_user(found)):
                _must_have_another(connection, user_id)
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
            connection.execute(delete(users).where(users.c.id == user_id))
            return True

    def _one(self, where: Any) -> User | None:  # noqa: ANN401 - a condition
        with self._database.reading() as connection:
            row = connection.execute(select(users).where(where)).one_or_none()
            return _user(row) if row is not None else None


def _has_owner(connection: Connection) -> bool:
    owners = select(users.c.id).where(users.c.role == Role.OWNER.value, users.c.state == ACTIVE).limit(1)
    return connection.execute(owners).first() is not None


def _is_full_owner(user: User) -> bool:
    return user.role is Role.OWNER and user.state == ACTIVE and not user.clinics


def _must_have_another(connection: Connection, user_id: str) -> None:
    rows = connection.execute(select(users).where(users.c.id != user_id, users.c.role == Role.OWNER.value))
    if not any(_is_full_owner(_user(row)) for row in rows):
        raise LastOwner


def _row(user: User) -> dict[str, Any]:
    values = {name: getattr(user, name) for name in User.__slots__}
    return {
        **values,
        "role": user.role.value,
        "clinics": json.dumps(sorted(user.clinics)),
        "recovery": json.dumps(list(user.recovery)),
        "used_steps": json.dumps(list(user.used_steps)),
    }


def _user(row: Any) -> User:  # noqa: ANN401 - a row of the table
    return user_of(row._mapping)  # noqa: SLF001 - the documented way to a row's names


def user_of(values: Mapping[str, Any]) -> User:
    """Return the user of a row, by the names of its columns."""
    return User(
        **{
            **values,
            "role": Role(values["role"]),
            "clinics": frozenset(json.loads(values["clinics"] or "[]")),
            "recovery": tuple(json.loads(values["recovery"] or "[]")),
            "used_steps": tuple(json.loads(values["used_steps"] or "[]")),
        }
    )
