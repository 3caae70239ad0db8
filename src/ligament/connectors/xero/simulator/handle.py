"""The simulated Xero's front door: `handle(world, request)` gives the next world and the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import (
    bank_transactions,
    batch_payments,
    contact_groups,
    contact_views,
    credit_notes,
    identity,
    invoices,
    payments,
    settings,
)
from ligament.connectors.xero.simulator.described import unknown_queries
from ligament.connectors.xero.simulator.desk import Desk
from ligament.connectors.xero.simulator.envelope import Call
from ligament.connectors.xero.simulator.errors import BadCondition, BadPost, NotFound, not_found, plain_error
from ligament.connectors.xero.simulator.gateway import guard
from ligament.connectors.xero.simulator.wire import http_date, load
from ligament.connectors.xero.simulator.world import World, guid
from ligament.simkit.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ACCOUNTING = "/api.xro/2.0/"
_ENDPOINTS: Mapping[str, Callable[[Desk, Call], Response]] = {
    "accounts": settings.serve_accounts,
    "banktransactions": bank_transactions.serve,
    "batchpayments": batch_payments.serve,
    "brandingthemes": settings.serve_themes,
    "contactgroups": contact_groups.serve,
    "contacts": contact_views.serve,
    "creditnotes": credit_notes.serve,
    "currencies": settings.serve_currencies,
    "invoices": invoices.serve,
    "organisation": settings.serve_organisation,
    "overpayments": credit_notes.serve_overpayments,
    "payments": payments.serve,
    "prepayments": credit_notes.serve_prepayments,
    "taxrates": settings.serve_tax_rates,
    "trackingcategories": settings.serve_tracking,
    "users": settings.serve_users,
}


def handle(world: World, request: Request) -> tuple[World, Response]:
    """Serve one request; the given world stays as it was, and only `request.at` tells the time."""
    after, response = _route(world, request)
    extra = [("Date", http_date(request.at))]
    if request.path.startswith(_ACCOUNTING):
        extra.append(("Xero-Correlation-Id", guid(world.seed, "correlation", world.next_id, request.at.isoformat())))
    return after, response.with_headers(extra)


def _route(world: World, request: Request) -> tuple[World, Response]:
    path = request.path
    if path.startswith(_ACCOUNTING):
        resource, *segments = path.removeprefix(_ACCOUNTING).rstrip("/").split("/")
        return guard(
            world,
            request,
            resource.casefold(),
            lambda now, tenant_id, client_id: _serve(now, request, (resource, tuple(segments)), (tenant_id, client_id)),
        )
    name, *segments = path.strip("/").split("/")
    match (request.method, path.rstrip("/")):
        case ("POST", "/connect/token"):
            return identity.token(world, request)
        case ("GET", "/connect/authorize" | "/identity/connect/authorize"):
            return identity.authorize(world, request)
        case ("POST", "/connect/revocation"):
            return identity.revoke(world, request)
        case _ if name == "connections":
            return identity.connections(world, request, tuple(segments))
        case _:
            return world, not_found()


def _serve(
    world: World, request: Request, place: tuple[str, tuple[str, ...]], caller: tuple[str, str]
) -> tuple[World, Response]:
    (resource, segments), (tenant_id, client_id) = place, caller
    serve = _ENDPOINTS.get(resource.casefold())
    if serve is None:
        return world, not_found()
    books = world.books[tenant_id]
    desk = Desk(books, at=request.at, switches=world.switches, seed=world.seed, client_id=client_id)
    call = Call(
        request=request,
        segments=segments,
        app_name=world.apps[client_id].name,
        swallows_unknown_fields=world.switches.swallows_unknown_fields,
        largest_batch=world.switches.largest_batch,
    )
    sent = tuple(name for name, _ in request.query)
    odd = unknown_queries(request.method, resource, segments, sent)
    if odd and not world.switches.swallows_unknown_fields:
        message = f"The description of this request has no query {', '.join(odd)}."
        return world, plain_error(14, "PostDataInvalidException", message)
    try:
        response = serve(desk, call)
    except NotFound:
        return world, not_found()
    except BadPost as problem:
        return world, plain_error(problem.number, problem.kind, problem.message)
    except BadCondition:
        return world, Response(status=412)
    if _is_unmodified(world, call, response):
        response = Response(status=304)
    closed = desk.close()
    return (world if closed is books else world.with_books(closed)), response


def _is_unmodified(world: World, call: Call, response: Response) -> bool:
    if not world.switches.not_modified_304 or "if-modified-since" not in call.request.headers:
        return False
    document = load(response.body) if call.method == "GET" and response.status == 200 and not call.segments else {}  # noqa: PLR2004
    lists = [value for value in document.values() if isinstance(value, list)] if isinstance(document, dict) else []
    return bool(lists) and not any(lists)
