"""Times of day as a rulebook writes them."""

from __future__ import annotations

import re

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


def web_address(value: object) -> str | None:
    """Return a web address without a last slash, nothing as it is, or None when it is neither."""
    if not isinstance(value, str):
        return None
    fits = re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", value)
    return value.rstrip("/") if fits or not value else None
