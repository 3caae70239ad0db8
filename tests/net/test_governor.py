"""The governor never exceeds a limit, believes the servers, and keeps a reserve for people."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligament.net.governor import AppWide, Governor, Observed, Priority
from ligament.net.limit import Limit
from ligament.ports.errors import TryLater
from tests.net.clocks import VirtualClock
from tests.support.windows import InMemoryWindows

MINUTE = Limit("minute", 60, 60)


def governor(clock: VirtualClock, store: InMemoryWindows | None = None, day_allowance: int | None = None) -> Governor:
    return Governor("books/1", [MINUTE], store or InMemoryWindows(), clock, day_allowance=day_allowance)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4000)), min_size=1, max_size=80),
    st.integers(1, 30),
    st.integers(1, 60),
)
def test_no_window_ever_holds_more_calls_than_the_limit(steps: list[tuple[int, int]], calls: int, per_s: int) -> None:
    clock, store = VirtualClock(), InMemoryWindows()
    limits = [Limit("minute", calls, per_s), Limit("burst", max(calls // 2, 1), max(per_s // 4, 1))]
    workers = [Governor("one", limits, store, clock, longest_wait_s=10_000) for _ in range(4)]
    made: list[int] = []
    for worker, idle in steps:
        workers[worker].before()
        made.append(clock.monotonic_ms())
        clock.at += timedelta(milliseconds=idle)
    for limit in limits:
        for at in made:
            assert sum(at - limit.per_s * 1000 < other <= at for other in made) <= max(limit.calls * 95 // 100, 1)


@given(st.lists(st.integers(0, 4_000_000), max_size=80), st.integers(1, 40))
def test_no_day_ever_holds_more_calls_than_the_allowance_less_the_reserve(idles: list[int], allowance: int) -> None:
    clock = VirtualClock()
    guard = governor(clock, day_allowance=allowance)
    made: list[int] = []
    refusals: list[tuple[str, int]] = []
    for idle in idles:
        clock.at += timedelta(milliseconds=idle)
        try:
            guard.before()
        except TryLater as trouble:
            refusals.append((trouble.limit, trouble.wait_s))
        else:
            made.append(clock.monotonic_ms())
    assert all(limit == "day" and wait_s > 0 for limit, wait_s in refusals)
    assert all(sum(at - 86_400_000 < other <= at for other in made) <= allowance - allowance // 10 for at in made)


def test_people_may_use_the_reserve_and_the_next_day_is_new() -> None:
    clock = VirtualClock()
    guard = governor(clock, day_allowance=10)
    for _ in range(9):
        guard.before()
    with pytest.raises(TryLater) as refused:
        guard.before()
    assert refused.value.limit == "day"
    guard.before(Priority.PEOPLE)
    with pytest.raises(TryLater):
        guard.before(Priority.PEOPLE)
    clock.at += timedelta(seconds=refused.value.wait_s)
    guard.before()


def test_a_wait_the_server_asked_for_holds_back_all_callers_of_the_scope_and_nobody_else() -> None:
    clock, store = VirtualClock(), InMemoryWindows()
    first, second = governor(clock, store), governor(clock, store)
    other = Governor("books/2", [MINUTE], store, clock)
    first.learn(Observed(retry_after_s=37))
    other.before()
    assert clock.pauses == []
    second.before()
    assert sum(clock.pauses) == 37_000
    first.learn(Observed(retry_after_s=3600))
    with pytest.raises(TryLater) as refused:
        second.before()
    assert refused.value.wait_s == 3600
    assert refused.value.limit == ""


def test_a_day_that_the_server_calls_used_up_is_a_day_limit() -> None:
    clock = VirtualClock()
    guard = governor(clock, day_allowance=5000)
    guard.learn(Observed(retry_after_s=30_000, problem="day"))
    with pytest.raises(TryLater) as refused:
        guard.before(Priority.PEOPLE)
    assert (refused.value.limit, refused.value.wait_s) == ("day", 30_000)


def test_what_the_server_says_is_left_of_the_day_wins_over_our_own_count() -> None:
    clock = VirtualClock()
    guard = governor(clock, day_allowance=1000)
    guard.before()
    # Another program of the same clinic has used the day: 103 are left, of which 100 are for people.
    guard.learn(Observed(day_remaining=103))
    clock.at += timedelta(seconds=1)
    for _ in range(3):
        guard.before()
    with pytest.raises(TryLater):
        guard.before()
    guard.before(Priority.PEOPLE)


def test_after_an_hour_one_call_may_ask_whether_a_new_day_has_begun() -> None:
    clock = VirtualClock()
    guard = governor(clock, day_allowance=1000)
    guard.learn(Observed(day_remaining=0))
    with pytest.raises(TryLater):
        guard.before()
    clock.at += timedelta(hours=1)
    guard.before()
    with pytest.raises(TryLater):
        guard.before()
    guard.learn(Observed(day_remaining=1000))
    clock.at += timedelta(seconds=1)
    guard.before()


@pytest.mark.parametrize("said", [Observed(day_remaining=0), Observed(retry_after_s=30_000, problem="day")])
def test_a_calendar_that_was_turned_to_another_day_ends_the_day_and_one_turned_back_does_not(said: Observed) -> None:
    clock, calendar, store = VirtualClock(), VirtualClock(), InMemoryWindows()
    Governor("books/1", [MINUTE], store, clock, day_allowance=1000, calendar=calendar).learn(said)
    calendar.at += timedelta(hours=-2)
    later = Governor("books/1", [MINUTE], store, clock, day_allowance=1000, calendar=calendar)
    with pytest.raises(TryLater):
        later.before()
    calendar.at += timedelta(hours=26)
    later.before()
    later.learn(Observed(day_remaining=999))
    clock.at += timedelta(seconds=1)
    later.before()


def test_an_empty_minute_is_waited_for_briefly_and_asked_again() -> None:
    clock = VirtualClock()
    guard = governor(clock)
    guard.learn(Observed(minute_remaining=0))
    guard.before()
    assert sum(clock.pauses) == 6000


def test_at_most_so_many_calls_are_under_way_and_a_crashed_one_frees_its_place() -> None:
    clock, store = VirtualClock(), InMemoryWindows()
    limits = [Limit("at once", 5, 0)]
    guards = [Governor("one", limits, store, clock) for _ in range(2)]
    slots = [guards[index % 2].before() for index in range(4)]
    assert None not in slots
    with pytest.raises(TryLater):
        guards[0].before()
    guards[0].after(slots[0])
    assert guards[1].before() is not None
    clock.at += timedelta(minutes=6)
    assert guards[1].before() is not None


def test_a_clock_put_back_does_not_stop_the_calls_for_long() -> None:
    clock = VirtualClock()
    guard = governor(clock)
    for _ in range(57):
        guard.before()
    clock.at -= timedelta(hours=2)
    guard.before()
    assert sum(clock.pauses) <= 120_000


def test_threads_share_one_window() -> None:
    store, clock = InMemoryWindows(), VirtualClock()
    guard = Governor("one", [Limit("minute", 100, 60)], store, clock, longest_wait_s=0)
    granted: list[int] = []

    def work() -> None:
        for _ in range(50):
            try:
                guard.before()
            except TryLater:
                continue
            granted.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 95


# --- what all clinics of an app share ---------------------------------------------------------------------------------

APP = AppWide(scope="books-app", limit=Limit("app minute", 100, 60))


def of_app(
    clinic: str, clock: VirtualClock, store: InMemoryWindows, app: AppWide = APP, *, longest_wait_s: int = 120
) -> Governor:
    minute = Limit("minute", 60, 60)
    return Governor(clinic, [minute], store, clock, app_wide=app, longest_wait_s=longest_wait_s)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3000)), min_size=1, max_size=120))
def test_all_clinics_together_never_exceed_what_the_app_may(steps: list[tuple[int, int]]) -> None:
    clock, store, app = VirtualClock(), InMemoryWindows(), AppWide(scope="app", limit=Limit("app minute", 20, 60))
    clinics = [of_app(f"c{number}", clock, store, app, longest_wait_s=10_000) for number in range(8)]
    made: list[int] = []
    for clinic, idle in steps:
        clinics[clinic].before()
        made.append(clock.monotonic_ms())
        clock.at += timedelta(milliseconds=idle)
    assert all(sum(at - 60_000 < other <= at for other in made) <= 19 for at in made)


def test_what_the_app_may_is_shared_fairly_and_nobody_is_starved() -> None:
    """Forty clinics want far more than there is; the first ones ask all the time, the last ones once in a while."""
    clock, store = VirtualClock(), InMemoryWindows()
    clinics = {f"c{number:02}": of_app(f"c{number:02}", clock, store, longest_wait_s=0) for number in range(40)}
    made = dict.fromkeys(clinics, 0)
    for second in range(1200):
        clock.at += timedelta(seconds=1)
        for place, (name, clinic) in enumerate(clinics.items()):
            for _ in range(3 if place < 5 else int((second + place) % 7 == 0)):
                with contextlib.suppress(TryLater):
                    clinic.before()
                    made[name] += 1
    mean = sum(made.values()) / len(made)
    assert sum(made.values()) > 0.9 * 20 * 95
    assert min(made.values()) >= mean / 2
    assert max(made.values()) <= mean * 2


def test_who_asks_for_little_is_not_held_back_by_those_who_ask_for_much() -> None:
    clock, store = VirtualClock(), InMemoryWindows()
    greedy = [Governor(f"g{number}", [], store, clock, app_wide=APP, longest_wait_s=0) for number in range(4)]
    modest = [Governor(f"m{number}", [], store, clock, app_wide=APP, longest_wait_s=0) for number in range(8)]
    waits, since, made = list[int](), dict[int, int](), 0
    for second in range(900):
        clock.at += timedelta(seconds=1)
        for clinic in greedy * 5:
            with contextlib.suppress(TryLater):
                clinic.before()
                made += 1
        for place, clinic in enumerate(modest):
            if second % 30 == place:
                since.setdefault(place, second)
            with contextlib.suppress(TryLater):
                if place in since:
                    clinic.before()
                    waits.append(second - since.pop(place))
    # Nobody knows in the first minute that others will come.
    steady = waits[2 * len(modest) :]
    assert max(steady) <= 3
    assert len(steady) > 200
    assert made + len(waits) >= 14 * 90


def test_a_clinic_alone_may_use_what_the_others_leave() -> None:
    clock, store = VirtualClock(), InMemoryWindows()
    alone = Governor("one", [], store, clock, app_wide=APP, longest_wait_s=0)
    for _ in range(95):
        alone.before()
    with pytest.raises(TryLater):
        alone.before()


def test_what_the_server_says_is_left_for_the_app_holds_back_all_its_clinics_and_no_other_app() -> None:
    clock, store = VirtualClock(), InMemoryWindows()
    first, second = of_app("c1", clock, store), of_app("c2", clock, store)
    stranger = of_app("c3", clock, store, AppWide(scope="other-app", limit=APP.limit))
    first.learn(Observed(app_remaining=5))
    stranger.before()
    assert clock.pauses == []
    second.before()
    assert 0 < sum(clock.pauses) <= 8_000


def test_a_wait_for_the_whole_app_is_everybodys_and_leaves_the_clinics_own_allowance_alone() -> None:
    clock, store = VirtualClock(), InMemoryWindows()
    first, second = of_app("c1", clock, store), of_app("c2", clock, store)
    first.learn(Observed(retry_after_s=37, problem="app"))
    second.before()
    assert sum(clock.pauses) == 37_000
    assert "blocked_until_ms" not in store.numbers("c1")
