"""The web application: what machines call; every answer is small, uncached and without cookies."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import ClientException

from ligament.wiring.output import to_json
from ligament.wiring.serving import Door

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


def application(door: Door) -> Litestar:
    """Return the application around a running installation."""

    async def webhook(request: AnyRequest) -> Response[bytes]:
        body = await request.body()
        status = await _in_thread(lambda: door.webhook(request.url.path, _header_of(request), body))
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
        route_handlers=[post(list(door.paths), status_code=200)(webhook), healthz, metrics],
        request_max_body_size=MOST_BYTES,
        after_request=_secured,
        openapi_config=None,
        exception_handlers={ClientException: _refused},
    )
