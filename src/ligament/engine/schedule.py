"""When each clinic has its next turn; pure, so that a year of 500 clinics can be looked at in a second."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from ligament.core.rules.hours import WEEK_DAYS

MINUTE = timedelta(minutes=1)
NIGHT_FACTOR = 4
"""How much slower a closed clinic is read, up to a pause of `NIGHT_POLL`."""
NIGHT_POLL = timedelta(minutes=5)
LARGEST_BACKOFF_S = 600
BACKOFF_S = 5
LONGEST_PARK = timedelta(hours=25)
PROBE_EVERY = timedelta(minutes=1)
"""How long after a failure one clinic tries for all of them while a system is away."""
PROBE_DIES = timedelta(minutes=5)
SPREAD = timedelta(minutes=1)
"""Over how long the others come back after an outage."""
OUTAGE_CLINICS = 3
SHARE_PERCENT = 10
"""How much of the practice's calls per minute reading may use."""
SLOW_EVERY = MINUTE
"""How often the lists are read in which nothing matters within a minute; the looks between are brief."""
SLOW_CALLS = 4
"""What such a look costs more: settings, payers and archived invoices, and one to spare."""
QUIET_CALLS = 4
"""What a look at a clinic where nothing happens is taken to cost until one was seen: the first one reads everything."""


class State(StrEnum):
    """How a clinic stands: `troubled` is tried again by itself, `paused` waits for a person, `parked` for a time."""

    READY = "ready"
    TROUBLED = "troubled"
    PAUSED = "paused"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicStatus:
    """Where one clinic stands, as every process of the installation sees it; `calls` is what a quiet turn costs.

    Its instants are the machine's, which all processes share; `ahead_s` is by how many seconds the clinics' calendar
    was ahead of it, where one was set: people are shown instants of the calendar that everything else is dated by.
    """

    clinic: str
    state: State = State.READY
    began_at: datetime | None = None
    ended_at: datetime | None = None
    failures: int = 0
    not_before: datetime | None = None
    calls: int = 0
    sentence: str = ""
    succeeded_at: datetime | None = None
    ahead_s: int = 0

    def as_shown(self, instant: datetime | None) -> datetime | None:
        """Return one of its instants on the clinics' calendar."""
        return instant + timedelta(seconds=self.ahead_s) if instant is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a clinic is open, on its own wall clock; `days` are numbers of weekdays, Monday is 0."""

    opens: time = time(7)
    closes: time = time(20)
    days: frozenset[int] = frozenset(range(6))

    def is_open(self, wall: datetime) -> bool:
        """Say whether the clinic is open at that moment of its wall clock; hours may go past midnight.

        After midnight it is the day before that counts. The same time twice means all day.
        """
        now = wall.time()
        if self.opens <= self.closes:
            is_time = self.opens == self.closes or self.opens <= now < self.closes
            return is_time and wall.weekday() in self.days
        began = wall if now >= self.opens else wall - timedelta(days=1)
        return began.weekday() in self.days and (now >= self.opens or now < self.closes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often one clinic is read: `poll` in opening hours, slower otherwise; `limit` is calls per minute."""

    poll: timedelta = timedelta(seconds=30)
    limit: int = 0
    hours: Hours = field(default_factory=Hours)


