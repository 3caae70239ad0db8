"""Every page and form there is, by role and clinic: what is not allowed by name is refused, and looks like nothing."""

from __future__ import annotations

import re

import pytest

from ligament.core.access import Right
from ligament.web.page import Page
from ligament.web.pages.registry import ALL
from tests.web.browsing import Person
from tests.web.conftest import Shop

# As the contract has it, written here once more by hand.
LOOK = {Right.LOOK}
WORK = {Right.LOOK, Right.DECIDE, Right.RUN, Right.MAP}
MAY = {"viewer": LOOK, "bookkeeper": WORK, "owner": set(Right)}
OPEN = {
    "/",
    "/demo",
    "/sign-in",
    "/sign-in/code",
    "/setup",
    "/invitation",
    "/approve",
    "/api/docs",
    "/oauth/{system}",
    "/api/v1/openapi.json",
    "/styleguide",
}
FOR_ONESELF = {"/sign-out", "/confirm", "/account", "/account/password", "/account/authenticator", "/account/sessions"}
OWNERS = {"/users": Right.USERS, "/tokens": Right.TOKENS, "/hooks": Right.HOOKS}
NAMES = [f"{page.method} {page.path}" for page in ALL]
STREAMS = {"/c/{clinic}/live", "/clinics/live"}


def address(page: Page, clinic: str = "north") -> str:
    return re.sub(r"\{[^}]+\}", "x", page.path.replace("{clinic}", clinic))


def visit(person: Person, page: Page, clinic: str = "north", csrf: str = "") -> tuple[int, str, str]:
    path = address(page, clinic)
    found = person.get(path) if page.method == "GET" else person.post(path, {"csrf_token": csrf})
    return found.status, found.location, found.text


@pytest.fixture
def people(shop: Shop) -> dict[str, Person]:
    owner = shop.owner()
    others = {role: shop.member(f"{role}@x.example", role) for role in ("viewer", "bookkeeper")}
    limited = {f"{role} of south": shop.member(f"{role}.s@x.example", role, "south") for role in MAY}
    return {"owner": owner, **others, **limited}


def test_no_address_is_there_twice_and_each_has_a_right() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for page in ALL:
        assert page.is_open == (page.path in OPEN), page.path
        assert (page.right is None) == (page.path in OPEN | FOR_ONESELF), page.path


@pytest.mark.parametrize("page", ALL, ids=NAMES)
def test_a_form_needs_more_than_looking_and_what_changes_who_may_do_what_needs_the_code(page: Page) -> None:
    owners_only = {page.right} <= set(Right) - WORK
    if page.method == "POST" and page.path not in OPEN | FOR_ONESELF:
        assert page.right not in {None, Right.LOOK}
        changes_rights = page.right in {
            Right.USERS,
            Right.TOKENS,
            Right.CONNECT,
            Right.RULES,
            Right.MAP,
            Right.SETTINGS,
            Right.PRIVACY,
            Right.HOOKS,
        }
        assert page.confirms or not changes_rights
    for start, right in OWNERS.items():
        if page.path.startswith(start):
            assert page.right is right
            assert owners_only


def test_signed_out_every_page_leads_to_signing_in_and_every_form_too(shop: Shop) -> None:
    for page in ALL:
        if not page.is_open:
            for clinic in ("north", "nowhere"):
                person = shop.person()
                status, location, text = visit(person, page, clinic)
                if page.path in STREAMS:
                    assert (status, text) == (200, "event: signed-out\ndata: now\n\n"), page.path
                else:
                    assert (status, location.partition("?")[0], text) == (303, "/sign-in", ""), page.path
                assert not person.client.cookies, "no cookie of another page replaces the one of a form that is open"


def test_each_role_gets_what_it_may_and_403_for_the_rest(people: dict[str, Person]) -> None:
    for role, rights in MAY.items():
        person = people[role]
        csrf = person.csrf()
        for page in ALL:
            if page.is_open or page.path in STREAMS or page.path == "/sign-out":
                continue
            status, location, _ = visit(person, page, csrf=csrf)
            if page.right is None or page.right in rights:
                assert status < 500, (role, page.path)
                assert status != 403, (role, page.path)
                assert not location.startswith(("/sign-in", "/confirm")), (role, page.path)
            else:
                assert status == 403, (role, page.path)


def test_another_clinic_is_no_clinic(people: dict[str, Person]) -> None:
    for role, rights in MAY.items():
        person = people[f"{role} of south"]
        csrf = person.csrf()
        assert "North" not in person.get("/clinics").text
        for page in ALL:
            if page.is_of_clinic:
                theirs = visit(person, page, "north", csrf)
                assert theirs[0] == 404, (role, page.path)
                assert theirs == visit(person, page, "nowhere", csrf), (role, page.path)
                if page.method == "GET" and page.path not in STREAMS and page.right in rights:
                    assert visit(person, page, "south", csrf)[0] != 403, (role, page.path)


def test_a_form_that_is_not_ours_changes_nothing(people: dict[str, Person]) -> None:
    owner = people["owner"]
    csrf = owner.csrf()
    foreign = [
        ({"csrf_token": csrf}, {"origin": "https://evil.example"}),
        ({"csrf_token": csrf}, {"origin": "null"}),
        ({"csrf_token": csrf}, {"sec_fetch_site": "cross-site"}),
        ({"csrf_token": csrf}, {"sec_fetch_site": "same-site"}),
        ({"csrf_token": people["viewer"].csrf()}, {}),
        ({"csrf_token": "x"}, {}),
        ({}, {}),
    ]
    for page in ALL:
        if page.method == "POST":
            for fields, headers in foreign:
                assert owner.post(address(page), fields, **headers).status == 403, page.path
    assert owner.get("/clinics").status == 200
    ours = owner.post("/account/sessions", {"csrf_token": csrf, "session": "others"}, origin="http://127.0.0.1:8321")
    assert ours.status == 303


def test_what_does_not_exist_is_a_plain_page(shop: Shop) -> None:
    for person in (shop.person(), shop.owner()):
        for path in ("/nothing", "/c", "/c/north/nothing", "/static/x.css", "/.env", "/c/north/../users/x/y"):
            assert person.get(path).status == 404, path


def test_no_id_stands_twice_on_a_page(shop: Shop) -> None:
    owner, looked = shop.owner(), 0
    for page in ALL:
        if page.method == "GET" and page.path not in STREAMS | {"/sign-in", "/setup", "/demo"}:
            ids = re.findall(r'\sid="([^"]+)"', owner.get(address(page)).text)
            assert len(set(ids)) == len(ids), page.path
            looked += "goings" in ids
    assert looked > 20, "most pages stand in our frame, whose ids are taken"


def test_every_page_carries_the_headers_that_protect(shop: Shop) -> None:
    owner = shop.owner()
    for path in ("/clinics", "/sign-in", "/nothing", "/users"):
        headers = owner.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
    text = owner.get("/clinics").text
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?! src=)", text)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text)
    for file in re.findall(r'"(/static/[^"]+)"', text):
        assert "immutable" in shop.person().get(file).headers["cache-control"]
