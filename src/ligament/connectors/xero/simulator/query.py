"""What lists have in common: conditions, filters, order and pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ligament.connectors.xero.simulator.errors import BadCondition, BadPost
from ligament.connectors.xero.simulator.where import parse_where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from decimal import Decimal

    from ligament.connectors.xero.simulator.envelope import Call
    from ligament.connectors.xero.simulator.wire import Json

T = TypeVar("T")

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """How one kind of record is filtered and sorted; field names are folded and dotted."""

    fields: Mapping[str, Callable[[T], object]]
    key: Callable[[T], str]
    updated_at: Callable[[T], datetime]
    created_at: Callable[[T], datetime]
    in_order: Callable[[T], object] | None = None
    """What the default order sorts by, where something quicker than the two above is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """The rows of a list, with the pagination object if pages were asked for."""

    rows: list[T]
    pagination: Json | None


def condition(call: Call) -> datetime | None:
    """Return the instant of If-Modified-Since to the second, or None when the header is absent."""
    text = call.request.headers.get("if-modified-since", "").strip()
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError as problem:
            raise BadCondition from problem
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.replace(microsecond=0)


def select(call: Call, rows: Iterable[T], listing: Listing[T], *, lag_s: int = 0) -> list[T]:
    """Return the rows that pass the condition and the filter, in the order asked for."""
    since = condition(call)
    chosen = list(rows)
    if since is not None:
        chosen = [row for row in chosen if listing.updated_at(row) >= since]
    if lag_s:
        visible = call.request.at - timedelta(seconds=lag_s)
        chosen = [row for row in chosen if listing.created_at(row) <= visible]
    if where := call.request.first("where"):
        predicate = parse_where(where)
        fields = listing.fields
        chosen = [row for row in chosen if predicate(lambda name, row=row: fields[name](row))]  # type: ignore[misc]
    return _ordered(call, chosen, listing)


def paginate(call: Call, rows: list[T], *, forced: bool = False) -> Page[T]:
    """Return one page when `page` or `pageSize` was sent or paging is forced, else all rows."""
    asked, size_text = call.request.first("page"), call.request.first("pageSize")
    if not asked and not size_text and not forced:
        return Page(rows=rows, pagination=None)
    page, size = _whole(asked, 1), min(_whole(size_text, DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
    pagination: Json = {
        "page": page,
        "pageSize": size,
        "pageCount": -(-len(rows) // size),
        "itemCount": len(rows),
    }
    return Page(rows=rows[(page - 1) * size : page * size], pagination=pagination)


def values(call: Call, name: str) -> set[str]:
    """Return the folded values of a comma-separated parameter."""
    return {part.strip().casefold() for text in call.request.every(name) for part in text.split(",") if part.strip()}


def is_true(call: Call, name: str) -> bool:
    return call.request.first(name).casefold() == "true"


def _ordered(call: Call, rows: list[T], listing: Listing[T]) -> list[T]:
    order = call.request.first("order").split()
    if not order:
        quick: Callable[[T], Any] | None = listing.in_order
        return sorted(rows, key=quick or (lambda row: (listing.updated_at(row), listing.key(row))))
    getter = listing.fields.get(order[0].casefold())
    direction = order[1].casefold() if len(order) > 1 else "asc"
    if getter is None or direction not in {"asc", "desc"} or len(order) > 2:  # noqa: PLR2004
        text = f"The order '{' '.join(order)}' cannot be read."
        raise BadPost(message=text, number=16, kind="QueryParseException")
    rows = sorted(rows, key=listing.key)
    return sorted(rows, key=lambda row: _sortable(getter(row)), reverse=direction == "desc")


def _sortable(value: object) -> tuple[bool, str | Decimal | date | bool]:
    if value is None:
        return (False, "")
    if isinstance(value, str):
        return (True, value.casefold())
    return (True, value)  # type: ignore[return-value]


def _whole(text: str, otherwise: int) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() else otherwise
