"""What machines call: webhooks, health and counts; every answer is small and without cookies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from ligament.app.access.tokens import recognise
from ligament.app.output import to_json
from ligament.core.access import Right
from ligament.web.page import House
from ligament.web.security.hosts import is_local

AnyRequest = Request[Any, Any, State]
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_BEARER = "bearer "


def is_for_machines(path: str) -> bool:
    """Say whether an address is for machines, so that an error there is no page."""
    return path.startswith(("/webhooks/", "/healthz", "/metrics", "/api/v1"))


def routes(house: House) -> list[HTTPRouteHandler]:
    """Return what answers to machines."""
    door = house.door

    async def webhook(request: AnyRequest) -> ASGIResponse:
        body = await request.body()
        status = await asyncio.to_thread(door.webhook, request.url.path, _header_of(request), body)
        return ASGIResponse(body=b"", status_code=status, media_type="text/plain")

    async def healthz(request: AnyRequest) -> ASGIResponse:
        return await asyncio.to_thread(_health, house, request)

    async def metrics(request: AnyRequest) -> ASGIResponse:
        return await asyncio.to_thread(_metrics, house, request)

    return [
        HTTPRouteHandler(list(door.paths), http_method=["POST"], status_code=200)(webhook),
        HTTPRouteHandler("/healthz", http_method=["GET"], status_code=200)(healthz),
        HTTPRouteHandler("/metrics", http_method=["GET"], status_code=200)(metrics),
    ]


def _health(house: House, request: AnyRequest) -> ASGIResponse:
    """Say `ok` or `down`, and how each clinic stands to those who may know."""
    status, document = house.door.health()
    if "details" not in request.query_params:
        document = {"status": "down" if document["status"] == "down" else "ok"}
    elif not _may_look(house, request):
        return _refused()
    return ASGIResponse(body=to_json(document).encode(), status_code=status, media_type="application/json")


def _metrics(house: House, request: AnyRequest) -> ASGIResponse:
    if not _may_look(house, request):
        return _refused()
    status, text = house.door.measured()
    return ASGIResponse(body=text, status_code=status, media_type=_METRICS)


def _may_look(house: House, request: AnyRequest) -> bool:
    """Say whether a caller is on this machine itself, or shows a token for all clinics."""
    header = _header_of(request)
    if is_local(request.client.host if request.client else "", header):
        return True
    given = header("authorization")
    if not given.lower().startswith(_BEARER):
        return False
    caller = recognise(house.access, given[len(_BEARER) :].strip())
    return caller is not None and caller.may(Right.LOOK) and not caller.clinics


def _refused() -> ASGIResponse:
    return ASGIResponse(body=b"", status_code=401, media_type="text/plain", headers={"www-authenticate": "Bearer"})


def _header_of(request: AnyRequest) -> Callable[[str], str]:
    def header(name: str) -> str:
        return request.headers.get(name, "")

    return header
