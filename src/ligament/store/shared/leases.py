"""Names that one process at a time may hold; a number that only grows tells a late holder that it lost the name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam

from ligament.store.database.bulk import all_of_clinic, upsert
from ligament.store.database.connection import Database
from ligament.store.database.errors import Fenced
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import leases

_NAMED = all_of_clinic(leases).where(leases.c.name == bindparam("name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A name held by somebody; `fence` is higher for every later holder."""

    name: str
    holder: str
    fence: int


class Leases:
    """The leases of one clinic, shared by every process on its database."""

    def __init__(self, database: Database, clinic: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._clinic = clinic
        self._now = now

    def take(
        self, name: str, holder: str, seconds: int, is_gone: Callable[[str], bool] = lambda _: False
    ) -> Lease | None:
        """Take a free or expired name, or keep one's own longer; None while somebody else holds it.

        A holder that `is_gone` says no longer lives loses the name at once.
        """
        with self._database.writing(f"lease|{self._clinic}") as connection:
            row = self._row(connection, name)
            now = self._now()
            if row is not None and row.until > stamp(now) and row.holder != holder and not is_gone(row.holder):
                return None
            fence = row.fence if row is not None else 0
            if row is None or row.holder != holder or row.until <= stamp(now):
                fence += 1
            self._write(connection, Lease(name=name, holder=holder, fence=fence), now + timedelta(seconds=seconds))
            return Lease(name=name, holder=holder, fence=fence)

    def renew(self, lease: Lease, seconds: int) -> bool:
        """Keep a name longer, even one whose time is up when nobody wanted it; says whether it is still ours."""
        with self._database.writing(f"lease|{self._clinic}") as connection:
            row = self._row(connection, lease.name)
            if row is None or row.fence != lease.fence or row.holder != lease.holder or not row.until:
                return False
            self._write(connection, lease, self._now() + timedelta(seconds=seconds))
            return True

    def check(self, connection: Connection, lease: Lease) -> None:
        """Say in the same transaction that nobody has taken the name since, and keep it so until its end.

        Raises Fenced.
        """
        self._database.hold_lock(connection, f"lease|{self._clinic}")
        self.look(connection, lease)

    def look(self, connection: Connection, lease: Lease) -> None:
        """Say that nobody has taken the name up to now; raises Fenced."""
        row = self._row(connection, lease.name)
        if row is None or row.fence != lease.fence or row.holder != lease.holder or not row.until:
            raise Fenced("Another worker has taken this clinic over.", f"fence {lease.fence} of {lease.name}")

    def release(self, lease: Lease) -> None:
        """Give the name back, unless somebody else has it by now."""
        with self._database.writing(f"lease|{self._clinic}") as connection:
            row = self._row(connection, lease.name)
            if row is not None and row.fence == lease.fence and row.holder == lease.holder:
                self._write(connection, lease, None)

    def _row(self, connection: Connection, name: str) -> Any:  # noqa: ANN401 - a row of any columns
        return connection.execute(_NAMED, {"clinic": self._clinic, "name": name}).one_or_none()

    def _write(self, connection: Connection, lease: Lease, until: datetime | None) -> None:
        row = {
            "clinic": self._clinic,
            "name": lease.name,
            "holder": lease.holder,
            "fence": lease.fence,
            "until": stamp(until) if until else "",
        }
        upsert(connection, leases, [row])
