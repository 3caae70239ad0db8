"""Failures: how often an account or an address was wrong, for all processes and through a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from ligament.core.slowdown import Failures, failed, wait_s
from ligament.store.database.bulk import upsert
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import moment, stamp
from ligament.store.database.tables import access_failures as failures

_LOCK = "access failures"
_FORGOTTEN_AFTER = timedelta(days=1)


class FailureLog:
    """Counts attempts before they are looked at, so that a crowd of them at once gets no more tries than one by one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, limits: Mapping[str, int], now: datetime) -> int:
        """Count an attempt as failed for each subject with its limit; returns the seconds to wait if one is stopped."""
        with self._database.writing(_LOCK) as connection:
            known = {subject: _read(connection, subject) for subject in limits}
            longest = max((wait_s(one, now) for one in known.values()), default=0)
            if longest:
                return longest
            connection.execute(delete(failures).where(failures.c.changed_at < stamp(now - _FORGOTTEN_AFTER)))
            for subject, limit in limits.items():
                _write(connection, subject, failed(known[subject], now, limit), now)
        return 0

    def wait_s(self, subjects: Mapping[str, int], now: datetime) -> int:
        """Return how long these subjects have to wait now."""
        with self._database.reading() as connection:
            return max((wait_s(_read(connection, subject), now) for subject in subjects), default=0)

    def forgive(self, subject: str) -> None:
        """Forget the failures of an account that got it right."""
        with self._database.writing(_LOCK) as connection:
            connection.execute(delete(failures).where(failures.c.subject == subject))

    def take_back(self, subject: str, now: datetime) -> None:
        """Take back the newest attempt of an address, because it was right after all."""
        with self._database.writing(_LOCK) as connection:
            known = _read(connection, subject)
            strikes = known.strikes - 1 if known.blocked_until is not None and known.blocked_until > now else 0
            left = Failures(times=known.times[:-1], strikes=max(strikes, 0))
            _write(connection, subject, left, now)


def _read(connection: Connection, subject: str) -> Failures:
    row = connection.execute(select(failures).where(failures.c.subject == subject)).one_or_none()
    if row is None:
        return Failures()
    times = tuple(moment(text) for text in json.loads(row.times or "[]"))
    until = moment(row.blocked_until) if row.blocked_until else None
    return Failures(times=times, strikes=row.strikes, blocked_until=until)


def _write(connection: Connection, subject: str, known: Failures, now: datetime) -> None:
    row: dict[str, Any] = {
        "subject": subject,
        "times": json.dumps([stamp(at) for at in known.times]),
        "strikes": known.strikes,
        "blocked_until": stamp(known.blocked_until) if known.blocked_until else "",
        "changed_at": stamp(now),
    }
    upsert(connection, failures, [row])
