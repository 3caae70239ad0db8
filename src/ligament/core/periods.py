"""Instants, calendar dates and locked periods; the only place that turns an instant into a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_TO_SECONDS = len("2026-07-01T00:00:00")


def is_zone(name: str) -> bool:
    """Say whether the name is a known IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def local_date(instant: datetime, zone: str) -> date:
    """Return the calendar date on the wall of a clinic in that IANA zone; the instant must be aware."""
    if instant.tzinfo is None:
        message = "an instant without a time zone cannot become a date"
        raise ValueError(message)
    return instant.astimezone(_zone(zone)).date()


@lru_cache(maxsize=100)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=1000)
def iso_instant(instant: datetime) -> str:
    """Return the instant in UTC as `YYYY-MM-DDTHH:MM:SSZ`."""
    return f"{instant.astimezone(UTC).isoformat(timespec='seconds')[:_TO_SECONDS]}Z"


@lru_cache(maxsize=1000)
def month_of(day: date) -> str:
    """Return the month of a day, as in `2026-11`."""
    return f"{day.year:04}-{day.month:02}"


def month_words(month: str) -> str:
    """Return a month such as `2026-11` as people write it: Nov 2026."""
    return date.fromisoformat(f"{month}-01").strftime("%b %Y")


@lru_cache(maxsize=1000)
def australian(day: date) -> str:
    """Return a date as people in Australia write it: 22 Nov 2026."""
    return f"{day.day} {day.strftime('%b %Y')}"


def local_moment(instant: datetime, zone: str) -> str:
    """Return the instant as people in that IANA zone read it off the wall: 22 Nov 2026 13:05 (Australia/Melbourne)."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{australian(local.date())} {local:%H:%M} ({zone})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Calendar days from the first to the last, both included; None is open on that side."""

    first: date | None = None
    last: date | None = None

    def covers(self, day: date) -> bool:
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)

    def words(self) -> str:
        """Return the period as people write it: 1 Oct 2026 to 30 Nov 2026."""
        first = australian(self.first) if self.first else ""
        last = australian(self.last) if self.last else ""
        if first and last:
            return f"{first} to {last}"
        return f"from {first}" if first else f"up to {last}" if last else "everything"


def this_and_last_month(today: date) -> Period:
    """Return the present month and the one before, whole."""
    begin = today.replace(day=1)
    following = (begin + timedelta(days=31)).replace(day=1)
    return Period(first=(begin - timedelta(days=1)).replace(day=1), last=following - timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """The two lock dates of the books; documents dated on or before either are locked (both inclusive)."""

    period: date | None = None
    year: date | None = None

    def last_locked_day(self) -> date | None:
        """Return the later of the two dates, or nothing when neither is set."""
        if self.period is None or self.year is None:
            return self.period or self.year
        return max(self.period, self.year)

    def locks(self, day: date) -> bool:
        """Say whether a document dated on that day is locked."""
        last = self.last_locked_day()
        return last is not None and day <= last

    def first_open_day(self, wanted: date) -> date:
        """Return the wanted day, or the day after the lock when it is locked."""
        last = self.last_locked_day()
        if last is None or wanted > last:
            return wanted
        return last + timedelta(days=1)
