"""When each clinic has its turn: fast enough, never too fast, nobody forgotten, and no herd after an outage."""

from __future__ import annotations

import heapq
import random
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ligament.engine import schedule
from ligament.engine.schedule import ClinicStatus, Hours, Pace, Round, State, due, due_at, interval

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
NIGHT = NOON.replace(hour=23)
SECOND = timedelta(seconds=1)


def at(now: datetime, *names: str, pace: Pace | None = None, **more: object) -> Round:
    rest: dict[str, object] = {
        "paces": dict.fromkeys(names, pace or Pace()),
        "walls": dict.fromkeys(names, now),
        **more,
    }
    return Round(now=now, **rest)  # type: ignore[arg-type]


def ready(name: str, began: datetime, **more: object) -> ClinicStatus:
    return replace(ClinicStatus(clinic=name, began_at=began, ended_at=began, succeeded_at=began), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wall", "seconds"),
    [
        (NOON, 30),
        (NIGHT, 120),
        (NOON - timedelta(days=1), 120),
        (NOON.replace(hour=7), 30),
        (NOON.replace(hour=20), 120),
    ],
)
def test_a_clinic_is_read_every_half_minute_when_open_and_a_quarter_as_often_when_not(
    wall: datetime, seconds: int
) -> None:
    assert interval(Pace(limit=200), wall, calls=4) == timedelta(seconds=seconds)


def test_polling_every_five_seconds_never_takes_more_than_a_tenth_of_the_limit() -> None:
    fast = Pace(poll=timedelta(seconds=5), limit=200)
    for calls in range(1, 50):
        pause = interval(fast, NOON, calls)
        assert pause >= timedelta(seconds=5)
        looks = timedelta(minutes=1) / pause
        # One look of each minute reads the slow lists too.
        assert calls * looks + schedule.SLOW_CALLS <= 20 + 1e-9
    assert interval(fast, NOON, 1) == timedelta(seconds=5)


def test_a_slow_poll_is_not_made_faster_at_night() -> None:
    assert interval(Pace(poll=timedelta(hours=1)), NIGHT, 4) == timedelta(hours=1)
    assert interval(Pace(poll=timedelta(minutes=2)), NIGHT, 4) == schedule.NIGHT_POLL


def test_a_clinic_that_was_never_read_and_one_whose_calendar_went_back_are_due_at_once() -> None:
    never, ahead = ClinicStatus(clinic="a"), ready("b", NOON + timedelta(days=400))
    assert due([never, ahead], at(NOON, "a", "b")) == ["a", "b"]


def test_a_turn_that_nobody_ended_is_due_at_once_even_at_night() -> None:
    cut, ended = ready("a", NIGHT), ready("b", NIGHT)
    cut = schedule.begun(cut, NIGHT + SECOND, NIGHT + SECOND)
    assert due([cut, ended], at(NIGHT + 2 * SECOND, "a", "b")) == ["a"]
    assert not schedule.is_unfinished(ClinicStatus(clinic="a"))


def test_a_turn_is_paced_by_the_machine_and_shown_on_the_clinics_calendar() -> None:
    calendar = NOON - timedelta(days=10)
    worked = schedule.succeeded(schedule.begun(ClinicStatus(clinic="a"), NOON, calendar), NOON + SECOND, 3)
    assert (worked.succeeded_at, worked.as_shown(worked.succeeded_at)) == (NOON + SECOND, calendar + SECOND)
    assert (worked.not_before, worked.as_shown(worked.not_before)) == (None, None)
    parked = schedule.parked(worked, NOON + SECOND, "The day's calls are used up.", 60, lambda _: 0)
    assert parked.not_before is not None
    assert parked.as_shown(parked.not_before) == parked.not_before - timedelta(days=10)
    same = schedule.begun(ClinicStatus(clinic="a"), NOON, NOON + timedelta(milliseconds=3))
    assert same.as_shown(NOON) == NOON


def test_a_hint_is_due_at_once_and_a_busy_clinic_is_left() -> None:
    hinted, other = ready("a", NOON - SECOND), ready("b", NOON - SECOND)
    moment = at(NOON, "a", "b", hints={"a": NOON - SECOND / 2})
    assert due([hinted, other], moment) == ["a"]
    assert due([hinted, other], replace(moment, busy={"a"})) == []


def test_a_paused_clinic_is_tried_at_every_poll_and_not_by_hints() -> None:
    waits = ready("a", NOON, state=State.PAUSED)
    assert due([waits], at(NOON + 29 * SECOND, "a", hints={"a": NOON})) == []
    assert due([waits], at(NOON + 30 * SECOND, "a")) == ["a"]


def test_a_parked_clinic_waits_until_its_day_begins_anew_but_never_longer_than_that() -> None:
    parked = schedule.parked(ready("a", NOON), NOON, "used up", 3600, lambda most: most)
    assert due([parked], at(NOON + timedelta(minutes=59), "a", hints={"a": NOON})) == []
    assert due([parked], at(NOON + timedelta(minutes=61), "a")) == ["a"]
    assert due([replace(parked, not_before=NOON + timedelta(days=90))], at(NOON + SECOND, "a")) == ["a"]


def test_trouble_waits_longer_each_time_with_full_jitter_and_the_servers_wait_on_top() -> None:
    most: list[int] = []

    def longest(limit: int) -> int:
        most.append(limit)
        return limit

    status = ready("a", NOON)
    for _ in range(12):
        status = schedule.troubled(status, NOON, "away", 0, longest)
    assert most[:3] == [10_000, 20_000, 40_000]
    assert most[-1] == 600_000
    asked = schedule.troubled(ready("a", NOON), NOON, "away", 90, lambda _: 0)
    assert asked.not_before == NOON + timedelta(seconds=90)
    assert schedule.succeeded(status, NOON, 4).failures == 0


