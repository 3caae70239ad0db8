"""The web application: pages for people, and what machines call; every answer is uncached and carries the headers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.enums import HttpMethod, ScopeType
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from litestar.status_codes import HTTP_405_METHOD_NOT_ALLOWED
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ligament.service.glances import Pulses
from ligament.service.opening import Service
from ligament.web import machines
from ligament.web.api import problems, routing
from ligament.web.compression import may_be_packed, packed, packed_file
from ligament.web.frame import Asked, Frame, Reply, refusal
from ligament.web.live import Stream
from ligament.web.page import House, Page
from ligament.web.pages.registry import ALL
from ligament.web.rendering import MEDIA_TYPES, assets
from ligament.web.security.guards import page_behind
from ligament.web.security.headers import protected, texts
from ligament.web.security.hosts import is_local, is_loopback_host, may_answer
from ligament.wiring.access import StoreTrouble, open_access
from ligament.wiring.fault_log import log_fault

MOST_BYTES = 1_000_000
_LONG = "public, max-age=31536000, immutable"
AnyRequest = Request[Any, Any, State]
Catcher = Callable[[AnyRequest, Any], Response[bytes]]


def application(door: Service) -> ASGIApp:
    """Return the application around a running installation."""
    runner = door.place.runner
    access = open_access(lambda: runner.settings, runner.database)
    pulses = Pulses(database=runner.database, now=access.machine_now)
    # Made once for all processes of the installation, and read once by each.
    form_key = cache(lambda: access.vault.made("form/key", access.secret(32)).encode())
    house = House(door=door, access=access, pulses=pulses, form_key=form_key)
    frame = Frame(house=house, menu=tuple(page for page in ALL if page.menu))
    catchers: dict[int | type[Exception], Catcher] = {
        HTTPException: _refused,
        StoreTrouble: _away,
        Exception: _failing(house),
    }
    app = Litestar(
        route_handlers=[
            *machines.routes(house),
            *routing.routes(house),
            _static(),
            *(_route(frame, page) for page in ALL),
        ],
        request_max_body_size=MOST_BYTES,
        openapi_config=None,
        # Its own set-up would print every call of our HTTP client, addresses and all.
        logging_config=None,
        exception_handlers=catchers,
    )
    return _guarded(app, house)


# --- pages ------------------------------------------------------------------------------------------------------------


def _route(frame: Frame, page: Page) -> HTTPRouteHandler:
    async def answer(request: AnyRequest) -> ASGIResponse:
        body = await request.body() if page.method != "GET" else b""
        asked = Asked(
            method=page.method,
            path=request.url.path,
            values={name: str(value) for name, value in request.path_params.items()},
            query=request.url.query,
            body=body,
            headers=texts(request.scope["headers"]),
            cookies=request.cookies,
            peer=request.client.host if request.client else "",
        )
        return sent(await asyncio.to_thread(_answered, frame, page, asked))

    path = page.path.replace("}", ":str}")
    return HTTPRouteHandler(
        path, http_method=[HttpMethod(page.method)], status_code=200, name=f"{page.method} {page.name}"
    )(answer)


def _answered(frame: Frame, page: Page, asked: Asked) -> Reply:
    """Return the reply, compressed where that gives nothing away."""
    reply = frame.answer(page, asked)
    is_text = reply.watch is None and reply.media_type.startswith("text/")
    if not is_text or not may_be_packed(asked.method, asked.query, reply.status, asked.header("accept-encoding")):
        return reply
    content, headers = packed(reply.content)
    return replace(reply, content=content, headers=[*reply.headers, *headers])


def sent(reply: Reply) -> ASGIResponse:
    """Return a reply as the framework sends it."""
    if reply.watch is not None:
        return Stream(reply.watch)
    return ASGIResponse(
        body=reply.content, status_code=reply.status, media_type=reply.media_type, headers=list(reply.headers)
    )


def _static() -> HTTPRouteHandler:
    async def static(request: AnyRequest) -> ASGIResponse:
        file = assets().get(request.path_params["name"])
        if file is None:
            return sent(refusal(404))
        content, headers = file.read_bytes(), [("cache-control", _LONG)]
        if may_be_packed("GET", "", 200, request.headers.get("accept-encoding", "")):
            content, more = packed_file(content)
            headers = [*headers, *more]
        return ASGIResponse(body=content, media_type=MEDIA_TYPES[file.suffix], headers=headers)

    return HTTPRouteHandler("/static/{name:str}", http_method=["GET"], status_code=200)(static)


# --- what goes wrong --------------------------------------------------------------------------------------------------


def _refused(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Answer a wrong request without saying anything about the inside."""
    if is_of_interface(request.url.path):
        return _page(problems.answer(problems.of_status(error.status_code, dict(error.headers or {}))))
    if machines.is_for_machines(request.url.path):
        return Response(content=b"", status_code=error.status_code, media_type="text/plain")
    is_form = error.status_code == HTTP_405_METHOD_NOT_ALLOWED and request.method == HttpMethod.GET
    return _page(refusal(error.status_code, back=page_behind(request.url.path) if is_form else ""))


def _failing(house: House) -> Catcher:
    def failed(request: AnyRequest, error: Exception) -> Response[bytes]:
        """Answer for what should not have happened with a number that is in the log."""
        reference = house.access.secret(6)
        log_fault(error, reference, request.url.path)
        if is_of_interface(request.url.path):
            return _page(problems.answer(problems.Problem(500, f"Tell us about it, with this number: {reference}.")))
        return _page(refusal(500, reference=reference))

    return failed


def _away(request: AnyRequest, _error: StoreTrouble) -> Response[bytes]:
    if is_of_interface(request.url.path):
        return _page(problems.answer(problems.of_status(503, {"retry-after": "5"})))
    return _page(refusal(503))


def _page(reply: Reply) -> Response[bytes]:
    headers = {name: value for name, value in reply.headers if name != "content-type"}
    return Response(content=reply.content, status_code=reply.status, media_type=reply.media_type, headers=headers)


def is_of_interface(path: str) -> bool:
    """Say whether an address belongs to the interface for other tools, so that an error there is a problem."""
    return path.startswith("/api/v1")


# --- around everything ------------------------------------------------------------------------------------------------


def _guarded(app: Litestar, house: House) -> ASGIApp:
    """Answer under our own names only, and put the headers on every answer, errors too."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        headers = texts(scope["headers"])
        is_machine = machines.is_for_machines(scope["path"])

        async def sent_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                message["headers"] = protected(given, is_secure=house.is_secure, is_page=not is_machine)
            await send(message)

        client = scope.get("client")
        peer = client[0] if client else ""
        if _may_answer(house, headers.get("host", ""), is_local(peer, lambda name: headers.get(name, ""))):
            await app(scope, receive, sent_protected)
        else:
            await sent(refusal(421))(scope, receive, sent_protected)

    return guarded


def _may_answer(house: House, host: str, is_from_here: bool) -> bool:  # noqa: FBT001 - a fact about the caller
    return may_answer(host, house.settings.public_url) or (is_from_here and is_loopback_host(host))
