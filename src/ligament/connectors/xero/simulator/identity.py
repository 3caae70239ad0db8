"""Signing in: consent, tokens, their rotation and revocation, and the list of connections."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode

from ligament.connectors.xero.simulator import consent
from ligament.connectors.xero.simulator.errors import problem, token_error
from ligament.connectors.xero.simulator.world import App, Code, Connection, Grant, World, guid
from ligament.simkit.messages import Request, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODE_LIFE = timedelta(minutes=5)
_REFRESH_LIFE = timedelta(days=60)
_ID_TOKEN_LIFE = timedelta(minutes=5)
_SHORTEST_VERIFIER, _LONGEST_VERIFIER = 43, 128


def take_id(world: World, purpose: str) -> tuple[World, str]:
    """Return a fresh GUID for that purpose."""
    return replace(world, next_id=world.next_id + 1), guid(world.seed, purpose, world.next_id)


def authorize(world: World, request: Request) -> tuple[World, Response]:
    """Serve the consent screen of a person who decides at once, as `consent_tenants` and `consent_denied` say.

    With `consent_asks` there is a page, and whoever sees it decides.
    """
    app = world.apps.get(request.first("client_id"))
    redirect = request.first("redirect_uri")
    if app is None or redirect not in app.redirect_uris:
        return world, Response(status=400, headers=(("Content-Type", "text/html"),), body=b"unauthorized_client")
    state = request.first("state")
    scopes = tuple(dict.fromkeys(request.first("scope").split()))
    if request.first("response_type") != "code":
        return world, _redirect(redirect, {"error": "unsupported_response_type", "state": state})
    if not scopes or not app.scopes.issuperset(scopes):
        return world, _redirect(redirect, {"error": "invalid_scope", "state": state})
    challenge = request.first("code_challenge")
    if not app.secret and (not challenge or request.first("code_challenge_method") != "S256"):
        return world, _redirect(redirect, {"error": "invalid_request", "state": state})
    if consent.asks(world, request):
        return world, consent.page(world, app, scopes, request)
    if consent.is_denied(world, request):
        return world, _redirect(redirect, {"error": "access_denied", "state": state})
    world = replace(world, consent_tenants=consent.chosen(world, request))
    world, code, granted = _consent(
        world,
        app,
        scopes,
        Code(
            client_id=app.client_id,
            redirect_uri=redirect,
            scopes=scopes,
            user_id=guid(world.seed, "consenting user"),
            event_id="",
            challenge=challenge,
            issued_at=request.at,
        ),
    )
    answer = {"code": code, "scope": " ".join(granted), "state": state}
    return world, _redirect(redirect, answer)


def token(world: World, request: Request) -> tuple[World, Response]:
    """Serve POST /connect/token for the three grants."""
    if "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        return world, token_error("invalid_request")
    form = _form(request)
    app = _authenticated_app(world, request, form)
    if app is None:
        return world, token_error("invalid_client")
    kind = form.get("grant_type", "")
    if kind == "authorization_code":
        return _redeem_code(world, app, form, request.at)
    if kind == "refresh_token":
        return _refresh(world, app, form, request.at)
    if kind == "client_credentials":
        return _client_credentials(world, app, form, request.at)
    return world, token_error("unsupported_grant_type" if kind else "invalid_request")


def revoke(world: World, request: Request) -> tuple[World, Response]:
    """Serve POST /connect/revocation: the token set and all connections of that user with this app end."""
    form = _form(request)
    app = _authenticated_app(world, request, form)
    if app is None:
        return world, token_error("invalid_client")
    grant = world.refresh_tokens.get(form.get("token", ""))
    if grant is not None and grant.client_id == app.client_id:
        world = end_user_grant(world, app.client_id, grant.user_id)
    return world, Response(status=200)


def end_user_grant(world: World, client_id: str, user_id: str) -> World:
    """Return the world in which this user's tokens and connections with this app are gone."""

    def others(grants: Mapping[str, Grant]) -> dict[str, Grant]:
        return {key: it for key, it in grants.items() if (it.client_id, it.user_id) != (client_id, user_id)}

    kept = {key: it for key, it in world.connections.items() if (it.client_id, it.user_id) != (client_id, user_id)}
    return replace(
        world,
        access_tokens=others(world.access_tokens),
        refresh_tokens=others(world.refresh_tokens),
        connections=kept,
    )


