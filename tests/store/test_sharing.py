"""What processes share: limits, leases and runs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ligament.core.ids import RunId
from ligament.ports.windows import Full, SharedQuota, Window, WindowStore
from ligament.store.database.errors import Fenced, StoreError
from ligament.store.journal.journal import Note
from ligament.store.shared.leases import Lease, Leases
from ligament.store.shared.rate_limits import SharedWindows
from ligament.store.shared.values import SharedValues
from ligament.store.writes.runs import QUIET

if TYPE_CHECKING:
    from tests.store.homes import Home, Opened

MINUTE = 60_000
FULL = 2


def minute(at_ms: int, calls: int = 2) -> Window:
    return Window(name="minute", calls=calls, since_ms=at_ms - MINUTE, until_ms=at_ms)


def test_a_full_window_names_the_call_that_must_leave_first_and_records_nothing(home: Home) -> None:
    one: WindowStore = SharedWindows(home.open().database)
    other = SharedWindows(home.open().database)
    assert one.take("books", [minute(100_000)], 100_000) is None
    assert other.take("books", [minute(100_010)], 100_010) is None
    window = minute(100_020)
    assert one.take("books", [window], 100_020) == Full(window=window, blocking_ms=100_000)
    assert one.take("practice", [window], 100_020) is None
    assert one.take("books", [minute(160_000)], 160_000) is None


def test_a_window_that_takes_no_call_is_full_for_ever(opened: Opened) -> None:
    window = minute(5, calls=0)
    assert SharedWindows(opened.database).take("books", [window], 5) == Full(window=window, blocking_ms=None)


def test_the_calls_that_count_are_the_newest_inside(opened: Opened) -> None:
    windows = SharedWindows(opened.database)
    for at_ms in (1, 2, 3):
        assert windows.take("books", [], at_ms) is None
    full = windows.take("books", [Window(name="w", calls=2, since_ms=0, until_ms=3)], 3)
    assert full is not None
    assert full.blocking_ms == 2


def test_slots_are_few_end_by_themselves_and_are_never_freed_by_others(opened: Opened) -> None:
    windows = SharedWindows(opened.database)
    first = windows.enter("books", 1, 0, 100)
    assert first is not None
    assert windows.enter("books", 1, 99, 100) is None
    second = windows.enter("books", 1, 100, 100)
    assert second is not None
    windows.leave("books", first)
    assert windows.enter("books", 1, 150, 100) is None
    windows.leave("books", second)
    windows.leave("books", "unknown")
    assert windows.enter("books", 1, 150, 100) is not None
    assert windows.numbers("books") == {}


def test_a_crowd_shares_one_allowance_fairly_across_processes(home: Home) -> None:
    """Ten calls a minute for all: once both had to wait, each gets half of what the third, who never had to, leaves."""
    one, other = SharedWindows(home.open().database), SharedWindows(home.open().database)
    quota = SharedQuota(scope="app", calls=10, span_ms=MINUTE)
    full = Full(window=None, blocking_ms=2_000)
    assert other.take("modest", [], 1_000, quota) is None
    assert [one.take("greedy", [], 1_001 + at, quota) for at in range(10)] == [*[None] * 9, full]
    assert [one.take("greedy", [], 40_000, quota), other.take("late", [], 40_001, quota)] == [full, full]
    # The calls of the first second are gone. The modest one comes first, the other two share the nine that are left.
    assert other.take("modest", [], 62_000, quota) is None
    greedy = [one.take("greedy", [], 62_001 + at, quota) is None for at in range(7)]
    late = [other.take("late", [], 62_010 + at, quota) is None for at in range(7)]
    assert (sum(greedy), sum(late)) == (5, 4)
    assert one.numbers("app") == {}


def test_a_crowd_believes_what_the_server_said_of_others(opened: Opened) -> None:
    windows = SharedWindows(opened.database)
    told = SharedQuota(scope="app", calls=10, span_ms=MINUTE, said_used=8, said_ms=5_000)
    assert [windows.take("one", [], at, told) is None for at in (6_100, 6_200, 6_300)] == [True, True, False]


def test_seconds_of_a_crowd_that_count_no_more_are_forgotten(opened: Opened) -> None:
    windows = SharedWindows(opened.database)
    quota = SharedQuota(scope="app", calls=1, span_ms=MINUTE)
    assert windows.take("one", [], 0, quota) is None
    assert windows.take("two", [], 1, quota) is not None
    for minute_ in range(1, 20):
        assert windows.take("one", [], minute_ * 100_000, quota) is None
    assert opened.one("SELECT COUNT(*) FROM window_numbers") == 1


def test_numbers_are_kept_by_name_and_scope(opened: Opened) -> None:
    windows = SharedWindows(opened.database)
    windows.keep("books", {"day_left": 5, "epoch": 1})
    windows.keep("books", {"day_left": 4})
    windows.keep("books", {})
    assert windows.numbers("books") == {"day_left": 4, "epoch": 1}
    assert windows.numbers("practice") == {}


def still_held(leases: Leases, opened: Opened, lease: Lease) -> bool:
    with opened.database.reading() as connection:
        try:
            leases.look(connection, lease)
        except Fenced:
            return False
    return True


def test_a_lease_has_one_holder_and_a_later_one_has_a_higher_fence(home: Home) -> None:
    opened = home.open()
    leases = Leases(opened.database, "clinic", home.calendar.now)
    first = leases.take("engine", "a", 10)
    assert first is not None
    assert leases.take("engine", "b", 10) is None
    assert leases.take("engine", "a", 10) == first
    for _ in range(12):
        home.calendar.now()
    second = leases.take("engine", "b", 10)
    assert second is not None
    assert second.fence > first.fence
    assert (still_held(leases, opened, first), still_held(leases, opened, second)) == (False, True)
    leases.release(first)
    assert still_held(leases, opened, second)
    leases.release(second)
    assert not still_held(leases, opened, second)
    assert leases.take("engine", "a", 10) is not None


def test_runs_are_listed_newest_first_with_what_they_came_to(opened: Opened) -> None:
    first, second = opened.runs.start("sync", "a1"), opened.runs.start("reconcile", "a2")
    assert first < second
    opened.store.keep_note("rulebook_seen", "one")
    opened.runs.finish(first, {"planned": 3})
    assert [run.id for run in opened.runs.newest()] == [second, first]
    done, going = opened.runs.one(first), opened.runs.one(second)
    assert done is not None
    assert going is not None
    assert (done.kind, done.summary, done.finished_at is None) == ("sync", {"planned": 3}, False)
    assert (going.summary, going.finished_at) == ({}, None)
    assert opened.kinds() == ["run_started", "run_started", "note", "run_finished"]
    with pytest.raises(StoreError, match="no such run"):
        opened.runs.finish(RunId("unknown"), {})
    assert opened.runs.one(RunId("unknown")) is None


def test_a_run_that_writes_nothing_leaves_nothing_in_the_journal_and_only_the_newest_one_is_kept(
    opened: Opened,
) -> None:
    busy = opened.runs.start("sync", "a0")
    opened.store.keep_note("rulebook_seen", "one")
    opened.runs.finish(busy, {"planned": 1})
    before = opened.kinds()
    for number in range(5):
        quiet = opened.runs.start("sync", f"q{number}")
        opened.store.keep_note("reference_read_at", f"{number} o'clock")
        opened.runs.finish(quiet, {"read": number})
    assert opened.kinds() == before == ["run_started", "note", "run_finished"]
    assert [(run.kind, run.summary) for run in opened.runs.newest()] == [(QUIET, {"read": 4}), ("sync", {"planned": 1})]
    assert opened.store.note("reference_read_at") == "4 o'clock"
    later = opened.runs.start("sync", "a9")
    opened.store.keep_note("rulebook_seen", "two")
    assert opened.kinds() == [*before, "run_started", "note"]
    opened.runs.finish(later, {})
    assert opened.kinds()[-1] == "run_finished"


def test_an_announcement_that_was_rolled_back_is_written_the_next_time(opened: Opened) -> None:
    run = opened.runs.start("sync", "a1")

    with suppress(ZeroDivisionError), opened.journal.writing() as writing:
        writing.add(Note(kind="note", public={}))
        raise ZeroDivisionError
    assert opened.kinds() == []
    opened.store.keep_note("rulebook_seen", "one")
    opened.runs.finish(run, {})
    assert opened.kinds() == ["run_started", "note", "run_finished"]


def test_what_is_jotted_down_is_seen_by_others_at_once_and_taken_back_like_everything_else(home: Home) -> None:
    one, other = home.open(), SharedValues(home.open().database)
    beats = SharedValues(one.database)
    beats.jot("a", "standing", "1")
    assert other.one("a", "standing") == "1"
    with suppress(ZeroDivisionError), one.database.jotting("test") as connection:
        connection.execute(text("DELETE FROM beats"))
        raise ZeroDivisionError
    assert other.one("a", "standing") == "1"
    # What follows is kept for good again, whatever was jotted down before on the same connection.
    beats.keep("a", "standing", "2")
    with one.database.writing("test") as connection:
        if one.database.is_sqlite:
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == FULL
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
    assert other.one("a", "standing") == "2"
