"""Times of day, weekdays and addresses as a rulebook writes them."""

from __future__ import annotations

import re

WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OPEN_DAYS = WEEK_DAYS[:6]
_CLOCK_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def clock_time(value: object) -> str | None:
    """Return a time of day such as `02:00`, or None when it is none."""
    found = _CLOCK_TIME.fullmatch(value) if isinstance(value, str) else None
    return f"{int(found[1]):02d}:{found[2]}" if found else None


def span(value: object) -> str | None:
    """Return two times of day such as `20:00-07:00`, nothing as it is, or None when it is neither."""
    if value == "":
        return ""
    begins, _, ends = value.partition("-") if isinstance(value, str) else ("", "", "")
    from_, to = clock_time(begins.strip()), clock_time(ends.strip())
    return f"{from_}-{to}" if from_ and to and from_ != to else None


def week_day(value: object) -> str | None:
    """Return the name of a weekday in small letters, or None when it is none."""
    return value.lower() if isinstance(value, str) and value.lower() in WEEK_DAYS else None


def week_days(value: object) -> frozenset[str] | None:
    """Return the names of some weekdays, at least one, or None when it is anything else."""
    if not isinstance(value, list | tuple) or not value:
        return None
    found = frozenset(day for day in map(week_day, value) if day is not None)
    return found if len(found) == len(value) else None


def web_address(value: object) -> str | None:
    """Return a web address without a last slash, nothing as it is, or None when it is neither."""
    if not isinstance(value, str):
        return None
    fits = re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", value)
    return value.rstrip("/") if fits or not value else None
