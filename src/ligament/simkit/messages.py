"""The request and response that every simulator's pure `handle` takes and returns."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request as it reached the simulator.

    `path` is percent-decoded and has no query; `query` keeps order and repeats (`q[]` comes several times);
    `headers` has lower-case names; `at` is the aware UTC instant of arrival on the simulator's clock.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    at: datetime

    def first(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        return next((value for key, value in self.query if key == name), default)

    def every(self, name: str) -> tuple[str, ...]:
        """Return all values of a query parameter in order."""
        return tuple(value for key, value in self.query if key == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One HTTP answer; header names as they go over the wire."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return the first header with that name, compared without case, or an empty text."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    def with_headers(self, extra: Iterable[tuple[str, str]]) -> Response:
        """Return the same answer with more headers behind its own."""
        return Response(status=self.status, headers=(*self.headers, *extra), body=self.body)


def request_from_target(method: str, target: str, headers: Mapping[str, str], body: bytes, at: datetime) -> Request:
    """Build a request from a raw request target such as `/v1/invoices?page=2`."""
    split = urlsplit(target)
    return Request(
        method=method.upper(),
        path=unquote(split.path),
        query=tuple(parse_qsl(split.query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        at=at,
    )


def json_response(status: int, document: object, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a JSON answer; the document must already hold only JSON types."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(
        status=status,
        headers=(("Content-Type", "application/json; charset=utf-8"), *headers),
        body=text.encode("utf-8"),
    )
