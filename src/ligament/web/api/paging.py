"""Paging: lists in a fixed order, and cursors that say after which row a page begins and cannot be made up.

A cursor holds the place of the last row that was given, not a count: rows that are added meanwhile move nothing.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ligament.web.api.problems import wrong

MOST, USUAL = 200, 50
_MARK_BYTES = 12
Place = tuple[str | int, ...]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """What one list takes of its call: how many rows, after which place, and under which key cursors are signed.

    A cursor belongs to its list and filters: `about` names both.
    """

    limit: int
    after: Place | None
    about: str
    key: bytes

    def page(self, rows: Sequence[Any], place: Place | None) -> Row:
        """Return the answer for rows that end at a place; without a place there are no more."""
        return {"data": list(rows), "next": written(self, place) if place is not None else None}

    def sorted_page(
        self,
        rows: Iterable[Any],
        key: Callable[[Any], Place],
        show: Callable[[Any], Row],
        *,
        newest_first: bool = False,
    ) -> Row:
        """Return one page of rows that are all at hand, in the order of their key."""
        ordered = sorted(rows, key=key, reverse=newest_first)
        left = [row for row in ordered if self._is_later(key(row), newest_first=newest_first)]
        shown = left[: self.limit]
        return self.page([show(row) for row in shown], key(shown[-1]) if len(left) > len(shown) else None)

    def cut(self, rows: Sequence[Any], key: Callable[[Any], Place], show: Callable[[Any], Row]) -> Row:
        """Return one page of rows that were asked for in order, one more than fits where there are more."""
        return self.cut_together(rows, key, lambda shown: list(map(show, shown)))

    def cut_together(
        self, rows: Sequence[Any], key: Callable[[Any], Place], show: Callable[[Sequence[Any]], Sequence[Any]]
    ) -> Row:
        """Return the same where rows are quicker shown all at once."""
        shown = rows[: self.limit]
        return self.page(show(shown), key(shown[-1]) if len(rows) > len(shown) else None)

    @property
    def after_text(self) -> str:
        """The place after which the page begins; empty for the first page."""
        return str(self.after[0]) if self.after else ""

    def _is_later(self, place: Place, *, newest_first: bool) -> bool:
        if self.after is None:
            return True
        return place < self.after if newest_first else place > self.after


def written(pager: Pager, place: Place) -> str:
    """Return a cursor."""
    text = msgspec.json.encode(place)
    return base64.urlsafe_b64encode(_mark(pager.key, pager.about, text) + text).decode().rstrip("=")


def opened(cursor: str, about: str, key: bytes) -> Place | None:
    """Return the place that a cursor names; raises a 422 problem for one that we did not give for this list."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    mark, text = raw[:_MARK_BYTES], raw[_MARK_BYTES:]
    if not text or not hmac.compare_digest(mark, _mark(key, about, text)):
        raise wrong("cursor", "This cursor was not given for this list and these filters. Begin again without one.")
    return tuple(msgspec.json.decode(text))


def _mark(key: bytes, about: str, text: bytes) -> bytes:
    return hmac.digest(key, about.encode() + b"\n" + text, "sha256")[:_MARK_BYTES]
