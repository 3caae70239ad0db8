"""People, appointments and who came, kept for recalls; who is due is found by the database, not in Python."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select

from ligament.core.private import NOTHING, Private
from ligament.core.recalls import RecallCandidate, RecallPerson
from ligament.ports.recalls import RecallPage
from ligament.store.database.bulk import upsert
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import cursors, recall_bookings, recall_people, recall_refusals, recall_visits

_SYSTEM = "recalls"
_ACCEPTS = {True: "yes", False: "no", None: ""}
_MEANS: Mapping[str, bool | None] = {"yes": True, "no": False, "": None}


class RecallRows:
    """What is kept for the recalls of one clinic."""

    def __init__(self, database: Database, clinic: str) -> None:
        self._database = database
        self._clinic = clinic

    def cursors(self) -> dict[str, str]:
        """Return how far each list was read."""
        statement = select(cursors.c.stream, cursors.c.value)
        with self._database.reading() as connection:
            found = connection.execute(statement.where(cursors.c.clinic == self._clinic, cursors.c.system == _SYSTEM))
            return {row.stream: row.value for row in found}

    def keep(self, page: RecallPage) -> None:
        """Keep a page with its positions, in one transaction."""
        with self._database.writing(self._clinic) as connection:
            upsert(connection, recall_people, [self._person(person) for person in page.people])
            upsert(
                connection,
                recall_bookings,
                [
                    {
                        "clinic": self._clinic, "id": one.id, "type_id": one.type_id, "starts_at": stamp(one.starts_at),
                        "day": one.on.isoformat(), "gone": one.cancelled or one.removed,
                    }
                    for one in page.bookings
                ],
            )  # fmt: skip
            upsert(
                connection,
                recall_visits,
                [
                    {
                        "clinic": self._clinic, "id": one.id, "booking_id": one.booking_id,
                        "patient_id": one.patient_id, "off": one.no_show or one.cancelled or one.removed,
                    }
                    for one in page.visits
                ],
            )  # fmt: skip
            fixed = {"clinic": self._clinic, "system": _SYSTEM}
            upsert(connection, cursors, [{**fixed, "stream": name, "value": at} for name, at in page.cursors.items()])

    def refused(self) -> frozenset[str]:
        """Return the addresses that somebody who is still a patient refused mail to."""
        mine = (recall_people.c.clinic == self._clinic, recall_people.c.accepts == "no")
        there = (recall_people.c.archived.is_(False), recall_people.c.email_key != "")
        with self._database.reading() as connection:
            return frozenset(connection.execute(select(recall_people.c.email_key).where(*mine, *there)).scalars())

    def refusals(self) -> dict[str, str]:
        """Return the addresses that the mailing list must never be given again, by their marks, and why."""
        table = recall_refusals.c
        with self._database.reading() as connection:
            found = connection.execute(select(table.mark, table.reason).where(table.clinic == self._clinic))
            return {row.mark: row.reason for row in found}

    def keep_refusals(self, marks: Mapping[str, str], now: datetime) -> None:
        """Keep lasting refusals; one that is known keeps its day."""
        known = self.refusals()
        rows = [
            {"clinic": self._clinic, "mark": mark, "reason": reason, "seen_at": stamp(now)}
            for mark, reason in marks.items()
            if mark not in known
        ]
        if rows:
            with self._database.writing(self._clinic) as connection:
                upsert(connection, recall_refusals, rows)

    def candidates(self, types: Collection[str], now: datetime) -> Iterator[RecallCandidate]:
        """Return every patient with the last visit of these types, and whether anything is booked from now on."""
        statement = candidates(self._clinic, types, now)
        with self._database.reading() as connection:
            for row in connection.execute(statement):
                yield RecallCandidate(
                    person=_person_of(row),
                    last_on=date.fromisoformat(row.last_day) if row.last_day else None,
                    booked=row.next_at is not None,
                )

    def _person(self, person: RecallPerson) -> dict[str, Any]:
        return {
            "clinic": self._clinic, "id": person.id, "first": person.first.reveal(), "email": person.email.reveal(),
            "email_key": person.email_key, "accepts": _ACCEPTS[person.accepts], "archived": person.archived,
            "merged": person.merged,
        }  # fmt: skip


def candidates(clinic: str, types: Collection[str], now: datetime) -> Select[Any]:
    """Return the one question behind a list, so that it can be timed by itself too."""
    bookings = recall_bookings.c
    seen = _per_patient(clinic, func.max(bookings.day).label("last_day"))
    seen = seen.where(bookings.type_id.in_(list(types)), bookings.starts_at <= stamp(now))
    ahead = _per_patient(clinic, func.min(bookings.starts_at).label("next_at"))
    ahead = ahead.where(bookings.starts_at > stamp(now))
    past, future = seen.subquery("past"), ahead.subquery("future")
    people = recall_people
    joined = people.outerjoin(past, people.c.id == past.c.patient_id).outerjoin(
        future, people.c.id == future.c.patient_id
    )
    statement = select(people, past.c.last_day, future.c.next_at).select_from(joined)
    return statement.where(people.c.clinic == clinic).order_by(people.c.id)


def _per_patient(clinic: str, what: ColumnElement[Any]) -> Select[Any]:
    """Return the question over the places that still hold; one row that says no speaks for the whole place."""
    visits, bookings, other = recall_visits.c, recall_bookings.c, recall_visits.alias("other")
    off = select(other.c.id).where(
        other.c.clinic == clinic,
        other.c.booking_id == visits.booking_id,
        other.c.patient_id == visits.patient_id,
        other.c.off.is_(True),
    )
    same = (recall_visits.c.clinic == recall_bookings.c.clinic) & (visits.booking_id == bookings.id)
    statement = select(visits.patient_id, what).select_from(recall_visits.join(recall_bookings, same))
    fits = (visits.clinic == clinic, bookings.gone.is_(False), ~off.exists())
    return statement.where(*fits).group_by(visits.patient_id)


def forget_person(connection: Connection, clinic: str, patient: str) -> None:
    """Forget a person, in the transaction that erases everything else about them."""
    for table, key in ((recall_people, "id"), (recall_visits, "patient_id")):
        connection.execute(delete(table).where(table.c.clinic == clinic, table.c[key] == patient))


def _person_of(row: Any) -> RecallPerson:  # noqa: ANN401 - a row of any columns
    return RecallPerson(
        id=row.id,
        first=Private(row.first) if row.first else NOTHING,
        email=Private(row.email) if row.email else NOTHING,
        accepts=_MEANS[row.accepts],
        archived=row.archived,
        merged=row.merged,
    )
