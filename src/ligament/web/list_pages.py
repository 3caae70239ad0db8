"""Pages of a list: which one is asked for, what of the list it shows, and where the others are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PAGE_SIZE = 200
_LONGEST = 7


def page_asked(number: str) -> int:
    """Return which page an address asks for; the first where it names none."""
    return max(int(number), 1) if number.isdecimal() and len(number) < _LONGEST else 1


def pages_of(page: int, shown: int, total: int, noun: str, address: Callable[[int], str]) -> dict[str, Any]:
    """Return what stands below a list of which one page shows some."""
    first = (page - 1) * PAGE_SIZE + 1
    last = first + shown - 1
    return {
        "first": first,
        "last": last,
        "total": total,
        "noun": noun,
        "before": address(page - 1) if page > 1 else "",
        "after": address(page + 1) if last < total else "",
    }