def test_during_an_outage_one_clinic_tries_for_all_and_afterwards_they_come_back_spread_out() -> None:
    names = [f"c{number}" for number in range(100)]
    away = [schedule.troubled(ready(name, NOON), NOON, "away", 0, lambda _: 0) for name in names]
    assert due(away, at(NOON + timedelta(seconds=59), *names)) == []
    (probe,) = due(away, at(NOON + timedelta(seconds=60), *names))
    trying = [replace(one, began_at=NOON + timedelta(seconds=60)) if one.clinic == probe else one for one in away]
    assert due(trying, at(NOON + timedelta(seconds=70), *names)) == []
    back = NOON + timedelta(seconds=61)
    after = [schedule.succeeded(one, back, 4) if one.clinic == probe else one for one in trying]
    came = [len(due(after, at(back + timedelta(seconds=s), *names))) for s in (1, 15, 30, 45, 60)]
    assert came[0] < 10
    assert came == sorted(came)
    assert came[-1] >= 99


def test_one_clinics_trouble_is_no_outage() -> None:
    names = ["a", "b", "c", "d"]
    some = [ready(name, NOON) for name in names]
    some[0] = schedule.troubled(some[0], NOON, "away", 0, lambda _: 2000)
    assert schedule.outage_since(some) is None
    assert "a" in due(some, at(NOON + 3 * SECOND, *names))


def test_a_probe_that_died_is_followed_by_another() -> None:
    names = ["a", "b", "c"]
    away = [schedule.troubled(ready(name, NOON), NOON, "away", 0, lambda _: 0) for name in names]
    away[0] = replace(away[0], began_at=NOON + SECOND)
    assert due(away, at(NOON + timedelta(minutes=2), *names)) == []
    assert len(due(away, at(NOON + timedelta(minutes=6), *names))) == 1


@pytest.mark.parametrize(
    ("wall", "daily", "weekly"),
    [
        (NOON, "2026-11-23", "2026-11-22"),
        (NOON.replace(hour=1), "2026-11-22", "2026-11-22"),
        (NOON + timedelta(days=6), "2026-11-29", "2026-11-29"),
        ((NOON + timedelta(days=6)).replace(hour=1), "2026-11-28", "2026-11-22"),
    ],
)
def test_daily_and_weekly_jobs_come_once_and_are_made_up_for(wall: datetime, daily: str, weekly: str) -> None:
    assert schedule.last_daily(wall, "02:00").isoformat() == daily
    assert schedule.last_weekly(wall, "02:00", "sunday").isoformat() == weekly


def test_what_a_quiet_turn_costs_forgets_the_first_great_reading() -> None:
    first = schedule.succeeded(ClinicStatus(clinic="a"), NOON, 3_660)
    assert first.calls <= 10
    assert schedule.succeeded(first, NOON, 4).calls == 4


def test_hours_are_the_clinics_own() -> None:
    late = Hours(opens=time(12), closes=time(22), days=frozenset({0}))
    assert late.is_open(NOON)
    assert not late.is_open(NOON + timedelta(days=1))


def test_hours_may_go_past_midnight_and_belong_to_the_day_on_which_they_began() -> None:
    night = Hours(opens=time(18), closes=time(2), days=frozenset({0}))
    assert night.is_open(NOON.replace(hour=19))
    assert night.is_open(NOON.replace(hour=1) + timedelta(days=1))
    assert not night.is_open(NOON.replace(hour=1))
    assert not night.is_open(NOON)
    always = Hours(opens=time(9), closes=time(9), days=frozenset({0}))
    assert [always.is_open(NOON.replace(hour=hour)) for hour in range(24)] == [True] * 24
    assert not always.is_open(NOON + timedelta(days=1))


@settings(max_examples=4)
@given(seed=st.integers(0, 10_000), workers=st.integers(2, 8))
def test_of_500_clinics_with_too_few_workers_none_waits_more_than_twice_the_mean(seed: int, workers: int) -> None:
    """Virtual time: turns take 0.2 to 3 seconds, far more than the workers can do every 30 seconds."""
    draw = random.Random(seed)
    names = [f"c{number:03}" for number in range(500)]
    statuses = {name: ready(name, NOON - SECOND * draw.randint(0, 30)) for name in names}
    statuses[names[7]] = ClinicStatus(clinic=names[7])
    now, running, waits = NOON, list[tuple[datetime, str]](), dict[str, list[timedelta]]()
    queued: list[str] = []
    while now < NOON + timedelta(minutes=30):
        while running and running[0][0] <= now:
            ended, name = heapq.heappop(running)
            statuses[name] = schedule.succeeded(statuses[name], ended, 4)
        busy = {name for _, name in running} | set(queued)
        queued += due(statuses.values(), at(now, *names, busy=busy))
        while queued and len(running) < workers:
            name = queued.pop(0)
            waits.setdefault(name, []).append(now - (statuses[name].began_at or now))
            statuses[name] = schedule.begun(statuses[name], now, now)
            heapq.heappush(running, (now + timedelta(milliseconds=draw.randint(200, 3000)), name))
        now = max(now + SECOND, running[0][0] if running else now)
    # The first turn of each is about the start, not about fairness.
    means = [sum(each[1:], timedelta()) / len(each[1:]) for each in waits.values() if len(each) > 1]
    overall = sum(means, timedelta()) / len(means)
    assert len(waits) == 500
    assert max(wait for each in waits.values() for wait in each[1:]) <= 2 * overall
    assert due_at(statuses[names[0]], at(now, *names)) is not None
