"""The simulator's front door: one request in, the next world and one answer out."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from ligament.connectors.cliniko.simulator.access import lacks_contact, may_see, refusal, unauthorised, user_of
from ligament.connectors.cliniko.simulator.filters import BadFilter, Filter, checker, parse_filters
from ligament.connectors.cliniko.simulator.kinds import Kind, Record, Type, Verb
from ligament.connectors.cliniko.simulator.kinds_diary import KINDS
from ligament.connectors.cliniko.simulator.kinds_recalls import UNDESCRIBED
from ligament.connectors.cliniko.simulator.limits import count_request
from ligament.connectors.cliniko.simulator.lists import list_text, now_of, table_of
from ligament.connectors.cliniko.simulator.render import Style, record_text, row_text, settings_text
from ligament.connectors.cliniko.simulator.scopes import filters_of_single_read, hiding_fields, in_scope
from ligament.connectors.cliniko.simulator.world import Row, World, find, get, records
from ligament.connectors.cliniko.simulator.writes import JSON, act, create, unknown_in_cancelling, update
from ligament.simkit.messages import Request, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

Answer = tuple[World, Response]

# (parent, child): the child's field that names the parent. Most of these are deprecated and all still answer [4.2].
NESTED: Final[Mapping[tuple[str, str], str]] = {
    ("invoices", "invoice_items"): "invoice_id",
    ("patients", "invoices"): "patient_id",
    ("practitioners", "invoices"): "practitioner_id",
    ("attendees", "invoices"): "attendee_id",
    ("appointments", "invoices"): "appointment_id",
    ("patient_cases", "invoices"): "patient_case_id",
    ("patients", "appointments"): "patient_id",
    ("practitioners", "appointments"): "practitioner_id",
    ("businesses", "appointments"): "business_id",
    ("individual_appointments", "attendees"): "booking_id",
    ("group_appointments", "attendees"): "booking_id",
    ("patient_cases", "attendees"): "patient_case_id",
}
PARENTS: Final[Mapping[str, tuple[str, ...]]] = {"appointments": ("individual_appointments", "group_appointments")}
# The old resource omits group appointments and is no longer documented, but invoices still link to it [6.1, 6.10].
LEGACY: Final[Mapping[str, str]] = {"appointments": "individual_appointments"}
ACTIONS: Final[Mapping[tuple[str, str], Verb]] = {
    ("POST", "archive"): Verb.ARCHIVE,
    ("POST", "unarchive"): Verb.UNARCHIVE,
    ("PATCH", "cancel"): Verb.CANCEL,
    ("PUT", "cancel"): Verb.CANCEL,
}
WRITES: Final = frozenset({"POST", "PATCH", "PUT", "DELETE"})


def handle(world: World, request: Request) -> Answer:
    """Answer one request; the given world stays valid, and a read changes only the count of requests."""
    after, response = _admit(world, request)
    dated = Response(
        status=response.status,
        headers=(("Date", format_datetime(request.at, usegmt=True)), *response.headers),
        body=response.body,
    )
    return after, dated


def _admit(world: World, request: Request) -> Answer:
    switches = world.switches
    limit = switches.url_limit
    if limit and len(request.path) + sum(len(name) + len(value) + 2 for name, value in request.query) > limit:
        return world, Response(status=414)
    user_id = user_of(world, request)
    if user_id is None:
        return world, unauthorised(switches)
    if lacks_contact(switches, request):
        return world, refusal(switches, 403, "A User-Agent with a contact address is required")
    world, refused = count_request(world, user_id, request.at)
    if refused is not None:
        return world, refused
    try:
        return _route(world, request, user_id)
    except BadFilter as error:
        return world, json_response(400, {"message": str(error)})


def _route(world: World, request: Request, user_id: str) -> Answer:
    parts = request.path.strip("/").split("/")
    if parts[0] != "v1":
        return _not_found(world)
    user = find(world, "users", user_id) or {"id": user_id}
    role = str(user.get("role") or "administrator")
    style = Style(base=_base(world, request), switches=world.switches)
    match parts[1:]:
        case ["user"] if request.method == "GET":
            return world, _ok(record_text(KINDS["users"], user, style))
        case ["settings"] if request.method == "GET":
            if not may_see(world.switches, role, "settings"):
                return world, refusal(world.switches, 403, "You do not have permission")
            return world, _ok(settings_text(world.settings, style, public=False))
        case ["settings", "public"] if request.method == "GET":
            return world, _ok(settings_text(world.settings, style, public=True))
        case _:
            pass
    if any(not may_see(world.switches, role, part) for part in parts[1:]):
        return world, refusal(world.switches, 403, "You do not have permission")
    if parts[1:] and parts[1] in UNDESCRIBED:
        return _undescribed(world, request, parts[1:], style)
    own = _own_only(world, role, user_id)
    return _route_records(world, request, parts[1:], style, own)


def _route_records(world: World, request: Request, parts: list[str], style: Style, own: tuple[Filter, ...]) -> Answer:  # noqa: PLR0911 - a table of routes, one return each
    kind = KINDS.get(LEGACY.get(parts[0], parts[0])) if parts else None
    if kind is None:
        return _not_found(world)
    read = request.method == "GET"
    match parts:
        case [name]:
            if read:
                return world, _list(world, kind, request, style, _own(own, kind))
            return _create(world, kind, request, style) if name == kind.name else _not_found(world)
        case ["practitioners", "inactive"] if read:
            return world, _list(world, kind, request, style, (_equal("active", "false", Type.BOOLEAN),))
        case ["patient_cases", "active"] if read:
            absent = Filter(name="closed_at", field="closed_at", type=Type.INSTANT, operator="!?")
            return world, _list(world, kind, request, style, (absent,))
        case [_, record_id]:
            if read:
                return world, _one(world, kind, record_id, request, style, _own(own, kind))
            return _change(world, kind, record_id, request, style)
        case [parent, record_id, child]:
            if read:
                return world, _nested(world, (parent, child), record_id, request, style, own)
            return _act(world, kind, record_id, child, request, style)
        case _:
            return _not_found(world)


def _undescribed(world: World, request: Request, parts: list[str], style: Style) -> Answer:
    """Answer for a resource that no description knows: there, missing or forbidden."""
    if world.switches.recalls == "forbidden":
        return world, refusal(world.switches, 403, "You do not have permission")
    if world.switches.recalls == "missing" or len(parts) > 1 or request.method != "GET":
        return _not_found(world)
    return world, _list(world, UNDESCRIBED[parts[0]], request, style, ())


# --- reads ---------------------------------------------------------------------------------------------------------


def _ok(text: str) -> Response:
    return Response(status=200, headers=(JSON,), body=text.encode())


def _not_found(world: World) -> Answer:
    return world, refusal(world.switches, 404, "Resource not found")


def _base(world: World, request: Request) -> str:
    scheme = request.headers.get("x-forwarded-proto", "https")
    host = request.headers.get("host") or f"api.{world.shard}.cliniko.com"
    return f"{scheme}://{host}/v1"


def _equal(name: str, value: str, value_type: Type) -> Filter:
    return Filter(name=name, field=name, type=value_type, operator="=", values=(value,))


def _own_only(world: World, role: str, user_id: str) -> tuple[Filter, ...]:
    """Return the filter that confines a practitioner's key to the practitioner's own invoices, when so switched."""
    if role != "practitioner" or not world.switches.practitioner_sees_only_own_invoices:
        return ()
    mine = tuple(str(one["id"]) for one in records(world, "practitioners") if one.get("user_id") == user_id)
    return (
        Filter(name="practitioner_id", field="practitioner_id", type=Type.ID, operator="=", values=mine or ("-1",)),
    )


def _own(own: tuple[Filter, ...], kind: Kind) -> tuple[Filter, ...]:
    return own if kind.name == "invoices" else ()


def _list(world: World, kind: Kind, request: Request, style: Style, extra: tuple[Filter, ...]) -> Response:
    return _ok(list_text(world, kind, request, style, extra))


def _visible(world: World, kind: Kind, record_id: str, request: Request, extra: tuple[Filter, ...]) -> Row | None:
    """Return the row that a single read finds: seen by now, in scope and passing the request's own filters."""
    stored = table_of(world, kind).rows.get(record_id)
    row = stored.seen(now_of(request)) if stored is not None else None
    if row is None:
        return None
    filters = (*parse_filters(request.every("q[]"), kind, filters_of_single_read(kind), world.switches), *extra)
    if not all(checker(wanted)(row.fields) for wanted in filters):
        return None
    hiding = hiding_fields(kind, filters, world.switches) if world.switches.hide_archived_by_id else ()
    return row if in_scope(hiding, without_inactive=False)(row.fields) else None


