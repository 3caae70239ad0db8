"""Lists: choosing, sorting and paging rows live at each request, and the envelope around a page [3.1, 3.4]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from zlib import crc32

from ligament.connectors.cliniko.simulator.filters import BadFilter, Filter, checker, parse_filters
from ligament.connectors.cliniko.simulator.kinds import Type
from ligament.connectors.cliniko.simulator.render import Style, row_text
from ligament.connectors.cliniko.simulator.scopes import hides_inactive, hiding_fields, in_scope
from ligament.connectors.cliniko.simulator.values import json_text
from ligament.connectors.cliniko.simulator.world import Row, Table, World, table_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ligament.connectors.cliniko.simulator.kinds import Kind
    from ligament.connectors.cliniko.simulator.switches import Switches
    from ligament.simkit.messages import Request

MOST_PER_PAGE: Final = 100
USUAL_PER_PAGE: Final = 50
CACHED_SELECTIONS: Final = 32

SortKey = tuple[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list request asks for; `extra` are equalities that the path or the caller's role adds."""

    kind: Kind
    filters: tuple[Filter, ...]
    order: tuple[SortKey, ...]
    hiding: tuple[str, ...]
    without_inactive: bool
    page: int
    per_page: int
    unstable: bool


def list_text(world: World, kind: Kind, request: Request, style: Style, extra: Iterable[Filter] = ()) -> str:
    """Return the JSON text of one page; raise `BadFilter` for what is answered with 400."""
    listing = parse_listing(world.switches, kind, request, tuple(extra))
    rows = select(table_of(world, kind), listing, now_of(request))
    start = (listing.page - 1) * listing.per_page
    key = style.key
    texts = [row_text(kind, row, style, key) for row in rows[start : start + listing.per_page]]
    links = _links(request, listing, len(rows), style)
    envelope = request.path.strip("/").split("/")[-1]
    name = kind.name if envelope in ("inactive", "active") else envelope
    return f'{{"{name}":[{",".join(texts)}],"total_entries":{len(rows)},"links":{json_text(links)}}}'


def now_of(request: Request) -> str:
    """Return the request's instant as a stamp."""
    return f"{request.at:%Y-%m-%dT%H:%M:%SZ}"


def parse_listing(switches: Switches, kind: Kind, request: Request, extra: tuple[Filter, ...]) -> Listing:
    texts = (*request.every("q[]"), *request.every("q"))
    filters = (*parse_filters(texts, kind, kind.filters, switches), *extra)
    return Listing(
        kind=kind,
        filters=filters,
        order=_order(switches, kind, request),
        hiding=hiding_fields(kind, filters, switches),
        without_inactive=hides_inactive(kind, filters),
        page=max(1, _whole(request.first("page"), 1)),
        per_page=_per_page(switches, request),
        unstable=switches.ties == "unstable",
    )


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() else otherwise


def _per_page(switches: Switches, request: Request) -> int:
    wanted = _whole(request.first("per_page"), USUAL_PER_PAGE)
    if wanted > MOST_PER_PAGE and switches.per_page_above_100 == "refuse":
        raise BadFilter(f"per_page must be at most {MOST_PER_PAGE}")
    return min(max(1, wanted), MOST_PER_PAGE)


def _order(switches: Switches, kind: Kind, request: Request) -> tuple[SortKey, ...]:
    falling_by_default = request.first("order").lower() == "desc"
    keys: list[SortKey] = []
    for part in filter(None, request.first("sort").split(",")):
        name, _, direction = part.strip().partition(":")
        if _sortable(switches, kind, name):
            falling = direction.lower() == "desc" if direction else falling_by_default
            keys.append((kind.aliases.get(name, name), falling))
    return tuple(keys) or (("created_at", falling_by_default),)


