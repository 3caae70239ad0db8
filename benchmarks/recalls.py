"""Who is due among a hundred thousand patients, beside the bare question to the database."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.measuring import child, cpu_s
from ligament.core.private import Private
from ligament.core.recalls import RecallPerson, Recalls
from ligament.ports.recalls import RecallBooking, RecallPage, RecallVisit
from ligament.store.database.connection import Database, open_database
from ligament.store.mirror.recalls import RecallRows, candidates

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
PEOPLE, FEW, VISITS_EACH, LIMIT = 100_000, 10_000, 3, 2.0
TYPE, AT_ONCE = "1", 5_000


def measure(*, small: bool = False) -> list[Figure]:
    """Ask who is due, with everything that is decided about each person."""
    people = FEW if small else PEOPLE
    told = child("benchmarks.recalls", str(people))
    return [
        Figure(
            name=f"who is due of {people:,}",
            measured=told["judged_s"],
            yardstick=told["asked_s"],
            unit="s",
            against="the question",
            limit=LIMIT,
            note=f"{told['due']:,} are",
        )
    ]


def filled(database: Database, people: int) -> RecallRows:
    """Keep that many patients with some appointments each."""
    rows = RecallRows(database, "clinic")
    for start in range(0, people, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, people))
        rows.keep(RecallPage(people=tuple(_person(number) for number in numbers)))
        pairs = [(number, turn) for number in numbers for turn in range(VISITS_EACH)]
        bookings = tuple(_booking(number, turn) for number, turn in pairs)
        visits = tuple(
            RecallVisit(id=f"b{number}-{turn}", booking_id=f"{number}-{turn}", patient_id=str(number))
            for number, turn in pairs
        )
        rows.keep(RecallPage(bookings=bookings, visits=visits))
    return rows


def _person(number: int) -> RecallPerson:
    accepts = {0: None, 1: False}.get(number % 5, True)
    email = Private(f"p{number}@mail.example")
    return RecallPerson(id=str(number), first=Private("Ada"), email=email, accepts=accepts)


def _booking(number: int, turn: int) -> RecallBooking:
    at = NOW - timedelta(days=(number * 7 + turn * 31) % 700 - 20)
    return RecallBooking(id=f"{number}-{turn}", type_id=TYPE, starts_at=at, on=at.date())


def main(people: int) -> None:
    """Measure in this process."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'ligament.db'}")
        rows = filled(database, people)
        with database.reading() as connection:
            began = cpu_s()
            asked = connection.execute(candidates("clinic", [TYPE], NOW)).all()
            asked_s = cpu_s() - began
        assert len(asked) == people
        began = cpu_s()
        found = Recalls(rows=[], left_out=Counter())
        found.judge(rows.candidates([TYPE], NOW), "Check", 26, NOW.date(), rows.refused())
        judged_s = cpu_s() - began
        assert len(found.rows) + found.left_out.total() == people
        database.close()
    print(json.dumps({"asked_s": asked_s, "judged_s": judged_s, "due": len(found.rows)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
