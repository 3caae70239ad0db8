"""Routing: every call of the interface as the framework serves it, and its description."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from ligament.web.api import openapi
from ligament.web.api.call import ROOT, Call
from ligament.web.api.desk import Desk, decoder
from ligament.web.api.hands import Hands
from ligament.web.api.registry import CALLS
from ligament.web.frame import Asked
from ligament.web.page import House
from ligament.web.security.headers import texts

AnyRequest = Request[Any, Any, State]
_HANDS = Hands()


def routes(house: House) -> list[HTTPRouteHandler]:
    """Return everything under `/api/v1`."""
    desk = Desk(house=house)
    for call in CALLS:
        if call.takes is not None:
            decoder(call.takes)
    methods: dict[str, list[str]] = {}
    for call in CALLS:
        methods.setdefault(call.path, []).append(call.method)
    asked = (_methods(path, named) for path, named in methods.items())
    # They come first: the framework makes one of its own for an address that it meets without any.
    return [*asked, _description(), *(_route(desk, call) for call in CALLS)]


def _methods(path: str, named: list[str]) -> HTTPRouteHandler:
    """Say which methods an address has; by itself the framework names only those of one of its handlers."""
    allowed = ", ".join(sorted({*named, HttpMethod.OPTIONS.value}))

    async def told() -> ASGIResponse:
        return ASGIResponse(status_code=204, headers=[("allow", allowed)])

    return HTTPRouteHandler(path.replace("}", ":str}"), http_method=[HttpMethod.OPTIONS], status_code=200)(told)


def _route(desk: Desk, call: Call) -> HTTPRouteHandler:
    async def answer(request: AnyRequest) -> ASGIResponse:
        # As the framework's own address has them, which it puts together and takes apart again for each call.
        scope = request.scope
        asked = Asked(
            method=call.method,
            path=scope.get("root_path", "") + scope["path"],
            values={name: str(value) for name, value in request.path_params.items()},
            query=scope.get("query_string", b"").decode(),
            body=await request.body() if call.method != "GET" else b"",
            headers=texts(scope["headers"]),
            cookies={},
            peer=request.client.host if request.client else "",
        )
        if call.is_list and call.method == "GET":
            reply = await _HANDS.do(partial(desk.answer, call, asked))
        else:
            reply = await asyncio.to_thread(desk.answer, call, asked)
        return ASGIResponse(
            body=reply.content, status_code=reply.status, media_type=reply.media_type, headers=list(reply.headers)
        )

    path = call.path.replace("}", ":str}")
    return HTTPRouteHandler(path, http_method=[HttpMethod(call.method)], status_code=200, name=call.name)(answer)


def _description() -> HTTPRouteHandler:
    text = json.dumps(openapi.document(), ensure_ascii=False, default=str).encode()

    async def description() -> ASGIResponse:
        return ASGIResponse(body=text, media_type="application/json")

    return HTTPRouteHandler(f"{ROOT}/openapi.json", http_method=["GET"], status_code=200)(description)