def _sortable(switches: Switches, kind: Kind, name: str) -> bool:
    if name == "id":
        treatment: str = switches.sort_by_id
    elif name in kind.filters or name in kind.fields:
        return True
    else:
        treatment = switches.unknown_sort
    if treatment == "refused":
        raise BadFilter(f"{name} is not sortable")
    return treatment == "honoured"


def table_of(world: World, kind: Kind) -> Table:
    """Return the table that a kind is read from; bookings are the union of both kinds of appointment."""
    if kind.name != "bookings":
        return world.table(kind.name)
    singles, groups = world.table("individual_appointments"), world.table("group_appointments")
    known = singles.cache.get("bookings")
    if isinstance(known, tuple) and known[0] is groups and isinstance(known[1], Table):
        return known[1]
    union = Table(rows={**singles.rows, **groups.rows}, pending_until=max(singles.pending_until, groups.pending_until))
    singles.cache["bookings"] = (groups, union)
    return union


def select(table: Table, listing: Listing, now: str) -> Sequence[Row]:
    """Return the rows of a list in order; the answer is remembered as long as no row waits to become visible."""
    if table.pending_until > now:
        seen = (row.seen(now) for row in table.rows.values())
        return _sorted(_chosen([row for row in seen if row is not None], listing), listing)
    page = listing.page if listing.unstable else 0
    key = (listing.kind.name, listing.filters, listing.order, listing.hiding, listing.without_inactive, page)
    known = table.cache.get(key)
    if isinstance(known, tuple):
        return known
    rows = tuple(_sorted(_chosen(_candidates(table, listing), listing), listing))
    if len(table.cache) >= CACHED_SELECTIONS:
        table.cache.clear()
    table.cache[key] = rows
    return rows


def _candidates(table: Table, listing: Listing) -> Iterable[Row]:
    """Return the rows among which to choose: those of an index when an identifier is asked for."""
    for wanted in listing.filters:
        if wanted.type is Type.ID and wanted.operator == "=":
            if wanted.field == "id":
                return [table.rows[value] for value in dict.fromkeys(wanted.values) if value in table.rows]
            index = table_index(table, wanted.field)
            return [row for value in dict.fromkeys(wanted.values) for row in index.get(value, ())]
    return table.rows.values()


def _chosen(rows: Iterable[Row], listing: Listing) -> list[Row]:
    tests = [checker(wanted) for wanted in listing.filters if wanted.operator != "*"]
    if listing.hiding or listing.without_inactive:
        tests.append(in_scope(listing.hiding, without_inactive=listing.without_inactive))
    return [row for row in rows if all(test(row.fields) for test in tests)]


def _sorted(rows: list[Row], listing: Listing) -> list[Row]:
    if listing.unstable:
        # A database without a tie-breaker may order equal keys anew for each page.
        rows.sort(key=lambda row: crc32(f"{listing.page}/{row.fields['id']}".encode()))
    else:
        rows.sort(key=lambda row: _comparable(row.fields["id"]))
    for field, falling in reversed(listing.order):
        # Missing values come last in both directions.
        rows.sort(key=lambda row, name=field: _comparable(row.fields.get(name)), reverse=falling)  # type: ignore[misc]
        rows.sort(key=lambda row, name=field: row.fields.get(name) is None)  # type: ignore[misc]
    return rows


def _comparable(value: object) -> tuple[int, str]:
    text = str(value if value is not None else "")
    return (int(text), "") if text.lstrip("-").isdecimal() else (0, text)


def _links(request: Request, listing: Listing, total: int, style: Style) -> dict[str, str]:
    path = request.path.removeprefix("/v1").rstrip("/")
    kept = [(name, value) for name, value in request.query if name != "page"]
    last = max(1, -(-total // listing.per_page))

    def page(number: int) -> str:
        return f"{style.base}{path}?{urlencode([('page', str(number)), *kept])}"

    links = {"self": page(listing.page)}
    if listing.page > 1:
        links["previous"] = page(listing.page - 1)
    if listing.page < last:
        links["next"] = page(listing.page + 1)
    return links
