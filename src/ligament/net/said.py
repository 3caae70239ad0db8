"""Numbers that a server says about waiting: as long as its limits can mean, never for ever.

One answer with `Retry-After: 9999999999` would otherwise lock a clinic out for 317 years.
"""

from __future__ import annotations

DAY_USED_UP = "The calls allowed for today are used up."
"""What people are told, by whichever side noticed."""
_MOST_DIGITS = 18
DAY_S = 86_400
HOUR_S = 3_600
MINUTES_S = 300
"""A limit by the minute is over after one; some servers round up, and a few minutes do no harm."""


def count_said(text: str) -> int | None:
    """Return the whole number of a header, or None for anything else, and for what no allowance can be."""
    found = text.strip()
    return int(found) if found.isascii() and found.isdigit() and len(found) <= _MOST_DIGITS else None


def wait_said(text: str, most_s: int = DAY_S) -> int:
    """Return the seconds of a Retry-After header, at most so many; 0 when it says nothing that makes sense."""
    found = text.strip()
    if not (found.isascii() and found.isdigit()):
        return 0
    return min(int(found), most_s) if len(found) <= _MOST_DIGITS else most_s


def longest_wait_s(problem: str) -> int:
    """Return how long a refusal can be about, by the limit that it names: a day's, one by the minute, or unnamed."""
    if problem == "day":
        return DAY_S
    return MINUTES_S if problem else HOUR_S