def _one(
    world: World, kind: Kind, record_id: str, request: Request, style: Style, extra: tuple[Filter, ...]
) -> Response:
    row = _visible(world, kind, record_id, request, extra)
    if row is None:
        return _not_found(world)[1]
    return _ok(row_text(kind, row, style, style.key))


def _nested(
    world: World, path: tuple[str, str], record_id: str, request: Request, style: Style, own: tuple[Filter, ...]
) -> Response:
    parent, child = path
    if child == "conflicts" and parent in PARENTS["appointments"] and find(world, parent, record_id) is not None:
        return json_response(200, {"conflicts": {"exist": False}})
    field = NESTED.get(path)
    known = any(find(world, name, record_id) is not None for name in PARENTS.get(parent, (parent,)))
    if field is None or not known or not record_id.isdecimal():
        return _not_found(world)[1]
    kind = KINDS[LEGACY.get(child, child)]
    return _list(world, kind, request, style, (_equal(field, record_id, Type.ID), *_own(own, kind)))


# --- writes --------------------------------------------------------------------------------------------------------


def _verbs(world: World, kind: Kind) -> frozenset[Verb]:
    if kind.name == "concession_prices" and not world.switches.concession_prices_writable:
        return frozenset()
    return kind.verbs


def _no_such_verb(world: World) -> Answer:
    return world, refusal(world.switches, world.switches.write_on_read_only, "Resource not found")


