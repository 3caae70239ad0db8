"""The interface as the contract has it: who may call, what wrong calls get, lists in pages, calls that are repeated."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import openapi_spec_validator
import pytest
from litestar.testing import TestClient

from ligament.app.access.repeats import answers_of
from ligament.store.writes.answers import KeyOfCall
from ligament.web.api import limits, openapi
from ligament.web.api.registry import CALLS
from tests.web.calling import MAKER, Tool, tool
from tests.web.conftest import HERE, Shop
from tests.web.crowd import hold
from tests.web.test_waiting import opened

# The table of the contract, written here once more by hand.
TABLE = {
    "": "GET",
    "/runs": "GET POST",
    "/runs/{id}": "GET",
    "/runs/{id}/undo": "POST",
    "/plan": "GET",
    "/approvals": "GET POST",
    "/holds": "GET",
    "/holds/{id}": "GET",
    "/holds/{id}/decision": "POST",
    "/contacts": "GET",
    "/contacts/{source_id}": "GET",
    "/documents": "GET",
    "/documents/{source_id}": "GET",
    "/variances": "GET",
    "/variances/{id}": "GET",
    "/variances/{id}/acknowledge": "POST",
    "/variances/{id}/fix": "POST",
    "/reconciliations": "GET POST",
    "/reports/{name}": "GET",
    "/journal": "GET",
    "/hooks": "GET POST",
    "/hooks/{id}": "GET DELETE",
    "/hooks/{id}/deliveries": "GET",
    "/hooks/{id}/deliveries/{delivery}/replay": "POST",
    "/hooks/{id}/rotate": "POST",
    "/hooks/samples/{type}": "GET",
}
HOOK = {"url": "https://192.0.2.1/in"}


@pytest.fixture
def reader(shop: Shop) -> Tool:
    return tool(shop)


@pytest.fixture
def boss(shop: Shop) -> Tool:
    for clinic in ("North", "South"):
        file = shop.home / "clinics" / f"{clinic}.toml"
        file.write_text(file.read_text() + '[hooks]\nallow_private = ["192.0.2.0/24", "127.0.0.1"]\n')
    shop.restart()
    return tool(shop, "admin")


# --- the description --------------------------------------------------------------------------------------------------


def test_every_path_of_the_contract_is_described_and_nothing_else_is_needed_to_read_it(shop: Shop) -> None:
    got = Tool(shop).get("/api/v1/openapi.json")
    assert got.status == 200
    openapi_spec_validator.validate(got.json)
    assert got.json["openapi"].startswith("3.1")
    paths = got.json["paths"]
    assert set(paths["/api/v1/clinics"]) == {"get"}
    for path, methods in TABLE.items():
        told = paths[f"/api/v1/clinics/{{clinic}}{path}"]
        assert {method.lower() for method in methods.split()} <= set(told), path
    assert len({call.name for call in CALLS}) == len(CALLS)


def test_the_description_says_what_the_decoder_refuses() -> None:
    schema = openapi.document()["components"]["schemas"]["HoldWord"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["choice"]["enum"] == sorted(
        ["approve", "dismiss", "retry", "cash", "separate", "practice", "books"]
    )


def test_the_page_of_the_interface_is_public_and_names_every_call(shop: Shop) -> None:
    page = shop.person().get("/api/docs")
    assert page.status == 200
    for call in CALLS:
        assert f"{call.method} {call.path}" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "http://" not in page.text.replace("http://127.0.0.1", "")


# --- who may ----------------------------------------------------------------------------------------------------------


def address(path: str, clinic: str) -> str:
    return path.replace("{clinic}", clinic).replace("{", "").replace("}", "")


def test_without_a_token_and_with_a_browsers_cookie_nothing_opens(shop: Shop) -> None:
    owner = shop.owner()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in owner.client.cookies.jar)
    for call in CALLS:
        for headers in (
            {},
            {"cookie": cookies},
            {"authorization": "Bearer lig_made-up"},
            {"authorization": "Basic eA=="},
        ):
            got = Tool(shop).call(call.method, address(call.path, "north"), **headers)
            assert got.status == 401, call.path
            assert got.headers["www-authenticate"].startswith("Bearer"), call.path
            assert got.headers["content-type"].startswith("application/problem+json")


def test_too_small_a_scope_is_403_and_another_clinic_looks_like_none(shop: Shop) -> None:
    reads, south = tool(shop), tool(shop, "admin", only="south")
    for call in CALLS:
        if call.right.value != "look":
            assert reads.call(call.method, address(call.path, "north")).status == 403, call.path
        if call.is_of_clinic:
            theirs = south.call(call.method, address(call.path, "north"))
            nowhere = south.call(call.method, address(call.path, "nowhere"))
            assert (theirs.status, theirs.json) == (404, nowhere.json), call.path
    assert [row["id"] for row in south.get("/api/v1/clinics").json["data"]] == ["south"]
    assert south.get("/api/v1/nothing").json == south.get("/api/v1/clinics/north").json


def test_a_scope_does_what_it_is_for_and_reads_too(shop: Shop) -> None:
    (name,) = hold(shop, 2041)
    decides = tool(shop, "decide")
    assert decides.get("/holds").status == 200
    assert decides.post(f"/holds/{name}/decision", {"choice": "cash", "note": "slip"}).status == 200
    assert decides.post("/hooks", HOOK).status == 403
    entry = next(one for one in decides.get("/journal?kind=decision").json["data"])
    assert (entry["actor"], entry["source"].split()[0]) == (MAKER, "api")


@pytest.mark.parametrize("word", ["separate", "practice", "books"])
def test_an_answer_that_does_not_fit_is_refused_and_says_what_does(shop: Shop, word: str) -> None:
    (name,) = hold(shop, 2041)
    decides = tool(shop, "decide")
    got = decides.post(f"/holds/{name}/decision", {"choice": word})
    assert got.status == 422
    assert [one["place"] for one in got.json["errors"]] == ["choice"]
    assert "What fits: approve, cash, dismiss." in got.json["detail"]
    assert not [one for one in opened(shop).queries.journal() if one["kind"] == "decision"]
    owner = shop.owner()
    page = owner.post(f"/c/north/holds/{name}/decision", {"csrf_token": owner.csrf(), "choice": word})
    assert "What fits: approve, cash, dismiss." in page.text
    assert not [one for one in opened(shop).queries.journal() if one["kind"] == "decision"]


# --- wrong calls ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "status", "place"), [
    (b"{", 400, None), (b"\xff", 400, None), (b"[" * 100_000, 400, None), (b"[]", 422, "body"), (b"null", 422, "body"),
    ({"choice": "cash", "color": 1}, 422, "color"), ({"note": "x"}, 422, "choice"),
    ({"choice": "perhaps"}, 422, "choice"), ({"choice": "cash", "note": 5}, 422, "note"),
])  # fmt: skip
def test_a_wrong_body_is_refused_with_its_place(shop: Shop, body: Any, status: int, place: str | None) -> None:
    (name,) = hold(shop, 2041)
    got = tool(shop, "decide").post(f"/holds/{name}/decision", body)
    assert got.status == status
    assert [one["place"] for one in got.json.get("errors", [])] == ([place] if place else [])
    assert opened(shop).queries.hold(name) is not None
    assert not [one for one in opened(shop).queries.journal() if one["kind"] == "decision"]


def test_the_place_of_a_wrong_element_is_named(shop: Shop) -> None:
    got = tool(shop, "decide").post("/approvals", {"names": ["a", 7], "choice": "approve"})
    assert (got.status, got.json["errors"][0]["place"]) == (422, "names[1]")


@pytest.mark.parametrize(("path", "place"), [
    ("/holds?limit=0", "limit"), ("/holds?limit=201", "limit"), ("/holds?limit=x", "limit"),
    ("/holds?colour=x", "colour"),
    ("/holds?code=a&code=b", "code"), ("/journal?from=yesterday", "from"), ("/journal?from=2026-02-30", "from"),
    ("/journal?from=2026-02-02&to=2026-02-01", "to"), ("/reports/revenue?format=pdf", "format"),
    ("/reports/revenue?by=colour", "by"), ("/plan?x=1", "x"), ("/holds?cursor=abc", "cursor"),
    ("/holds?cursor=%00", "cursor"), ("/holds?cursor=%C3%A9", "cursor"),
])  # fmt: skip
def test_a_wrong_parameter_is_refused_with_its_place(reader: Tool, path: str, place: str) -> None:
    got = reader.get(path)
    assert (got.status, [one["place"] for one in got.json["errors"]]) == (422, [place])


@pytest.mark.parametrize("path", [
    "/holds/nothing", "/contacts/1", "/documents/1", "/variances/v1", "/reports/nonsense", "/reconciliations/x",
])  # fmt: skip
def test_what_does_not_exist_is_404(reader: Tool, path: str) -> None:
    assert reader.get(path).status == 404


def test_a_wrong_method_says_which_ones_there_are(reader: Tool) -> None:
    got = reader.call("PUT", "/holds", {})
    assert (got.status, got.headers["content-type"].partition(";")[0]) == (405, "application/problem+json")


@pytest.mark.parametrize("path", ["/runs", "/hooks", "/hooks/x", "/holds"])
def test_asking_for_the_methods_names_each_that_is_described(shop: Shop, path: str) -> None:
    client: Any = TestClient(shop.app, base_url=HERE)
    answer = client.options(f"/api/v1/clinics/north{path}")
    described = openapi.document()["paths"]["/api/v1/clinics/{clinic}" + path.replace("/x", "/{id}")]
    assert answer.status_code == 204
    assert set(answer.headers["allow"].split(", ")) == {"OPTIONS", *(method.upper() for method in described)}
    assert answer.content == b""


def test_more_than_a_million_bytes_are_refused(shop: Shop) -> None:
    got = tool(shop, "decide").post("/approvals", b" " * 1_100_000)
    assert (got.status, got.json["status"]) == (413, 413)


def test_over_600_calls_a_minute_have_to_wait_and_other_tokens_do_not(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.CALLS_A_MINUTE == 600
    now = [0]
    meter = limits.Meter(now_ms=lambda: now[0])
    assert [meter.wait_s("a") for _ in range(601)][-2:] == [0, 60]
    assert meter.wait_s("b") == 0
    now[0] = 59_999
    assert meter.wait_s("a") == 1
    now[0] = 60_000
    assert meter.wait_s("a") == 0
    monkeypatch.setattr(limits.Meter, "wait_s", lambda *_: 7)
    got = tool(shop).get("/holds")
    assert (got.status, got.headers["retry-after"]) == (429, "7")


# --- the same call once more ------------------------------------------------------------------------------------------


def test_a_repeated_call_gets_the_first_answer_and_does_nothing_twice(boss: Tool) -> None:
    first = boss.post("/hooks", HOOK, idempotency_key="k1")
    again = boss.post("/hooks", HOOK, idempotency_key="k1")
    assert (first.status, again.status) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert len(boss.get("/hooks").json["data"]) == 1
    assert boss.post("/hooks", {"url": "https://192.0.2.2/in"}, idempotency_key="k1").status == 422
    assert boss.post("/hooks", HOOK, idempotency_key="k2").json["id"] != first.json["id"]
    assert tool(boss.shop, "admin").post("/hooks", HOOK, idempotency_key="k1").json["id"] != first.json["id"]


def test_the_first_answer_is_kept_over_a_restart_for_a_day(boss: Tool) -> None:
    first = boss.post("/hooks", HOOK, idempotency_key="k1").json
    boss.shop.restart(later=timedelta(hours=23))
    assert boss.post("/hooks", HOOK, idempotency_key="k1").json == first
    boss.shop.restart(later=timedelta(hours=2))
    assert boss.post("/hooks", HOOK, idempotency_key="k1").json["id"] != first["id"]


def test_the_same_key_at_the_same_moment_is_409(boss: Tool) -> None:
    boss.post("/hooks", HOOK, idempotency_key="k0")
    body = json.dumps(HOOK).encode()
    digest = hashlib.sha256(b"POST /api/v1/clinics/north/hooks?\n" + body).hexdigest()
    answers = answers_of(boss.shop.access)
    under_way = KeyOfCall(secret=boss.token, key="k1", call=digest)
    assert answers.begin(under_way) is None
    assert boss.post("/hooks", body, idempotency_key="k1").status == 409
    answers.forget(under_way)
    assert boss.post("/hooks", body, idempotency_key="k1").status == 201


def test_no_secret_of_a_kept_answer_stands_in_the_database(boss: Tool) -> None:
    secret = boss.post("/hooks", HOOK, idempotency_key="k1").json["secret"]
    files = [file for file in boss.shop.home.iterdir() if file.is_file()]
    assert all(secret.encode() not in file.read_bytes() for file in files)


# --- hooks ------------------------------------------------------------------------------------------------------------


def test_a_hook_is_added_shown_rotated_and_removed(boss: Tool) -> None:
    made = boss.post("/hooks", {**HOOK, "events": ["hold.opened"], "header": "X-Key: s3cret"})
    assert made.status == 201
    assert made.json["secret"].startswith("whsec_")
    assert made.headers["location"].endswith(f"/hooks/{made.json['id']}")
    one = f"/hooks/{made.json['id']}"
    assert (boss.get(one).json["header"], boss.get(one).json["events"]) == ("X-Key", ["hold.opened"])
    assert "s3cret" not in boss.get("/hooks").content.decode()
    hold(boss.shop, 2041)
    (sent,) = boss.get(f"{one}/deliveries").json["data"]
    assert (sent["type"], sent["state"], sent["attempts"]) == ("hold.opened", "waiting", 0)
    assert boss.get(f"{one}/deliveries?state=dead").json["data"] == []
    assert boss.get(f"{one}/deliveries/{sent['id']}").json["webhook_id"] == sent["webhook_id"]
    assert boss.post(f"{one}/deliveries/{sent['id']}/replay").status == 202
    assert boss.post(f"{one}/deliveries/nothing/replay").status == 404
    assert boss.post(f"{one}/rotate").json["secret"] not in {"", made.json["secret"]}
    assert boss.get("/hooks/samples/hold.opened").json["data"][0]["type"] == "hold.opened"
    assert boss.get("/hooks/samples/nothing").status == 404
    gone = boss.call("DELETE", one)
    assert (gone.status, gone.content) == (204, b"")
    assert boss.get(one).status == 404


@pytest.mark.parametrize(("body", "place"), [
    ({"url": "https://10.0.0.1/"}, "url"), ({"url": "http://example.com/"}, "url"),
    ({"url": "https://u:p@192.0.2.1/"}, "url"), ({**HOOK, "events": ["hold.closed"]}, "events[0]"),
    ({**HOOK, "header": "no colon"}, "header"), ({**HOOK, "header": {"name": "a b", "value": "c"}}, "header"),
])  # fmt: skip
def test_a_hook_that_makes_no_sense_is_not_added(boss: Tool, body: Any, place: str) -> None:
    got = boss.post("/hooks", body)
    assert (got.status, got.json["errors"][0]["place"]) == (422, place)
    assert boss.get("/hooks").json["data"] == []


# --- what else there is -----------------------------------------------------------------------------------------------


def test_an_empty_clinic_answers_every_question(shop: Shop) -> None:
    boss = tool(shop, "admin")
    assert [one["connected"] for one in boss.get("").json["connections"]] == [False, False]
    for call in CALLS:
        if call.method == "GET" and call.path.count("{") <= 1:
            assert boss.get(address(call.path, "north")).status == 200, call.path
    for name in ("revenue", "gst", "debtors", "payers", "activity"):
        for form in ("json", "csv", "xlsx"):
            got = boss.get(f"/reports/{name}?format={form}")
            assert got.status == 200, (name, form)
    assert "attachment" in boss.get("/reports/gst?format=csv").headers["content-disposition"]
