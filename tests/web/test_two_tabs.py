"""Two tabs of one browser: what one of them does leaves the forms of the other usable, and nothing typed is lost."""

from __future__ import annotations

import re

import pytest

from ligament.web.page import Page as WebPage
from ligament.web.pages.registry import ALL
from ligament.web.security.guards import page_behind
from tests.web.browsing import OWNER, PASSWORD, Page, Person
from tests.web.conftest import HERE, Shop


def signed_out(shop: Shop) -> Person:
    """Return the owner's browser, signed out and without a cookie."""
    owner = shop.owner()
    owner.client.cookies.clear()
    return owner


def opened_at_once(person: Person, path: str) -> list[Page]:
    """Open a page in two tabs: both ask before either has its answer."""
    held = dict(person.client.cookies.items())
    pages: list[Page] = []
    given: list[tuple[str, str]] = []
    for _ in range(2):
        person.client.cookies.clear()
        for name, value in held.items():
            person.client.cookies.set(name, value)
        pages.append(person.get(path))
        given += person.client.cookies.items()
    person.client.cookies.clear()
    for name, value in given:
        person.client.cookies.set(name, value)
    return pages


def typed(person: Person, page: Page) -> Page:
    return person.send(page, "password", email=OWNER, password=PASSWORD)


@pytest.mark.parametrize("which", [0, 1])
def test_two_tabs_that_ask_to_sign_in_at_the_same_moment_both_can(shop: Shop, which: int) -> None:
    person = signed_out(shop)
    tabs = opened_at_once(person, "/sign-in?next=/c/north/plan")
    code = person.follow(typed(person, tabs[which]))
    assert person.telephone is not None
    done = person.send(code, "code", code=person.telephone.code())
    assert (done.status, done.location) == (303, "/c/north/plan")


@pytest.mark.parametrize("which", [0, 1])
def test_the_first_start_and_an_invitation_can_be_open_twice(shop: Shop, which: int) -> None:
    shop.owner()
    link = shop.invited("vi@x.example", "viewer").split("8321", 1)[-1]
    person = shop.person()
    tabs = opened_at_once(person, link)
    person.enrol(person.follow(person.send(tabs[which], "password", password=PASSWORD, password_again=PASSWORD)))
    assert person.get("/clinics").status == 200


def test_a_tab_that_asks_to_sign_in_goes_on_when_another_did_it_meanwhile(shop: Shop) -> None:
    person = signed_out(shop)
    page = person.get("/sign-in?next=/c/north/plan")
    waiting = person.follow(typed(person, page))
    code = person.follow(typed(person, page))
    assert person.telephone is not None
    assert person.send(code, "code", code=person.telephone.code()).status == 303
    for late in (typed(person, page), person.send(waiting, "code", code="000000")):
        assert (late.status, late.location) == (303, "/c/north/plan")
    other = person.send(page, "password", email="vi@x.example", password=PASSWORD)
    assert other.status == 422, "somebody else is not let in on who is signed in"


def test_a_code_that_comes_too_late_leads_to_the_password_and_then_to_where_one_wanted(shop: Shop) -> None:
    person = signed_out(shop)
    code = person.follow(typed(person, person.get("/sign-in?next=/c/north/plan")))
    (owner,) = shop.access.users.all()
    shop.access.sessions.end_all(owner.id)
    late = person.send(code, "code", code="000000")
    assert (late.status, late.location) == (303, "/sign-in?next=/c/north/plan")


def test_the_code_given_again_in_one_tab_leaves_the_forms_of_the_others_as_they_are(shop: Shop) -> None:
    owner = shop.owner()
    other = owner.get("/account")
    assert owner.telephone is not None
    assert owner.send(owner.get("/confirm"), "code", code=owner.telephone.code()).status == 303
    assert owner.send(other, "/sign-out").location == "/sign-in"


def test_a_form_from_before_one_signed_in_anew_comes_back_with_what_was_typed(shop: Shop) -> None:
    owner = shop.owner()
    stale = owner.get("/tokens")
    owner.post("/sign-out", {"csrf_token": owner.csrf()})
    owner.sign_in()
    told = {**dict(stale.form("name").fields), "name": "for n8n"}
    refused = owner.post("/tokens", told, origin=HERE)
    assert refused.status == 403
    assert "This form was not taken" in refused.text
    assert "what you had typed is there" in refused.text
    assert 'href="/tokens"' in refused.text
    again = owner.get("/tokens")
    assert "for n8n" in again.text
    assert not shop.access.tokens.all()


def test_a_form_from_elsewhere_leaves_nothing_behind(shop: Shop) -> None:
    owner = shop.owner()
    for headers in ({}, {"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site", "origin": HERE}):
        refused = owner.post("/tokens", {"csrf_token": "x", "name": "planted"}, **headers)
        assert (refused.status, "set-cookie" in refused.headers) == (403, False)
        assert "planted" not in owner.get("/tokens").text


def test_without_its_cookie_a_form_leads_to_its_page_and_where_one_wanted(shop: Shop) -> None:
    person = signed_out(shop)
    page = person.get("/sign-in?next=/c/north/plan")
    person.client.cookies.clear()
    form = page.form("password").fields
    refused = person.post("/sign-in", [*form, ("password", PASSWORD)], sec_fetch_site="same-origin")
    assert refused.status == 403
    assert re.search(r'href="/sign-in\?next=%2Fc%2Fnorth%2Fplan"', refused.text)
    assert PASSWORD not in refused.text


SENT = [page for page in ALL if page.method == "POST"]


@pytest.mark.parametrize("page", SENT, ids=[page.path for page in SENT])
def test_behind_every_form_is_a_page_that_can_be_opened(page: WebPage) -> None:
    path = re.sub(r"\{\w+\}", "one", page.path)
    shown = {one.path for one in ALL if one.method == "GET"}
    assert any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), page_behind(path)) for one in shown)


def test_the_address_of_a_form_that_somebody_opens_leads_to_its_page(shop: Shop) -> None:
    owner = shop.owner()
    for path, behind in (
        ("/c/north/approvals", "/c/north/waiting"),
        ("/c/north/runs/7/undo", "/c/north/runs"),
        ("/account/password", "/account"),
        ("/sign-out", "/"),
    ):
        page = owner.get(path)
        assert (page.status, f'href="{behind}">Open the page again' in page.text) == (405, True), path
