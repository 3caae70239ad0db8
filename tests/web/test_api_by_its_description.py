"""The interface under calls that its own description allows, and under some that it does not.

Requests are made from the OpenAPI document, as schemathesis does (`make api-fuzz` puts that itself to the served
interface, at length): no answer is a 500, each has a status that is described, and each document fits its schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ligament.web.api import openapi
from tests.web.ground import Ground, opened_ground

TOLD = openapi.document()
OPERATIONS = [(method.upper(), path) for path, methods in TOLD["paths"].items() for method in methods]
LIGHT = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MADE_UP = {("POST", "/api/v1/clinics/{clinic}/approvals"), ("POST", "/api/v1/clinics/{clinic}/hooks")}
"""Calls whose bodies name what must be there, as a body made from its schema does not; they have tests of their own."""
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SPOILT = st.binary(max_size=30) | st.sampled_from([b"", b"{", b"[]", b"\xff", b'"x"', b"nul", b"[" * 5000])


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with opened_ground(tmp_path_factory.mktemp("ground") / "home") as made:
        yield made


# --- from a schema to values ------------------------------------------------------------------------------------------


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return what a schema of our description allows."""
    if "$ref" in schema:
        return values(TOLD["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return st.one_of([values(one) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return BY_TYPE[schema["type"]](schema)


def listed(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    most = min(schema.get("maxItems", 5), 5)
    return st.lists(values(schema["items"]), min_size=schema.get("minItems", 0), max_size=most)


def filled(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    needed = {name: values(schema["properties"][name]) for name in schema["required"]}
    others = {name: values(one) for name, one in schema["properties"].items() if name not in needed}
    return st.fixed_dictionaries(needed, optional=others)


def written(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    return st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 40), 40))


BY_TYPE: dict[str, Callable[[dict[str, Any]], st.SearchStrategy[Any]]] = {
    "null": lambda _: st.none(),
    "boolean": lambda _: st.booleans(),
    "integer": lambda schema: st.integers(schema.get("minimum"), schema.get("maximum")),
    "array": listed,
    "object": filled,
    "string": written,
}


def names_in(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def known_for(ground: Ground, method: str, path: str) -> dict[str, list[str]]:
    """Return the names that lead somewhere, by the parameters of a path."""
    noun = path.split("/")[5] if path.count("/") >= 5 else ""
    noun = "hooks to end" if (method, noun) == ("DELETE", "hooks") else noun
    return {name: ground.known.get(name) or ground.known.get(noun, []) for name in names_in(path)}


def of_path(ground: Ground, method: str, path: str) -> st.SearchStrategy[str]:
    """Return addresses of a call: with names that lead somewhere, and with a last one that does not."""
    lead = {name: st.sampled_from(found) for name, found in known_for(ground, method, path).items()}
    astray = {**lead, names_in(path)[-1]: st.text(min_size=1, max_size=20)} if lead else lead
    told = st.fixed_dictionaries(lead) | st.fixed_dictionaries(astray)
    return told.map(lambda chosen: path.format(**{name: quote(text, safe="") for name, text in chosen.items()}))


def of_query(told: dict[str, Any]) -> st.SearchStrategy[str]:
    """Return parameters as the description has them; null is to leave one out."""
    each = {one["name"]: values(one["schema"]) for one in told["parameters"] if one["in"] == "query"}
    chosen = st.fixed_dictionaries({}, optional=each)
    return chosen.map(lambda pairs: urlencode({name: text for name, text in pairs.items() if text is not None}))


def of_body(told: dict[str, Any]) -> st.SearchStrategy[bytes | None]:
    """Return bodies that fit, such as nearly do, and no JSON at all."""
    if "requestBody" not in told:
        return st.none()
    schema = told["requestBody"]["content"]["application/json"]["schema"]
    fitting = values(schema).map(lambda one: json.dumps(one).encode())
    return fitting | fitting | ANY_JSON.map(lambda one: json.dumps(one).encode()) | SPOILT


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
def test_every_answer_is_one_that_the_description_knows(ground: Ground, method: str, path: str) -> None:
    told = TOLD["paths"][path][method.lower()]
    caller = ground.tool("admin")
    seen: set[int] = set()

    @LIGHT
    @given(address=of_path(ground, method, path), query=of_query(told), body=of_body(told))
    def called(address: str, query: str, body: bytes | None) -> None:
        # The caller checks the status and the document of every answer against the description.
        answer = caller.call(method, f"{address}?{query}" if query else address, body)
        seen.add(answer.status)
        assert answer.status < 500, answer.content
        if answer.status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json["status"] == answer.status

    called()
    assert seen - {404, 422, 400} or (method, path) in MADE_UP, "some call got further than being refused"


def test_a_token_that_may_only_look_changes_nothing_whatever_it_sends(ground: Ground) -> None:
    reader = ground.tool("read")
    for method, path in OPERATIONS:
        if method == "GET":
            continue
        names = {name: found[0] for name, found in known_for(ground, method, path).items()}
        assert reader.call(method, path.format(**names), b"{}").status == 403
