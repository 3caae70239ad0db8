"""The forms under which rows are found: names without case, numbers without prefix, instants that sort as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

_PREFIX = re.compile(r"^\D*0*")
_DIGITS = re.compile(r"[^\D0]\d*")
"""A run of digits from its first one that is no zero; found so, nothing has to be cut off each."""
_WIDTH = len("2026-07-01T00:00:00.000000")
_WIDTH_TO_SECONDS = len("2026-07-01T00:00:00")


def folded(text: str) -> str:
    """Return text without case, outer blanks and repeated inner blanks, as look-ups compare it."""
    return " ".join(text.replace("\x00", "").split()).casefold()


def history_key(number: str) -> str:
    """Return what remains of a document number without its leading letters and zeros, if that is digits only."""
    rest = _PREFIX.sub("", number.strip(), count=1)
    return rest if rest.isascii() and rest.isdigit() else ""


def digit_runs(number: str) -> frozenset[str]:
    """Return every run of digits in a document number, without leading zeros; of zeros alone nothing is left."""
    return frozenset(_DIGITS.findall(number))


def stamp(instant: datetime) -> str:
    """Return an aware instant as text of fixed width that sorts by time."""
    return f"{instant.astimezone(UTC).isoformat(timespec='microseconds')[:_WIDTH]}Z"


def to_seconds(stamped: str) -> str:
    """Return what `stamp` wrote without the parts of its second, as the interface tells instants."""
    return f"{stamped[:_WIDTH_TO_SECONDS]}Z"


@lru_cache(maxsize=1000)
def moment(text: str) -> datetime:
    """Return the instant that `stamp` wrote."""
    return datetime.fromisoformat(text)


def by_length(identifier: str) -> tuple[int, str]:
    """Return the sorting key of an id made of digits: shorter first, then as text."""
    return len(identifier), identifier
