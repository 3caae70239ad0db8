"""Instants, calendar dates and locked periods; the only place that turns an instant into a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


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
    return instant.astimezone(ZoneInfo(zone)).date()


def iso_instant(instant: datetime) -> str:
    """Return the instant in UTC as `YYYY-MM-DDTHH:MM:SSZ`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1000)
def australian(day: date) -> str:
    """Return a date as people in Australia write it: 22 Nov 2026."""
    return f"{day.day} {day.strftime('%b %Y')}"


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
