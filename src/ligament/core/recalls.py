"""Recalls: who is due to be asked back, who is left out and why; consent is a fact of the practice, not a setting."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ligament.core.private import NOTHING, Private

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+")


class LeftOut(StrEnum):
    """Why somebody is on no list; each person and list has exactly one reason, the first that applies."""

    ARCHIVED = "archived"
    MERGED = "merged"
    NO_VISIT = "no_visit"
    NOT_YET = "not_yet"
    BOOKED = "booked"
    NO_EMAIL = "no_email"
    BAD_EMAIL = "bad_email"
    REFUSED = "refused"
    NOT_ASKED = "not_asked"
    SHARED_REFUSED = "shared_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallPerson:
    """What is kept of a patient for recalls, and nothing else; `accepts` is None when nobody asked them."""

    id: str
    first: Private[str] = NOTHING
    email: Private[str] = NOTHING
    accepts: bool | None = None
    archived: bool = False
    merged: bool = False

    @property
    def email_key(self) -> str:
        """Return the address as two are compared."""
        return self.email.reveal().strip().casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallCandidate:
    """A patient with the day of the last attended visit that counts, and whether anything is booked from now on."""

    person: RecallPerson
    last_on: date | None
    booked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRow:
    """Somebody to be asked back, on one list; no clinical detail."""

    patient_id: str
    first_name: Private[str]
    email: Private[str]
    due_on: date
    list: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRecall:
    """A recall that the practice itself keeps: whom, from when on, and the name of its type."""

    patient_id: str
    due_on: date
    type: str


@dataclass(slots=True)
class Recalls:
    """Who is due, and how many are left out for each reason: together everybody on every list."""

    rows: list[RecallRow]
    left_out: Counter[LeftOut]

    def judge(
        self, candidates: Iterable[RecallCandidate], name: str, weeks: int, today: date, refused: Collection[str]
    ) -> None:
        """Put everybody who is due on a list; `refused` are the addresses that somebody refused mail to."""
        for candidate in candidates:
            due_on = candidate.last_on + timedelta(weeks=weeks) if candidate.last_on is not None else None
            self.place(candidate, name, due_on, today, refused)

    def place(
        self, candidate: RecallCandidate, name: str, due_on: date | None, today: date, refused: Collection[str]
    ) -> None:
        """Put one person on a list, or count why not."""
        reason = reason_against(candidate, due_on, today, refused)
        if reason is not None:
            self.left_out[reason] += 1
            return
        person = candidate.person
        assert due_on is not None
        email = Private(person.email.reveal().strip())
        row = RecallRow(patient_id=person.id, first_name=person.first, email=email, due_on=due_on, list=name)
        self.rows.append(row)


def reason_against(
    candidate: RecallCandidate, due_on: date | None, today: date, refused: Collection[str]
) -> LeftOut | None:
    """Return the first reason why somebody is not asked back, or nothing; only a recorded yes is consent."""
    person = candidate.person
    reasons = (
        (LeftOut.ARCHIVED, person.archived and not person.merged),
        (LeftOut.MERGED, person.merged),
        (LeftOut.NO_VISIT, due_on is None),
        (LeftOut.NOT_YET, due_on is not None and due_on > today),
        (LeftOut.BOOKED, candidate.booked),
        (LeftOut.NO_EMAIL, not person.email_key),
        (LeftOut.BAD_EMAIL, not _EMAIL.fullmatch(person.email_key)),
        (LeftOut.REFUSED, person.accepts is False),
        (LeftOut.NOT_ASKED, person.accepts is None),
        (LeftOut.SHARED_REFUSED, person.email_key in refused),
    )
    return next((reason for reason, applies in reasons if applies), None)
