"""Another tool before the interface: shows its token, and knows its answers are as the description says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
from litestar.testing import TestClient

from ligament.app.access import tokens
from ligament.app.access.users import Acting
from ligament.web.api import openapi
from ligament.web.api.call import Call
from ligament.web.api.registry import CALLS
from tests.web.browsing import seen_from
from tests.web.conftest import HERE, Shop

MAKER = "kim@riverside.example"


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int
    json: Any
    headers: Any
    content: bytes


@dataclass(slots=True)
class Tool:
    """A program with a token, or with none."""

    shop: Shop
    token: str = ""

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            told.setdefault("authorization", f"Bearer {self.token}")
        client: Any = TestClient(seen_from(self.shop.app, "127.0.0.1"), base_url=HERE)
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        full = path if path.startswith("/api") else f"/api/v1/clinics/north{path}"
        got = client.request(method, full, content=content, headers=told)
        is_json = "json" in got.headers.get("content-type", "")
        answer = Answer(
            status=got.status_code, json=got.json() if is_json else None, headers=got.headers, content=got.content
        )
        must_fit(method, full.partition("?")[0], answer)
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.call("POST", path, {} if body is None else body, **headers)

    def walk(self, path: str, limit: int) -> list[dict[str, Any]]:
        """Return every row of a list, page by page."""
        found: list[dict[str, Any]] = []
        mark, cursor = "&" if "?" in path else "?", ""
        while True:
            page = self.get(f"{path}{mark}limit={limit}{f'&cursor={cursor}' if cursor else ''}").json
            found += page["data"]
            cursor = page["next"]
            if not cursor:
                return found


def tool(shop: Shop, *scopes: str, only: str = "") -> Tool:
    """Return a tool with a token of these scopes."""
    acting = Acting(actor=MAKER, source="cli")
    name = f"t{len(shop.access.tokens.all())}"
    made = tokens.add(shop.access, acting, name=name, scopes=scopes or ("read",), only=only)
    assert isinstance(made, tokens.NewToken)
    return Tool(shop, made.text)


def called(method: str, path: str) -> Call | None:
    """Return the call that answers under an address; fixed parts come before names."""
    parts = path.split("/")
    fits = [
        call
        for call in CALLS
        if call.method == method
        and len(call.path.split("/")) == len(parts)
        and all(mine.startswith("{") or mine == given for mine, given in zip(call.path.split("/"), parts, strict=True))
    ]
    return min(fits, key=lambda call: call.path.count("{"), default=None)


def must_fit(method: str, path: str, answer: Answer) -> None:
    """Check an answer against the description: its status, its headers and its document."""
    call = called(method, path)
    if call is None:
        return
    told = openapi.document()
    operation = told["paths"][call.path][method.lower()]
    assert str(answer.status) in operation["responses"], (method, path, answer.status, answer.content)
    if answer.status in {201, 202}:
        assert answer.headers["location"].startswith("/api/v1/")
    if answer.json is None:
        return
    content = operation["responses"][str(answer.status)]["content"]
    schema = content[answer.headers["content-type"].partition(";")[0]]["schema"]
    jsonschema_rs.validator_for({**schema, "components": told["components"]}).validate(answer.json)
    if call.is_list and answer.status == 200:
        assert all("id" in row for row in answer.json["data"])
