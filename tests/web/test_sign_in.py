"""Signing in: both factors, what cannot be told apart, codes that work once, and where one is led."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ligament.app.access import proofs
from ligament.app.access.demo import demo_link
from tests.web.browsing import OWNER, PASSWORD
from tests.web.conftest import Shop


def test_password_and_code_lead_to_the_page_that_was_asked_for(shop: Shop) -> None:
    owner = shop.owner()
    person = shop.person()
    person.telephone = owner.telephone
    asked = person.get("/c/north/")
    assert (asked.status, asked.location) == (303, "/sign-in?next=/c/north")
    code = person.follow(person.send(person.get(asked.location), "password", email=OWNER, password=PASSWORD))
    assert person.get("/clinics").status == 303, "the password alone opens nothing"
    assert person.telephone is not None
    done = person.send(code, "code", code=person.telephone.code())
    assert (done.status, done.location) == (303, "/c/north")
    assert person.get(done.location).status == 200


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "x"])
def test_nobody_is_led_to_another_host(shop: Shop, next_: str) -> None:
    owner = shop.owner()
    person = shop.person()
    person.telephone = owner.telephone
    page = person.send(person.get("/sign-in"), "password", email=OWNER, password=PASSWORD, next=next_)
    assert page.location == "/sign-in/code"
    assert person.telephone is not None
    done = person.send(person.get("/sign-in/code"), "code", code=person.telephone.code(), next=next_)
    assert done.location == "/"


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer_and_the_same_work(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.owner()
    verified: list[str] = []
    real = proofs._HASHER

    class Counted:
        hash = real.hash

        def verify(self, kept: str, given: str) -> bool:
            verified.append(kept)
            return real.verify(kept, given)

    monkeypatch.setattr(proofs, "_HASHER", Counted())
    answers = []
    for email in (OWNER, "nobody@riverside.example"):
        person = shop.person()
        page = person.get("/sign-in")
        told = person.send(page, "password", email=email, password="not the password")
        answers.append((told.status, told.text.replace(email, "").replace(told.form("password").fields[0][1], "")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    assert len(verified) == 2
    assert [kept.split("$")[1:4] for kept in verified[:1]] == [kept.split("$")[1:4] for kept in verified[1:]]


def test_a_session_gets_a_new_secret_at_each_step_and_the_old_one_is_dead(shop: Shop) -> None:
    owner = shop.owner()
    person = shop.person()
    person.telephone = owner.telephone
    person.send(person.get("/sign-in"), "password", email=OWNER, password=PASSWORD)
    half = person.client.cookies["ligament_session"]
    assert person.telephone is not None
    person.send(person.get("/sign-in/code"), "code", code=person.telephone.code())
    whole = person.client.cookies["ligament_session"]
    assert half != whole
    thief = shop.person()
    thief.client.cookies.set("ligament_session", half)
    assert thief.get("/sign-in/code").location == "/sign-in"
    assert person.get("/clinics").status == 200


def test_a_code_works_once_and_one_step_either_way(shop: Shop) -> None:
    owner = shop.owner()
    assert owner.telephone is not None
    person = shop.person()
    page = person.follow(person.send(person.get("/sign-in"), "password", email=OWNER, password=PASSWORD))
    assert person.send(page, "code", code=owner.telephone.old_code()).status == 422
    assert person.send(page, "code", code=owner.telephone.code()).status == 303


def test_a_recovery_code_takes_the_place_of_the_code_once(shop: Shop) -> None:
    owner = shop.owner()
    spoken = owner.recovery[3].upper().replace("-", " ")
    for wanted in (303, 422):
        person = shop.person()
        page = person.follow(person.send(person.get("/sign-in"), "password", email=OWNER, password=PASSWORD))
        assert person.send(page, "code", code=spoken).status == wanted
    assert "9 recovery codes are left" in owner.get("/account").text


def test_signing_out_ends_the_session_here_and_in_the_database(shop: Shop) -> None:
    owner = shop.owner()
    copied = owner.client.cookies["ligament_session"]
    out = owner.send(owner.get("/account"), "/sign-out")
    assert out.location == "/sign-in"
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert "storage" in out.headers["clear-site-data"]
    thief = shop.person()
    thief.client.cookies.set("ligament_session", copied)
    assert thief.get("/clinics").status == 303


def test_the_second_step_must_follow_the_first_within_a_quarter_of_an_hour(shop: Shop) -> None:
    shop.owner()
    person = shop.person()
    person.send(person.get("/sign-in"), "password", email=OWNER, password=PASSWORD)
    shop.restart(later=timedelta(minutes=16))
    assert shop.returns(person).get("/sign-in/code").location == "/sign-in"


def test_the_demo_is_entered_by_its_own_link_and_nothing_else_is(shop: Shop) -> None:
    for key in ("", "x", shop.key):
        assert shop.person().get(f"/demo?key={key}").status == 404
    link = demo_link(shop.access).partition("8321")[2]
    for _ in range(2):
        visitor = shop.person()
        assert visitor.get(link).status == 303
        assert visitor.get("/users").status == 200
    assert shop.person().get(f"{link}x").status == 404
    for password in ("", PASSWORD):
        person = shop.person()
        asked = person.send(person.get("/sign-in"), "password", email="demo@ligament.example", password=password)
        assert asked.status == 422
