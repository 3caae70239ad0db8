"""Keeps all processes of an installation below a system's limits, and lets the servers' own words win."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ligament.net.limit import Limit
from ligament.net.said import DAY_USED_UP, longest_wait_s
from ligament.ports.errors import TryLater
from ligament.ports.windows import Full, SharedQuota, Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ligament.ports.clocks import Clock
    from ligament.ports.windows import WindowStore

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
DAY_MS = 86_400_000
MINUTE_MS = 60_000
# How long what a server said about an allowance is believed before one call may ask again.
BELIEVED_DAY_MS = 3_600_000
BELIEVED_MINUTE_MS = 6_000
LEASE_MS = 300_000
_SLOT_PAUSE_MS = 50
FORGET_MS = DAY_MS + 3_600_000
BLOCKED_UNTIL = "blocked_until_ms"
BLOCKED_DAY = "blocked_for_day"
DAY_LEFT = "day_left"
DAY_SEEN = "day_seen_ms"
DAY_LEAD = "day_lead_ms"
MINUTE_LEFT = "minute_left"
MINUTE_SEEN = "minute_seen_ms"
APP_LEFT = "app_left"
APP_SEEN = "app_seen_ms"
_MOST_A_DAY = 1_000_000
# How soon somebody who waits for the others looks again whether they are done.
_LOOK_AGAIN_MS = 2_000


class Priority(StrEnum):
    """Who waits for the answer: the regular run, or a person in front of a screen, who may use the reserve."""

    SYNC = "sync"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppWide:
    """A limit that all clinics of one app share under a scope of its own, fairly."""

    scope: str
    limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What an answer said about limits; None where it said nothing.

    `problem` is `day` for a used-up day, and `app` for the limit that all clinics share.
    """

    minute_remaining: int | None = None
    app_remaining: int | None = None
    day_remaining: int | None = None
    retry_after_s: int | None = None
    problem: str = ""


