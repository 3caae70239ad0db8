"""The vendor's two date forms as instants and days, within what a document can be dated."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from ligament.core.oddities import is_odd_day

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SLASH = re.compile(r"^/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/$")
_ISO = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?)?(?:Z|[+-]00:?00)?$")


class Unreadable(Exception):
    """A body or a value on the wire is not what the vendor describes; the text never holds the value."""


def instant(text: str) -> datetime:
    """Return an instant in UTC from `/Date(ms+0000)/` or ISO text; the zone suffix never changes it (facts 3.2)."""
    try:
        found = _instant(text)
    except (OverflowError, ValueError):
        raise Unreadable("an instant that is not in the calendar") from None
    if is_odd_day(found.date()):
        raise Unreadable("an instant that no document can have")
    return found


def _instant(text: str) -> datetime:
    if slash := _SLASH.match(text):
        return _EPOCH + timedelta(milliseconds=int(slash[1]))
    if (iso := _ISO.match(text)) is None:
        raise Unreadable("an instant in an unknown form")
    micros = (iso[3] or "")[:6].ljust(6, "0")
    return datetime.fromisoformat(f"{iso[1]}T{iso[2] or '00:00:00'}.{micros}+00:00")


def day(text: str) -> date:
    """Return a calendar date, whichever form it has: the date part in UTC."""
    return instant(text).date()


def optional_day(*texts: str) -> date | None:
    """Return the first of the dates that is there, or nothing."""
    given = next((text for text in texts if text), "")
    return day(given) if given else None