def interval(pace: Pace, wall: datetime, calls: int) -> timedelta:
    """Return how long after the last turn the next one begins, never above the share of the practice's limit."""
    wanted = pace.poll if pace.hours.is_open(wall) else max(pace.poll, min(pace.poll * NIGHT_FACTOR, NIGHT_POLL))
    if not pace.limit:
        return wanted
    # In hundredths of a call per minute: what the brief looks may cost beside the slow lists of that minute.
    left = max(pace.limit * SHARE_PERCENT - SLOW_CALLS * 100, 100)
    # Rounded up, so that not even a millionth of a second is taken too early.
    cheapest = -(-MINUTE * calls * 100 // left)
    return max(wanted, cheapest)


# --- who is due -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Everything that a decision about the next turns needs; `walls` and `paces` are by clinic, `hints` say since."""

    now: datetime
    paces: dict[str, Pace]
    walls: dict[str, datetime]
    hints: dict[str, datetime] = field(default_factory=dict)
    busy: Collection[str] = frozenset()


def due(statuses: Iterable[ClinicStatus], at: Round) -> list[str]:
    """Return the clinics whose turn has come, the one that waits longest first; one probe only during an outage."""
    everyone = list(statuses)
    began = outage_since(everyone)
    found: list[tuple[datetime, str]] = []
    probes: list[tuple[datetime, str]] = []
    for status in everyone:
        if status.clinic in at.busy:
            continue
        moment = due_at(status, at, everyone)
        if moment <= at.now:
            away = began is not None and status.state is State.TROUBLED
            (probes if away else found).append((moment, status.clinic))
    if probes and began is not None and at.now >= began + PROBE_EVERY and not _probing(everyone, at.now):
        found.append(min(probes))
    return [clinic for _, clinic in sorted(found)]


def due_at(status: ClinicStatus, at: Round, everyone: Sequence[ClinicStatus] = ()) -> datetime:
    """Return from when on a clinic's next turn may begin."""
    began = status.began_at
    if began is None or began > at.now:
        # Never worked on, or the calendar was put back.
        return at.now
    if status.not_before is not None and status.not_before - at.now > LONGEST_PARK:
        return at.now
    if is_unfinished(status):
        # Its process has died, or is at it still: then the queue and the lease keep the turn from being taken twice.
        return began
    if status.state in {State.TROUBLED, State.PARKED}:
        return max(status.not_before or began, _return_after_outage(status, everyone))
    polled = began + interval(at.paces[status.clinic], at.walls[status.clinic], status.calls)
    hinted = at.hints.get(status.clinic)
    if hinted is None or status.state is State.PAUSED:
        return polled
    return min(polled, max(hinted, status.ended_at or began))


def is_unfinished(status: ClinicStatus) -> bool:
    """Say whether a turn began and nobody has kept how it ended."""
    return status.began_at is not None and (status.ended_at is None or status.ended_at < status.began_at)


def outage_since(everyone: Sequence[ClinicStatus]) -> datetime | None:
    """Return when a clinic failed last while a system is away for most of them; nothing once one got through again."""
    troubled = [status.ended_at for status in everyone if status.state is State.TROUBLED and status.ended_at]
    if len(troubled) < OUTAGE_CLINICS or len(troubled) * 2 <= len(everyone):
        return None
    newest = max(troubled)
    worked = [status.succeeded_at for status in everyone if status.succeeded_at is not None]
    return None if worked and max(worked) > newest else newest


def _probing(everyone: Sequence[ClinicStatus], now: datetime) -> bool:
    """Say whether a clinic is trying at this moment; one that began long ago has died."""
    return any(
        status.began_at > status.ended_at and now - status.began_at < PROBE_DIES
        for status in everyone
        if status.state is State.TROUBLED and status.began_at is not None and status.ended_at is not None
    )


def _return_after_outage(status: ClinicStatus, everyone: Sequence[ClinicStatus]) -> datetime:
    """Return when a troubled clinic comes back, so that not all of them come at the moment the system does."""
    failed = status.ended_at or status.began_at
    assert failed is not None
    if len(everyone) < OUTAGE_CLINICS or status.state is not State.TROUBLED:
        return failed
    worked = [
        other.succeeded_at for other in everyone if other.succeeded_at is not None and other.succeeded_at > failed
    ]
    troubled = sum(1 for other in everyone if other.state is State.TROUBLED)
    if not worked or troubled < OUTAGE_CLINICS:
        return failed
    return min(worked) + SPREAD * _place(status.clinic)


def _place(clinic: str) -> float:
    """Return the same place between 0 and 1 for the same clinic."""
    return int.from_bytes(hashlib.blake2b(clinic.encode(), digest_size=4).digest()) / 2**32


# --- what became of a turn --------------------------------------------------------------------------------------------


def begun(status: ClinicStatus, now: datetime, calendar: datetime) -> ClinicStatus:
    """Return the status of a clinic whose turn begins, at that instant of the machine and of the calendar."""
    return replace(status, began_at=now, ahead_s=round((calendar - now).total_seconds()))


def succeeded(status: ClinicStatus, now: datetime, calls: int) -> ClinicStatus:
    """Return the status after a turn that did all it could; `calls` were made to the practice."""
    quiet = min(calls, status.calls) if status.calls else min(calls, QUIET_CALLS)
    return ClinicStatus(
        clinic=status.clinic,
        began_at=status.began_at,
        ended_at=now,
        calls=max(quiet, 1),
        succeeded_at=now,
        ahead_s=status.ahead_s,
    )


def troubled(
    status: ClinicStatus, now: datetime, sentence: str, wait_s: int, jitter: Callable[[int], int]
) -> ClinicStatus:
    """Return the status after passing trouble: exponential waits with full jitter, or the wait that was asked for.

    `jitter` draws a whole number from 0 up to what it is given.
    """
    failures = status.failures + 1
    most = min(LARGEST_BACKOFF_S, BACKOFF_S * 2 ** min(failures, 10))
    pause = timedelta(seconds=wait_s, milliseconds=jitter(most * 1000))
    return replace(
        status, state=State.TROUBLED, ended_at=now, failures=failures, not_before=now + pause, sentence=sentence
    )


def paused(status: ClinicStatus, now: datetime, sentence: str) -> ClinicStatus:
    """Return the status of a clinic that waits for a person; each poll tries whether it works again."""
    return replace(status, state=State.PAUSED, ended_at=now, not_before=None, sentence=sentence)


def parked(
    status: ClinicStatus, now: datetime, sentence: str, wait_s: int, jitter: Callable[[int], int]
) -> ClinicStatus:
    """Return the status of a clinic whose calls for today are used up; it goes on by itself."""
    pause = timedelta(seconds=max(wait_s, 60), milliseconds=jitter(10_000))
    return replace(status, state=State.PARKED, ended_at=now, not_before=now + pause, sentence=sentence)


# --- jobs of the day and the week -------------------------------------------------------------------------------------


def last_daily(wall: datetime, at: str) -> date:
    """Return the day whose daily job should have been done by now; `at` is a time such as 02:00."""
    moment = time.fromisoformat(at)
    return wall.date() if wall.time() >= moment else wall.date() - timedelta(days=1)


def last_weekly(wall: datetime, at: str, weekday: str) -> date:
    """Return the day whose weekly job should have been done by now; it comes with that day's daily one."""
    day = last_daily(wall, at)
    return day - timedelta(days=(day.weekday() - WEEK_DAYS.index(weekday.lower())) % 7)
