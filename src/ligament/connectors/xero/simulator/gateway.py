"""What stands before the accounting endpoints: token, tenant, scope, limits, idempotency, content negotiation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import limits
from ligament.connectors.xero.simulator.errors import plain_error, problem
from ligament.connectors.xero.simulator.identity import bearer, take_id, visible_connections
from ligament.connectors.xero.simulator.world import App, StoredAnswer, World
from ligament.simkit.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from ligament.connectors.xero.simulator.world import Grant

    Execute = Callable[[World, str, str], tuple[World, Response]]

_KEY_LIFE = timedelta(minutes=6)
_KEY_LENGTH = 128
_SCOPE_FAMILIES = {
    "invoices": "accounting.invoices",
    "creditnotes": "accounting.invoices",
    "payments": "accounting.payments",
    "batchpayments": "accounting.payments",
    "overpayments": "accounting.payments",
    "prepayments": "accounting.payments",
    "banktransactions": "accounting.banktransactions",
    "contacts": "accounting.contacts",
    "contactgroups": "accounting.contacts",
    "organisation": "accounting.settings",
    "accounts": "accounting.settings",
    "taxrates": "accounting.settings",
    "trackingcategories": "accounting.settings",
    "users": "accounting.settings",
    "brandingthemes": "accounting.settings",
    "currencies": "accounting.settings",
    "reports": "accounting.reports.trialbalance",
}
_BROAD = "accounting.transactions"
_BROAD_COVERS = frozenset({"accounting.invoices", "accounting.payments", "accounting.banktransactions"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Caller:
    app: App
    tenant_id: str


def guard(world: World, request: Request, resource: str, execute: Execute) -> tuple[World, Response]:
    """Run all checks in Xero's order, then `execute(world, tenant_id, client_id)`; every answer shows what is left."""
    world, found = _identify(world, request)
    if isinstance(found, Response):
        return world, found
    app, tenant_id = found.app, found.tenant_id
    world, response = _limited(world, found, request, resource, execute)
    return world, response.with_headers(limits.headers(world, app, tenant_id, request.at))


def _identify(world: World, request: Request) -> tuple[World, _Caller | Response]:
    grant, detail = bearer(world, request)
    if grant is None or grant.client_id not in world.apps:
        world, instance = take_id(world, "instance")
        return world, problem(401, "Unauthorized", detail or "AuthenticationUnsuccessful", instance)
    app = world.apps[grant.client_id]
    tenant_id = request.headers.get("xero-tenant-id", "").lower() or app.custom_tenant_id
    usable = {it.tenant_id for it in visible_connections(world, grant)} if grant.user_id else set()
    if tenant_id not in usable:
        if world.switches.tenant_refusal_empty:
            return world, Response(status=403)
        world, instance = take_id(world, "instance")
        return world, problem(403, "Forbidden", "AuthenticationUnsuccessful", instance)
    return world, _Caller(app=app, tenant_id=tenant_id)


def _limited(
    world: World, caller: _Caller, request: Request, resource: str, execute: Execute
) -> tuple[World, Response]:
    grant, _ = bearer(world, request)
    if grant is not None and not _is_covered(grant, resource, request.method):
        world, instance = take_id(world, "instance")
        status = world.switches.scope_refusal_status
        title = "Unauthorized" if status == 401 else "Forbidden"  # noqa: PLR2004
        head = [("WWW-Authenticate", 'Bearer error="insufficient_scope"')]
        return world, problem(status, title, "AuthorizationUnsuccessful", instance, head)
    world, refusal = limits.admit(world, caller.app, caller.tenant_id, request)
    if refusal is not None:
        return world, refusal
    if "idempotency-key" in request.headers and request.method in {"POST", "PUT", "PATCH"}:
        return _once(world, caller, request, execute)
    return _negotiated(world, caller, request, execute)


def _is_covered(grant: Grant, resource: str, method: str) -> bool:
    family = _SCOPE_FAMILIES.get(resource)
    if family is None:
        return True
    scopes = set(grant.scopes)
    if _BROAD in scopes and family in _BROAD_COVERS:
        return True
    wanted = {family, f"{family}.read"} if method == "GET" else {family}
    if method == "GET" and f"{_BROAD}.read" in scopes and family in _BROAD_COVERS:
        return True
    return bool(scopes & wanted)


def _once(world: World, caller: _Caller, request: Request, execute: Execute) -> tuple[World, Response]:
    key = request.headers["idempotency-key"]
    if not key or len(key) > _KEY_LENGTH:
        world, instance = take_id(world, "instance")
        return world, problem(400, "Bad Request", "Idempotency Key must have 1 to 128 characters.", instance)
    # The store belongs to the app, not to the organisation: the tenant is deliberately no part of key or digest.
    place = (caller.app.client_id, key)
    digest = _digest(request)
    stored = world.answers.get(place)
    if stored is not None and request.at - stored.first_at < _KEY_LIFE:
        if stored.digest == digest:
            return world, stored.response
        world, instance = take_id(world, "instance")
        text = f"Idempotency Key: {key} is used with a different request."
        return world, problem(400, "Bad Request", text, instance)
    world, response = _negotiated(world, caller, request, execute)
    live = {it: answer for it, answer in world.answers.items() if request.at - answer.first_at < _KEY_LIFE}
    kept = StoredAnswer(first_at=request.at, digest=digest, response=response)
    return replace(world, answers={**live, place: kept}), response


def _digest(request: Request) -> str:
    hashed = hashlib.sha256()
    for part in (request.method, request.path, *(text for pair in request.query for text in pair)):
        hashed.update(part.encode() + b"\x00")
    hashed.update(request.body)
    return hashed.hexdigest()


def _negotiated(world: World, caller: _Caller, request: Request, execute: Execute) -> tuple[World, Response]:
    accept = request.headers.get("accept", "").casefold()
    if "application/json" not in accept and "application/pdf" not in accept:
        # Xero would answer XML; a refusal shows the client's slip at once.
        return world, Response(status=406)
    if len(request.body) > world.switches.body_limit_bytes:
        return world, plain_error(0, "ApiException", "The request body is too large.")
    if world.failing_writes and request.method != "GET":
        return replace(world, failing_writes=world.failing_writes - 1), plain_error(
            0, "ApiException", "An internal error occurred.", status=500
        )
    return execute(world, caller.tenant_id, caller.app.client_id)
