"""Values of a row, read leniently but exactly, within what a record of a practice can mean."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ligament.core.oddities import is_odd_day, is_odd_number

Given = Any
"""A JSON value of any type: the vendor's types drift between text and number (facts 4.1)."""

_PLAIN_NUMBER = re.compile(r"\A-?\d{1,18}(\.\d{1,12})?\Z")


class Unreadable(Exception):
    """A field that cannot be understood; the text names the field, never its value."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def amount(value: Given, field: str) -> Decimal:
    """Return an exact decimal from text or number; raises Unreadable."""
    found = amount_or_none(value, field)
    if found is None:
        raise Unreadable(field)
    return found


def amount_or_none(value: Given, field: str) -> Decimal | None:
    """Return an exact decimal, or None for null and empty text; raises Unreadable for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, (bool, dict, list)):
        raise Unreadable(field)
    try:
        number = Decimal(value if isinstance(value, (int, Decimal)) else str(value).strip())
    except (InvalidOperation, ValueError):
        raise Unreadable(field) from None
    # Bounded before it is written out: 1e999999999 in full would take two gigabytes.
    if is_odd_number(number) or not _PLAIN_NUMBER.match(format(number, "f")):
        raise Unreadable(field)
    return number


def instant(value: Given, field: str) -> datetime:
    """Return an aware instant in UTC; raises Unreadable, also for one without a zone."""
    found = instant_or_none(value, field)
    if found is None:
        raise Unreadable(field)
    return found


def instant_or_none(value: Given, field: str) -> datetime | None:
    """Return an aware instant in UTC, or None for null and empty text; raises Unreadable."""
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unreadable(field) from None
    if found.tzinfo is None or is_odd_day(found.date()):
        raise Unreadable(field)
    return found.astimezone(UTC)


def day(value: Given, field: str) -> date:
    """Return a calendar date written as YYYY-MM-DD; raises Unreadable."""
    try:
        found = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unreadable(field) from None
    if is_odd_day(found):
        raise Unreadable(field)
    return found


def yes_no(value: Given) -> bool | None:
    """Return a three-valued boolean; anything but true and false is None."""
    return value if isinstance(value, bool) else None
