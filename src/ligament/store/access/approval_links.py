"""Approval links: what each was made for, until when it works, and that it was used."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from ligament.core.approval_links import ApprovalLink
from ligament.store.access.users import LOCK
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import moment, stamp
from ligament.store.database.tables import approval_links as links

_KEPT = timedelta(days=30)
"""How long somebody who opens an old link is told that it is over, and not that there is no such page."""


class ApprovalLinks:
    """The links of one installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, link: ApprovalLink) -> None:
        """Keep a new link; those that ended long ago are forgotten."""
        row = {
            "id": link.id,
            "clinic": link.clinic,
            "person": link.person,
            "marks": json.dumps(list(link.marks)),
            "shown": json.dumps([dict(one) for one in link.shown], default=str),
            "made_at": stamp(link.made_at),
            "expires_at": stamp(link.expires_at),
            "used_at": "",
        }
        with self._database.writing(LOCK) as connection:
            connection.execute(delete(links).where(links.c.expires_at < stamp(link.made_at - _KEPT)))
            connection.execute(insert(links), [row])

    def one(self, link_id: str) -> ApprovalLink | None:
        with self._database.reading() as connection:
            row = connection.execute(select(links).where(links.c.id == link_id)).one_or_none()
        return _link(row) if row is not None else None

    def unused(self, clinic: str, person: str, marks: tuple[str, ...], now: datetime) -> ApprovalLink | None:
        """Return a link of that person for exactly these marks that still works, the newest first."""
        wanted = select(links).where(
            links.c.clinic == clinic,
            links.c.person == person,
            links.c.used_at == "",
            links.c.expires_at > stamp(now),
            links.c.marks == json.dumps(list(marks)),
        )
        with self._database.reading() as connection:
            row = connection.execute(wanted.order_by(links.c.made_at.desc())).first()
        return _link(row) if row is not None else None

    def use(self, link_id: str, now: datetime) -> bool:
        """Use a link up; says no when somebody was faster."""
        wanted = update(links).where(links.c.id == link_id, links.c.used_at == "").values(used_at=stamp(now))
        with self._database.writing(LOCK) as connection:
            return connection.execute(wanted).rowcount == 1

    def give_back(self, link_id: str) -> None:
        """Let a link be used after all, because nothing came of its use."""
        with self._database.writing(LOCK) as connection:
            connection.execute(update(links).where(links.c.id == link_id).values(used_at=""))


def _link(row: Row[Any]) -> ApprovalLink:
    return ApprovalLink(
        id=row.id,
        clinic=row.clinic,
        person=row.person,
        marks=tuple(json.loads(row.marks)),
        shown=tuple(json.loads(row.shown)),
        made_at=moment(row.made_at),
        expires_at=moment(row.expires_at),
        used_at=row.used_at,
    )
