"""Walking lists that move while they are read, so that nothing is missed and a quiet list costs one call."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ligament.connectors.cliniko import wire
from ligament.connectors.cliniko.client import PER_PAGE
from ligament.connectors.cliniko.digest import digest
from ligament.core.periods import iso_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from ligament.connectors.cliniko.client import ClinikoClient, Page

OVERLAP = timedelta(minutes=10)
"""How far a cursor stays behind: rows may become visible later than their `updated_at` says (facts 3.6)."""
_MOST_PASSES = 3
_MARK = ".mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A list that is read over and over; `lifted` are the filters that show hidden rows (facts 3.5).

    `kind` is what the kept rows are called when we keep exactly one for each row of the list, else empty.
    """

    name: str
    path: str
    lifted: tuple[str, ...]
    since: str = "updated_at"
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The rows of one page that this walk had not handed out before, and how far it has come."""

    rows: tuple[msgspec.Raw, ...]
    done: int
    total: int


@dataclass(slots=True, kw_only=True)
class Walk:
    """One walk over one stream: everything, or what changed since the cursor.

    After each chunk the caller sets `nothing_new`, so that the walk may stop early; afterwards `cursors` is what to
    keep. A cursor has a mark beside it: how many rows the list had at or after it, and what they were; when both are
    the same next time, `is_as_before` says so and nothing has changed.
    """

    client: ClinikoClient
    stream: Stream
    kept: Mapping[str, str]
    now: datetime
    count_kept: Callable[[], int] | None = None
    nothing_new: bool = False
    server_at: datetime | None = None
    _moments: dict[str, str] = field(default_factory=dict)
    is_as_before: bool = False
    _pages: int = 0
    _complete: bool = False
    _as_marked: bool = False
    _shrank: bool = False
    _total: int = 0

    @property
    def done(self) -> int:
        """Return how many rows have been handed out."""
        return len(self._moments)

    @property
    def cursor(self) -> str:
        """Return the instant since which rows are read, empty for everything."""
        return self.kept.get(self.stream.name, "")

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows page by page."""
        for _ in range(_MOST_PASSES):
            self._shrank, self._complete = False, False
            seen: set[str] = set()
            yield from self._pass(seen)
            if not self._complete:
                return
            if not self._shrank:
                break
        if len(seen) != self._total and self._pages > 1:
            yield from self._mend(sorted(int(key) for key in seen if key.isdigit()), None, None)

    def _filters(self) -> tuple[str, ...]:
        if not self.cursor:
            return self.stream.lifted
        own = f"{self.stream.since}:"
        lifted = tuple(entry for entry in self.stream.lifted if not entry.startswith(own))
        return (f"{own}>={self.cursor}", *lifted)

    def _sort(self) -> str:
        # Newest first: a row that changes meanwhile moves to a page already read and comes again in the next run,
        # while it pushes the others towards us, so that they come twice rather than never (failure 13).
        return "updated_at:desc,created_at:desc" if self.cursor else "created_at:asc"

    def _pass(self, seen: set[str]) -> Iterator[Chunk]:
        self._total = 0
        for page in self.client.pages(self.stream.path, filters=self._filters(), sort=self._sort()):
            first = not seen
            if not self._pages:
                self.server_at = page.server_at
            self._shrank = self._shrank or page.total < self._total
            self._total = page.total
            keys = self._keys(page)
            seen.update(keys)
            self._pages += 1
            self.is_as_before = first and self.kept.get(self.stream.name + _MARK) == _mark(page.total, keys)
            yield self._chunk(page, keys, len(seen))
            if self.cursor and self._may_stop(page):
                self._complete = len(seen) >= page.total
                return
        self._complete = True

    def _keys(self, page: Page) -> dict[str, str]:
        rows = (wire.decode(raw, wire.Row) for raw in page.rows)
        # A row without an id cannot be kept; it still counts as seen, or the walk would look for it for ever.
        return {
            wire.identifier(row.id) or f"?{number}": wire.text(getattr(row, self.stream.since))
            for number, row in enumerate(rows)
        }

    def _chunk(self, page: Page, keys: Mapping[str, str], done: int) -> Chunk:
        fresh = []
        handed: set[str] = set()
        for raw in page.rows:
            key = wire.identifier(wire.decode(raw, wire.Row).id) or ""
            moment = keys.get(key)
            if moment is None or key in handed or self._moments.get(key) == moment:
                continue
            handed.add(key)
            self._moments[key] = moment
            fresh.append(raw)
        return Chunk(rows=tuple(fresh), done=min(done, page.total), total=page.total)

    def _may_stop(self, page: Page) -> bool:
        if not self.nothing_new:
            return False
        self._as_marked = self.is_as_before
        return self._as_marked or (self.count_kept is not None and self.count_kept() == page.total)

    def _mend(self, seen: list[int], low: int | None, high: int | None) -> Iterator[Chunk]:
        """Look for rows that the walk missed, halving the range of ids until a window fits on one page.

        Ids never move, so that neither changes, nor removals, nor ties in the order can hide a row here.
        """
        bounds = [*([f"id:>={low}"] if low is not None else []), *([f"id:<{high}"] if high is not None else [])]
        page = self.client.page(self.stream.path, filters=(*self._filters(), *bounds), sort="created_at:asc")
        yield self._chunk(page, self._keys(page), page.total)
        start = bisect_left(seen, low) if low is not None else 0
        end = bisect_left(seen, high) if high is not None else len(seen)
        if page.total <= len(page.rows) or page.total == end - start:
            return
        middle = _middle(seen[start:end], low, high)
        if middle is not None:
            yield from self._mend(seen, low, middle)
            yield from self._mend(seen, middle, high)

    def cursors(self) -> dict[str, str]:
        """Return the positions to keep after the walk."""
        name = self.stream.name
        if self._as_marked and not self._complete:
            # Not every row was looked at, so that the mark of a later position is not known: stay.
            return {}
        reached = self._reached()
        if reached is None:
            return {}
        position = max(iso_instant(reached - OVERLAP), self.cursor)
        if not self._complete:
            return {name: position, name + _MARK: ""}
        after = {key: moment for key, moment in self._moments.items() if moment >= position}
        return {name: position, name + _MARK: _mark(len(after), after)}

    def _reached(self) -> datetime | None:
        if self.server_at is not None:
            return min(self.server_at, self.now)
        newest = max(self._moments.values(), default="")
        try:
            return wire.instant_or_none(newest, self.stream.since)
        except wire.Unreadable:
            return None


def _mark(total: int, rows: Mapping[str, str]) -> str:
    """Return what tells whether a list is the same as before: exact up to a page, else its size and newest instant."""
    if total <= PER_PAGE:
        return f"{total} {digest(*(text for pair in sorted(rows.items()) for text in pair))}"
    return f"{total} {max(rows.values(), default='')}"


def _middle(seen: list[int], low: int | None, high: int | None) -> int | None:
    """Return an id that splits the window, or None when it cannot be split."""
    if len(seen) > 1:
        return seen[len(seen) // 2]
    if low is None or high is None or high - low <= 1:
        return None
    return (low + high) // 2