def bearer(world: World, request: Request) -> tuple[Grant | None, str]:
    """Return the grant of the access token, or the detail of its refusal."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    grant = world.access_tokens.get(value.strip()) if scheme.casefold() == "bearer" else None
    if grant is None:
        return None, "AuthenticationUnsuccessful"
    if grant.expires_at <= request.at:
        return None, f"TokenExpired: token expired at {grant.expires_at:%m/%d/%Y %H:%M:%S}"
    return grant, ""


def connections(world: World, request: Request, segments: tuple[str, ...]) -> tuple[World, Response]:
    """Serve GET /connections and DELETE /connections/{id}."""
    grant, detail = bearer(world, request)
    if grant is None:
        world, instance = take_id(world, "instance")
        return world, problem(401, "Unauthorized", detail, instance)
    mine = visible_connections(world, grant)
    if request.method == "GET" and not segments:
        event = request.first("authEventId")
        shown = [_render(world, it) for it in mine if not event or it.event_id == event]
        return world, json_response(200, shown)
    if request.method == "DELETE" and len(segments) == 1:
        if all(it.connection_id != segments[0] for it in mine):
            return world, Response(status=404)
        kept = {key: it for key, it in world.connections.items() if key != segments[0]}
        return replace(world, connections=kept), Response(status=204)
    return world, Response(status=404)


def visible_connections(world: World, grant: Grant) -> list[Connection]:
    """Return the connections that this access token can use."""
    app_wide = "app.connections" in grant.scopes and not grant.user_id
    return [
        it
        for it in world.connections.values()
        if it.client_id == grant.client_id and (app_wide or it.user_id == grant.user_id)
    ]


def _consent(world: World, app: App, scopes: tuple[str, ...], code: Code) -> tuple[World, str, tuple[str, ...]]:
    world, event_id = take_id(world, "event")
    connections = dict(world.connections)
    for tenant_id in world.consent_tenants:
        key = guid(world.seed, "connection", app.client_id, code.user_id, tenant_id, world.next_id)
        former = next(
            (
                it
                for it in connections.values()
                if (it.client_id, it.user_id, it.tenant_id) == (app.client_id, code.user_id, tenant_id)
            ),
            None,
        )
        if former is not None:
            connections[former.connection_id] = replace(former, event_id=event_id, updated_at=code.issued_at)
        else:
            connections[key] = Connection(
                connection_id=key,
                client_id=app.client_id,
                user_id=code.user_id,
                tenant_id=tenant_id,
                event_id=event_id,
                created_at=code.issued_at,
                updated_at=code.issued_at,
            )
    earlier = [
        grant.scopes
        for grant in world.refresh_tokens.values()
        if (grant.client_id, grant.user_id) == (app.client_id, code.user_id)
    ]
    # Consent adds up: scopes shrink only through revocation.
    granted = tuple(dict.fromkeys([*scopes, *(scope for former_scopes in earlier for scope in former_scopes)]))
    world, made = take_id(world, "code")
    codes = {**world.codes, made: replace(code, scopes=granted, event_id=event_id)}
    return replace(world, connections=connections, codes=codes), made, granted


def _redeem_code(world: World, app: App, form: Mapping[str, str], at: datetime) -> tuple[World, Response]:
    code = world.codes.get(form.get("code", ""))
    if code is None or code.client_id != app.client_id or at - code.issued_at > _CODE_LIFE:
        return world, token_error("invalid_grant")
    verifier = form.get("code_verifier", "")
    if code.redirect_uri != form.get("redirect_uri", "") or not _verifies(code.challenge, verifier):
        return world, token_error("invalid_grant")
    world = replace(world, codes={key: it for key, it in world.codes.items() if it is not code})
    grant = Grant(
        client_id=app.client_id, scopes=code.scopes, user_id=code.user_id, event_id=code.event_id, expires_at=at
    )
    return _issue(world, grant, at)


def _refresh(world: World, app: App, form: Mapping[str, str], at: datetime) -> tuple[World, Response]:
    sent = form.get("refresh_token", "")
    grant = world.refresh_tokens.get(sent)
    if grant is None or grant.client_id != app.client_id or grant.expires_at <= at:
        return world, token_error("invalid_grant")
    grace = timedelta(seconds=world.switches.refresh_grace_s)
    if grant.replaced_at is not None and at - grant.replaced_at > grace:
        return world, token_error("invalid_grant")
    used = replace(grant, replaced_at=grant.replaced_at or at)
    world = replace(world, refresh_tokens={**world.refresh_tokens, sent: used})
    return _issue(world, grant, at)


def _client_credentials(world: World, app: App, form: Mapping[str, str], at: datetime) -> tuple[World, Response]:
    # A custom connection or `app.connections` works without a user; other apps may not use this grant.
    allowed = app.scopes if app.custom_tenant_id else app.scopes & {"app.connections"}
    scopes = tuple(form.get("scope", "").split()) or tuple(sorted(allowed))
    if not allowed:
        return world, token_error("unauthorized_client")
    if not allowed.issuperset(scopes):
        return world, token_error("invalid_scope")
    user_id = guid(world.seed, "user", app.client_id) if app.custom_tenant_id else ""
    event_id = guid(world.seed, "event", app.client_id) if app.custom_tenant_id else ""
    grant = Grant(client_id=app.client_id, scopes=scopes, user_id=user_id, event_id=event_id, expires_at=at)
    return _issue(world, grant, at, refreshable=False)


def _issue(world: World, grant: Grant, at: datetime, *, refreshable: bool = True) -> tuple[World, Response]:
    life = timedelta(seconds=world.switches.access_token_s)
    world, jti = take_id(world, "jti")
    live = replace(grant, expires_at=at + life, replaced_at=None)
    access = _jwt(world.seed, _claims(live, jti, at))
    # Tokens that ended long ago are forgotten, so that the world does not grow with every refresh.
    tokens = {key: it for key, it in world.access_tokens.items() if at - it.expires_at < timedelta(days=1)}
    world = replace(world, access_tokens={**tokens, access: live})
    answer: dict[str, object] = {
        "access_token": access,
        "expires_in": world.switches.access_token_s,
        "token_type": "Bearer",
        "scope": " ".join(grant.scopes),
    }
    if refreshable and "openid" in grant.scopes:
        claims = {**_claims(live, jti, at), "exp": int((at + _ID_TOKEN_LIFE).timestamp()), "email": "owner@clinic.test"}
        answer["id_token"] = _jwt(world.seed, claims)
    if refreshable and "offline_access" in grant.scopes:
        world, made = take_id(world, "refresh")
        fresh = replace(live, expires_at=at + _REFRESH_LIFE)
        refreshes = {key: it for key, it in world.refresh_tokens.items() if it.expires_at > at}
        world = replace(world, refresh_tokens={**refreshes, made: fresh})
        answer["refresh_token"] = made
    return world, json_response(200, answer, [("Cache-Control", "no-store")])


def _claims(grant: Grant, jti: str, at: datetime) -> dict[str, object]:
    return {
        "nbf": int(at.timestamp()),
        "exp": int(grant.expires_at.timestamp()),
        "iss": "https://identity.xero.com",
        "aud": "https://identity.xero.com/resources",
        "client_id": grant.client_id,
        "sub": grant.user_id.replace("-", ""),
        "auth_time": int(at.timestamp()),
        "xero_userid": grant.user_id,
        "global_session_id": jti.replace("-", ""),
        "jti": jti.replace("-", ""),
        "authentication_event_id": grant.event_id,
        "scope": list(grant.scopes),
    }


def _jwt(seed: str, claims: Mapping[str, object]) -> str:
    head = _base64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = _base64(json.dumps(claims).encode())
    signature = hmac.new(seed.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_base64(signature)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _verifies(challenge: str, verifier: str) -> bool:
    if not challenge:
        return True
    fits = _SHORTEST_VERIFIER <= len(verifier) <= _LONGEST_VERIFIER
    return fits and _base64(hashlib.sha256(verifier.encode()).digest()) == challenge


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _authenticated_app(world: World, request: Request, form: Mapping[str, str]) -> App | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if scheme.casefold() == "basic":
        try:
            pair = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except ValueError:
            return None
        client_id, _, secret = (unquote(part) for part in pair.partition(":"))
    app = world.apps.get(client_id)
    return app if app is not None and hmac.compare_digest(app.secret.encode(), secret.encode()) else None


def _redirect(target: str, answer: Mapping[str, str]) -> Response:
    query = urlencode([(key, value) for key, value in answer.items() if value])
    joint = "&" if "?" in target else "?"
    return Response(status=302, headers=(("Location", f"{target}{joint}{query}"),))


def _render(world: World, connection: Connection) -> dict[str, object]:
    organisation = world.books[connection.tenant_id].organisation
    return {
        "id": connection.connection_id,
        "authEventId": connection.event_id,
        "tenantId": connection.tenant_id,
        "tenantType": "ORGANISATION",
        "tenantName": organisation.name,
        "createdDateUtc": _seven_digits(connection.created_at),
        "updatedDateUtc": _seven_digits(connection.updated_at),
    }


def _seven_digits(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "0"
