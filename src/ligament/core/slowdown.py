"""Slowing down: how long somebody who keeps failing has to wait, worked out from when the failures were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
ACCOUNT_LIMIT, ADDRESS_LIMIT = 6, 20
"""The failure within the window from which on an account, or an address, has to wait."""
_KEPT = 40
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """What is known of one account or one address: newest failures, how often it was stopped, and until when it is."""

    times: tuple[datetime, ...] = ()
    strikes: int = 0
    blocked_until: datetime | None = None


def wait_s(known: Failures, now: datetime) -> int:
    """Return for how many seconds nothing is looked at; 0 when it may be tried."""
    if known.blocked_until is None or known.blocked_until <= now:
        return 0
    seconds = (known.blocked_until - now) / timedelta(seconds=1)
    return min(int(seconds) + 1, LONGEST_PAUSE // timedelta(seconds=1))


def failed(known: Failures, now: datetime, limit: int) -> Failures:
    """Return what is known after a further failure; whoever was quiet for the window starts afresh."""
    if known.strikes and known.blocked_until is not None and now - known.blocked_until >= WINDOW:
        known = Failures()
    recent = tuple(at for at in (*known.times, now) if now - at < WINDOW)[-_KEPT:]
    after = replace(known, times=recent)
    if not known.strikes and len(recent) < limit:
        return after
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(known.strikes, _MOST_DOUBLINGS))
    return replace(after, strikes=known.strikes + 1, blocked_until=now + pause)
