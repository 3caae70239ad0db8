"""The web application: what machines call; every answer is small, uncached and without cookies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.datastructures import MutableScopeHeaders, State
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope

from ligament.app.output import to_json
from ligament.service.opening import Service

MOST_BYTES = 1_000_000
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
AnyRequest = Request[Any, Any, State]


def application(door: Service) -> Litestar:
    """Return the application around a running installation."""

    @post(list(door.paths), status_code=200)
    async def webhook(request: AnyRequest) -> Response[bytes]:
        body = await request.body()
        status = await asyncio.to_thread(door.webhook, request.url.path, _header_of(request), body)
        return Response(content=b"", status_code=status, media_type=MediaType.TEXT)

    @get("/healthz", sync_to_thread=True)
    def healthz() -> Response[bytes]:
        status, document = door.health()
        return Response(content=to_json(document).encode(), status_code=status, media_type=MediaType.JSON)

    @get("/metrics", sync_to_thread=True)
    def metrics() -> Response[bytes]:
        status, text = door.measured()
        return Response(content=text, status_code=status, media_type=_METRICS)

    return Litestar(
        route_handlers=[webhook, healthz, metrics],
        request_max_body_size=MOST_BYTES,
        before_send=[_secured],
        openapi_config=None,
        # Its own set-up would print every call of our HTTP client, addresses and all.
        logging_config=None,
        exception_handlers={HTTPException: _refused},
    )


def _header_of(request: AnyRequest) -> Callable[[str], str]:
    def header(name: str) -> str:
        return request.headers.get(name, "")

    return header


def _refused(_: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Answer a wrong request without saying anything about the inside."""
    return Response(content=b"", status_code=error.status_code, media_type=MediaType.TEXT)


async def _secured(message: Message, _: Scope) -> None:
    """Put the headers on every answer, errors too."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in _HEADERS.items():
            headers[name] = value
