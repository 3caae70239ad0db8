"""Sessions: who is signed in, kept by the digest of a secret that only the browser has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from ligament.store.access.users import LOCK, User, user_of
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import moment, stamp
from ligament.store.database.tables import sessions, users

_USER = "user_of_session_"
_WITH_USER = select(sessions, *(column.label(f"{_USER}{column.name}") for column in users.c)).select_from(
    sessions.outerjoin(users, users.c.id == sessions.c.user_id)
)
FULL, CODE, STARTING = "full", "code", "starting"
"""Stages: signed in; the password was right and the code is missing; at set-up or an invitation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSession:
    """One session; `confirmed_at` is when the one-time code was last given."""

    id: str
    user_id: str
    stage: str
    began_at: datetime
    seen_at: datetime
    confirmed_at: datetime
    address: str = ""
    agent: str = ""
    flash: str = ""


class Sessions:
    """The sessions of one installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, session: KeptSession, *, instead_of: str = "", older_than: datetime | None = None) -> None:
        """Keep a session; the one it takes the place of is gone in the same moment, and so are ancient ones."""
        with self._database.writing(LOCK) as connection:
            connection.execute(delete(sessions).where(sessions.c.id == instead_of))
            if older_than is not None:
                connection.execute(delete(sessions).where(sessions.c.began_at < stamp(older_than)))
            connection.execute(insert(sessions), [_row(session)])

    def one(self, session_id: str) -> KeptSession | None:
        with self._database.reading() as connection:
            row = connection.execute(select(sessions).where(sessions.c.id == session_id)).one_or_none()
            return _session(row) if row is not None else None

    def with_user(self, session_id: str) -> tuple[KeptSession, User | None] | None:
        """Return a session with whose it is, or nothing; every page asks this, so it is one question."""
        with self._database.reading() as connection:
            row = connection.execute(_WITH_USER.where(sessions.c.id == session_id)).one_or_none()
        if row is None:
            return None
        told = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's names
        whose = {name.removeprefix(_USER): value for name, value in told.items() if name.startswith(_USER)}
        session = {name: value for name, value in told.items() if not name.startswith(_USER)}
        return _kept(session), user_of(whose) if whose["id"] is not None else None

    def of_user(self, user_id: str) -> tuple[KeptSession, ...]:
        """Return where somebody is signed in, the newest first."""
        where = (sessions.c.user_id == user_id, sessions.c.stage == FULL)
        with self._database.reading() as connection:
            rows = connection.execute(select(sessions).where(*where).order_by(sessions.c.seen_at.desc()))
            return tuple(_session(row) for row in rows)

    def seen(self, session_id: str, at: datetime) -> None:
        """Note that somebody is still there; a power cut may take that back."""
        self._jot(session_id, seen_at=stamp(at))

    def tell(self, session_id: str, flash: str) -> None:
        """Keep what the next page says once; an empty text takes it back."""
        self._jot(session_id, flash=flash)

    def end(self, session_id: str) -> None:
        with self._database.writing(LOCK) as connection:
            connection.execute(delete(sessions).where(sessions.c.id == session_id))

    def end_all(self, user_id: str, *, but: str = "") -> None:
        """End every session of somebody but one."""
        with self._database.writing(LOCK) as connection:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id != but))

    def _jot(self, session_id: str, **values: str) -> None:
        with self._database.jotting(LOCK) as connection:
            connection.execute(update(sessions).where(sessions.c.id == session_id).values(**values))


_INSTANTS = ("began_at", "seen_at", "confirmed_at")


def _row(session: KeptSession) -> dict[str, Any]:
    values = {name: getattr(session, name) for name in KeptSession.__slots__}
    return {**values, **{name: stamp(values[name]) for name in _INSTANTS}}


def _session(row: Any) -> KeptSession:  # noqa: ANN401 - a row of the table
    return _kept(row._mapping)  # noqa: SLF001 - the documented way to a row's names


def _kept(values: Mapping[str, Any]) -> KeptSession:
    return KeptSession(**{**values, **{name: moment(values[name]) for name in _INSTANTS}})