def _create(world: World, kind: Kind, request: Request, style: Style) -> Answer:
    if request.method != "POST" or Verb.CREATE not in _verbs(world, kind):
        return _no_such_verb(world)
    return create(world, kind, request, style)


def _refuses_unknown(world: World) -> bool:
    return world.switches.unknown_write_fields == "refused"


def _writable(world: World, kind: Kind, record_id: str) -> Record | None:
    record = find(world, kind.name, record_id)
    if record is None or record.get("deleted_at") is not None:
        return None
    if world.switches.write_on_archived == "refused" and record.get("archived_at") is not None:
        return None
    return record


def _change(world: World, kind: Kind, record_id: str, request: Request, style: Style) -> Answer:
    verbs = _verbs(world, kind)
    if request.method in ("PATCH", "PUT") and Verb.UPDATE in verbs:
        if _writable(world, kind, record_id) is None:
            return _not_found(world)
        return update(world, kind, record_id, request, style)
    # DELETE is the deprecated spelling of archiving where archiving exists.
    removal = Verb.ARCHIVE if Verb.ARCHIVE in verbs else Verb.DELETE
    if request.method == "DELETE" and removal in verbs:
        return _act_on(world, kind, record_id, removal, request)
    return _no_such_verb(world)


def _act(world: World, kind: Kind, record_id: str, action: str, request: Request, style: Style) -> Answer:
    verb = ACTIONS.get((request.method, action))
    if verb is None or verb not in _verbs(world, kind):
        return _no_such_verb(world)
    if verb is Verb.CANCEL and (odd := unknown_in_cancelling(request)) and _refuses_unknown(world):
        return world, refusal(world.switches, 400, f"The description of this request has no {', '.join(odd)}")
    if verb is not Verb.UNARCHIVE:
        return _act_on(world, kind, record_id, verb, request)
    record = find(world, kind.name, record_id)
    if record is None or record.get("deleted_at") is not None:
        return _not_found(world)
    after = act(world, kind, record_id, verb, request)
    return after, _ok(record_text(kind, get(after, kind.name, record_id), style))


def _act_on(world: World, kind: Kind, record_id: str, verb: Verb, request: Request) -> Answer:
    if _writable(world, kind, record_id) is None:
        return _not_found(world)
    return act(world, kind, record_id, verb, request), Response(status=204)
