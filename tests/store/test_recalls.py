"""Who was seen when, asked of both databases; a person who is forgotten is forgotten here too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from ligament.core.private import Private
from ligament.core.recalls import RecallPerson
from ligament.ports.recalls import RecallBooking, RecallPage, RecallVisit
from ligament.store.mirror.recalls import RecallRows
from tests.store.homes import Opened
from tests.store.makers import patient, subjects

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def person(key: str, **more: object) -> RecallPerson:
    told: dict[str, object] = {"email": Private(f"{key}@mail.example"), "accepts": True, **more}
    return RecallPerson(id=key, first=Private("Ada"), **told)  # type: ignore[arg-type]


def booking(key: str, days_ago: int, kind: str = "1", **more: bool) -> RecallBooking:
    at = NOW - timedelta(days=days_ago)
    return RecallBooking(id=key, type_id=kind, starts_at=at, on=at.date(), **more)


def visit(booking_id: str, who: str, mark: str = "b", **more: bool) -> RecallVisit:
    return RecallVisit(id=f"{mark}{booking_id}{who}", booking_id=booking_id, patient_id=who, **more)


def seen(rows: RecallRows, *types: str) -> dict[str, tuple[date | None, bool]]:
    return {one.person.id: (one.last_on, one.booked) for one in rows.candidates(types, NOW)}


def rows_of(opened: Opened) -> RecallRows:
    return RecallRows(opened.database, "clinic")


def test_the_newest_visit_of_these_types_counts_and_any_booking_ahead(opened: Opened) -> None:
    rows = rows_of(opened)
    rows.keep(
        RecallPage(
            people=(person("1"), person("2"), person("3")),
            bookings=(booking("a", 300), booking("b", 200), booking("c", 10, "2"), booking("d", -3, "9")),
            visits=(visit("a", "1"), visit("b", "1"), visit("c", "1"), visit("b", "2"), visit("d", "2")),
            cursors={"recall_patients": "2026-11-22T00:00:00Z"},
        )
    )
    last = (NOW - timedelta(days=200)).date()
    assert seen(rows, "1") == {"1": (last, False), "2": (last, True), "3": (None, False)}
    assert seen(rows) == {"1": (None, False), "2": (None, True), "3": (None, False)}
    assert rows.cursors() == {"recall_patients": "2026-11-22T00:00:00Z"}


def test_one_row_that_says_no_speaks_for_the_whole_place(opened: Opened) -> None:
    rows = rows_of(opened)
    rows.keep(
        RecallPage(
            people=(person("1"), person("2"), person("3")),
            bookings=(booking("a", 300), booking("gone", 100, cancelled=True), booking("b", -5)),
            visits=(
                visit("a", "1"), visit("a", "1", "x", no_show=True), visit("a", "2"), visit("gone", "2"),
                visit("b", "3"), visit("b", "3", "x", cancelled=True),
            ),
        )
    )  # fmt: skip
    assert seen(rows, "1") == {"1": (None, False), "2": ((NOW - timedelta(days=300)).date(), False), "3": (None, False)}


def test_refusals_are_known_by_address_and_by_mark_and_keep_their_first_reason(opened: Opened) -> None:
    rows = rows_of(opened)
    rows.keep(RecallPage(people=(person("1", accepts=False), person("2", accepts=False, archived=True))))
    assert rows.refused() == {"1@mail.example"}
    rows.keep_refusals({"mark": "unsubscribed"}, NOW)
    rows.keep_refusals({"mark": "refused_there", "other": "refused_there"}, NOW)
    assert rows.refusals() == {"mark": "unsubscribed", "other": "refused_there"}


def test_another_clinic_has_its_own(opened: Opened) -> None:
    rows_of(opened).keep(RecallPage(people=(person("1", accepts=False),)))
    other = RecallRows(opened.database, "another")
    assert seen(other, "1") == {}
    assert other.refused() == frozenset()


def test_a_person_who_is_forgotten_is_forgotten_here_too(opened: Opened) -> None:
    opened.store.keep_parties([patient("1"), patient("2")])
    rows = rows_of(opened)
    rows.keep(RecallPage(people=(person("1"), person("2")), bookings=(booking("a", 9),), visits=(visit("a", "1"),)))
    (one,) = subjects("patient:1")
    opened.store.forget(one)
    assert set(seen(rows, "1")) == {"2"}
    assert opened.one("SELECT count(*) FROM recall_visits") == 0