class Governor:
    """Guards one allowance (`scope`); waits for a turn, or raises TryLater when waiting would take too long.

    Each limit is used to 95 % (at least one call). `day_allowance` is a count per 24 hours, of which the share
    `reserve_percent` is kept for people. Waits longer than `longest_wait_s` are not waited but raised. An `app_wide`
    limit is obeyed together with every other scope that names it.
    """

    def __init__(  # noqa: PLR0913 - a governor is made in one place, by name
        self,
        scope: str,
        limits: Sequence[Limit],
        window_store: WindowStore,
        clock: Clock,
        *,
        day_allowance: int | None = None,
        reserve_percent: int = 10,
        longest_wait_s: int = 120,
        app_wide: AppWide | None = None,
        calendar: Clock | None = None,
    ) -> None:
        self._scope = scope
        self._limits = {limit.name: limit for limit in limits if limit.per_s}
        self._slots = min((_share(limit.calls) for limit in limits if not limit.per_s), default=0)
        self._store = window_store
        self._clock = clock
        self._day_allowance = day_allowance
        self._reserve_percent = reserve_percent
        self._longest_ms = longest_wait_s * 1000
        self._app_wide = app_wide
        self._calendar = calendar or clock

    def count_under(self, scope: str) -> None:
        """Guard another allowance from now on: whose calls these are may be known only once somebody was asked."""
        self._scope = scope

    def before(self, lane: Priority = Priority.SYNC) -> str | None:
        """Wait for a turn and return the slot to give back with `after`; raises TryLater."""
        slot = self._wait_for_slot() if self._slots else None
        granted = False
        try:
            self._wait_for_room(lane)
            granted = True
        finally:
            if not granted:
                self.after(slot)
        return slot

    def after(self, slot: str | None) -> None:
        """Give the slot back."""
        if slot is not None:
            self._store.leave(self._scope, slot)

    def learn(self, seen: Observed) -> None:
        """Take over what an answer said; a wait blocks all callers of this allowance, or of the app."""
        now = self._now()
        if self._app_wide is not None:
            self._learn_of_app(self._app_wide, seen, now)
            if seen.problem == "app":
                return
        numbers: dict[str, int] = {}
        if seen.minute_remaining is not None:
            numbers |= {MINUTE_LEFT: min(max(seen.minute_remaining, 0), _MOST_A_DAY), MINUTE_SEEN: now}
        if seen.day_remaining is not None:
            numbers |= {DAY_LEFT: min(max(seen.day_remaining, 0), _MOST_A_DAY), DAY_SEEN: now}
        if seen.retry_after_s is not None:
            until = now + _clamped(seen) * 1000
            numbers |= {BLOCKED_UNTIL: until, BLOCKED_DAY: int(seen.problem == "day")}
        elif seen.problem == "day":
            numbers |= {DAY_LEFT: 0, DAY_SEEN: now}
        if numbers:
            self._store.keep(self._scope, numbers | {DAY_LEAD: self._lead()})

    def _learn_of_app(self, app: AppWide, seen: Observed, now: int) -> None:
        numbers: dict[str, int] = {}
        left = 0 if seen.problem == "app" else seen.app_remaining
        # While most is left there is nothing to learn: no answer costs a write of its own.
        if left is not None and left * 2 <= app.limit.calls:
            numbers = {APP_LEFT: max(left, 0), APP_SEEN: now}
        if seen.problem == "app" and seen.retry_after_s is not None:
            numbers[BLOCKED_UNTIL] = now + _clamped(seen) * 1000
        if numbers:
            self._store.keep(app.scope, numbers)

    def _now(self) -> int:
        return (self._clock.now() - _EPOCH) // _MILLISECOND

    def _lead(self) -> int:
        """Return how far the calendar is ahead of the clock that limits are counted in; nothing but in a test."""
        return (self._calendar.now() - self._clock.now()) // _MILLISECOND

    def _skipped(self, numbers: Mapping[str, int]) -> int:
        """Return how far somebody turned the calendar forward since the server spoke: its day went by as well."""
        lead = self._lead()
        return max(lead - numbers.get(DAY_LEAD, lead), 0)

    def _wait_for_slot(self) -> str:
        waited = 0
        while True:
            slot = self._store.enter(self._scope, self._slots, self._now(), LEASE_MS)
            if slot is not None:
                return slot
            if waited >= self._longest_ms:
                raise TryLater("Too many calls are under way at the same time.", wait_s=5)
            self._clock.pause_ms(_SLOT_PAUSE_MS)
            waited += _SLOT_PAUSE_MS

    def _wait_for_room(self, lane: Priority) -> None:
        waited = 0
        while True:
            wait = self._wait_now(lane)
            if not wait:
                return
            if waited + wait > self._longest_ms:
                raise TryLater("The system asked us to wait.", wait_s=_seconds(wait))
            self._clock.pause_ms(wait)
            waited += wait

    def _wait_now(self, lane: Priority) -> int:
        """Record the call and return 0, or return the milliseconds to wait; raises when the day is used up."""
        now = self._now()
        numbers = self._store.numbers(self._scope)
        blocked = _believable(numbers.get(BLOCKED_UNTIL, 0) - now)
        if numbers.get(BLOCKED_DAY) and blocked > 0 and self._skipped(numbers):
            blocked -= self._skipped(numbers)
            if blocked <= 0:
                # It is over for good: what the next answer says about the day must not bring it back.
                self._store.keep(self._scope, {BLOCKED_UNTIL: now, BLOCKED_DAY: 0})
        if blocked > 0:
            if numbers.get(BLOCKED_DAY):
                raise _day_used_up(blocked)
            return blocked
        quota, blocked = self._quota(now)
        if blocked > 0:
            return blocked
        day, probing = self._day_window(numbers, now, lane)
        windows = [*self._minute_windows(numbers, now), *([day] if day else [])]
        full = self._store.take(self._scope, windows, now, quota)
        if full is None:
            if probing:
                self._store.keep(self._scope, {DAY_SEEN: now, DAY_LEFT: 0, DAY_LEAD: self._lead()})
            return 0
        return self._wait_for(full, now)

    def _quota(self, now: int) -> tuple[SharedQuota | None, int]:
        """Return what all clinics of the app share, and how long all of them wait because the server said so."""
        app = self._app_wide
        if app is None:
            return None, 0
        numbers = self._store.numbers(app.scope)
        seen = numbers.get(APP_SEEN, 0)
        is_new = 0 <= now - seen < BELIEVED_MINUTE_MS
        quota = SharedQuota(
            scope=app.scope,
            calls=_share(app.limit.calls),
            span_ms=app.limit.per_s * 1000,
            said_used=app.limit.calls - numbers.get(APP_LEFT, 0) if is_new else 0,
            said_ms=seen if is_new else 0,
        )
        return quota, _believable(numbers.get(BLOCKED_UNTIL, 0) - now)

    def _minute_windows(self, numbers: Mapping[str, int], now: int) -> list[Window]:
        windows = [
            # A call recorded more than one span ahead of now comes from a clock that has since been put back.
            Window(name=name, calls=_share(limit.calls), since_ms=now - span, until_ms=now + span)
            for name, limit in self._limits.items()
            for span in (limit.per_s * 1000,)
        ]
        seen = numbers.get(MINUTE_SEEN)
        if seen is not None and 0 <= now - seen < BELIEVED_MINUTE_MS:
            left = numbers.get(MINUTE_LEFT, 0)
            windows.append(Window(name="said", calls=left, since_ms=seen, until_ms=now + MINUTE_MS))
        return windows

    def _day_window(self, numbers: Mapping[str, int], now: int, lane: Priority) -> tuple[Window | None, bool]:
        """Return the window that guards the day, and whether the next call asks the server anew."""
        seen, left = numbers.get(DAY_SEEN), numbers.get(DAY_LEFT, 0)
        keep = 0 if lane is Priority.PEOPLE else (self._day_allowance or 0) * self._reserve_percent // 100
        if seen is not None and 0 <= now - seen < BELIEVED_DAY_MS - self._skipped(numbers):
            window = Window(name="day", calls=max(left - keep, 0), since_ms=seen, until_ms=now + DAY_MS)
            return window, False
        if seen is not None:
            return None, left - keep <= 0
        if self._day_allowance is None:
            return None, False
        calls = self._day_allowance - keep
        return Window(name="day", calls=calls, since_ms=now - DAY_MS, until_ms=now + DAY_MS), False

    def _wait_for(self, full: Full, now: int) -> int:
        window, blocking = full.window, full.blocking_ms
        if window is None:
            app = self._app_wide
            assert app is not None
            oldest = now if blocking is None else blocking
            return min(max(oldest + app.limit.per_s * 1000 - now, 1), _LOOK_AGAIN_MS)
        if window.name == "day":
            believed = window.since_ms + BELIEVED_DAY_MS
            own_count = window.since_ms == now - DAY_MS
            raise _day_used_up((blocking or now) + DAY_MS - now if own_count else believed - now)
        if window.name == "said":
            return max(window.since_ms + BELIEVED_MINUTE_MS - now, 1)
        span = self._limits[window.name].per_s * 1000
        return max((now if blocking is None else blocking) + span - now, 1)


def _clamped(seen: Observed) -> int:
    """Return the seconds to wait, no longer than the limit that was named can last."""
    return min(max(seen.retry_after_s or 0, 0), longest_wait_s(seen.problem))


def _believable(wait_ms: int) -> int:
    """Return a wait that was kept; one longer than any limit lasts comes from a clock or a release gone wrong."""
    return wait_ms if wait_ms <= DAY_MS else 0


def _share(calls: int) -> int:
    return max(calls * 95 // 100, 1)


def _seconds(milliseconds: int) -> int:
    return max(-(-milliseconds // 1000), 1)


def _day_used_up(wait_ms: int) -> TryLater:
    return TryLater(DAY_USED_UP, wait_s=_seconds(wait_ms), limit="day")
