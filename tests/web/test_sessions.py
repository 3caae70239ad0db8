"""Sessions: cookies, lifetimes, what is asked again, and ending them."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.web.browsing import OWNER, PASSWORD
from tests.web.conftest import Shop


def test_cookies_on_loopback_are_plain_named_and_closed_to_scripts(shop: Shop) -> None:
    person = shop.person()
    told = [person.get("/sign-in").headers["set-cookie"], person.set_up(shop.key).headers["set-cookie"]]
    for cookie in told:
        assert cookie.startswith("ligament_")
        assert all(mark in cookie for mark in ("HttpOnly", "SameSite=Lax", "Path=/"))
        assert "Domain" not in cookie
        assert "Secure" not in cookie


def test_cookies_by_https_carry_the_prefix_that_only_their_host_can_set(shop: Shop) -> None:
    shop.environ["LIGAMENT_PUBLIC_URL"] = "https://ligament.example"
    shop.restart()
    person = shop.person(base="https://ligament.example")
    for cookie in (person.get("/sign-in").headers["set-cookie"], person.set_up(shop.key).headers["set-cookie"]):
        assert cookie.startswith("__Host-ligament_")
        assert "; Secure" in cookie
    assert person.get("/clinics").status == 200
    assert "max-age" in person.get("/clinics").headers["strict-transport-security"]


def test_a_session_outlives_a_restart(shop: Shop) -> None:
    owner = shop.owner()
    shop.restart()
    assert shop.returns(owner).get("/clinics").status == 200


def test_a_session_is_over_after_half_an_hour_without_a_visit(shop: Shop) -> None:
    owner = shop.owner()
    shop.restart(later=timedelta(minutes=29))
    owner = shop.returns(owner)
    assert owner.get("/clinics").status == 200
    shop.restart(later=timedelta(minutes=29))
    owner = shop.returns(owner)
    assert owner.get("/clinics", ligament_fragment="1").status == 200, "a page that refreshes itself is no visit"
    shop.restart(later=timedelta(minutes=2))
    assert shop.returns(owner).get("/clinics").status == 303


def test_a_session_is_over_after_twelve_hours_however_busy(shop: Shop) -> None:
    owner = shop.owner()
    for _ in range(28):
        shop.restart(later=timedelta(minutes=25))
        owner = shop.returns(owner)
        assert owner.get("/clinics").status == 200
    shop.restart(later=timedelta(minutes=25))
    assert shop.returns(owner).get("/clinics").status == 303


def test_the_code_is_asked_again_after_a_quarter_of_an_hour_for_what_changes_who_may_do_what(shop: Shop) -> None:
    owner = shop.owner()
    shop.restart(later=timedelta(minutes=16))
    owner = shop.returns(owner)
    page = owner.get("/tokens")
    assert page.status == 200
    asked = owner.send(page, "scope", name="n8n", scope="read") if page.form("name").has("scope") else owner.post(
        "/tokens", {"csrf_token": owner.csrf(), "name": "n8n", "scope": "read"}
    )  # fmt: skip
    assert asked.location == "/confirm?next=/tokens"
    assert not shop.access.tokens.all()
    confirm = owner.get(asked.location)
    assert owner.send(confirm, "code", code="000000").status == 422
    assert owner.telephone is not None
    before = owner.client.cookies["ligament_session"]
    assert owner.send(confirm, "code", code=owner.telephone.code()).location == "/tokens"
    assert owner.client.cookies["ligament_session"] != before
    made = owner.post("/tokens", {"csrf_token": owner.csrf(), "name": "n8n", "scope": "read"})
    assert (made.status, len(shop.access.tokens.all())) == (200, 1)


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(shop: Shop) -> None:
    owner = shop.owner()
    others = []
    for place in range(2):
        other = shop.person()
        other.telephone = owner.telephone
        code = owner.recovery[place]
        page = other.follow(other.send(other.get("/sign-in"), "password", email=OWNER, password=PASSWORD))
        assert other.send(page, "code", code=code).status == 303
        others.append(other)
    page = owner.get("/account")
    ids = re.findall(r'name="session" value="([0-9a-f]{64})"', page.text)
    assert len(ids) == 2
    ended = owner.post("/account/sessions", {"csrf_token": owner.csrf(), "session": ids[0]})
    assert ended.status == 303
    assert sorted(other.get("/clinics").status for other in others) == [200, 303]
    owner.post("/account/sessions", {"csrf_token": owner.csrf(), "session": "others"})
    assert [other.get("/clinics").status for other in others] == [303, 303]
    assert owner.get("/clinics").status == 200


def test_nobody_ends_the_session_of_somebody_else(shop: Shop) -> None:
    owner = shop.owner()
    viewer = shop.member("vi@riverside.example", "viewer")
    (theirs,) = shop.access.sessions.of_user(shop.access.users.by_email(OWNER).id)  # type: ignore[union-attr]
    assert viewer.post("/account/sessions", {"csrf_token": viewer.csrf(), "session": theirs.id}).status == 404
    assert owner.get("/clinics").status == 200


def test_a_new_password_needs_the_old_one_and_ends_every_other_session(shop: Shop) -> None:
    owner = shop.owner()
    other = shop.person()
    page = other.follow(other.send(other.get("/sign-in"), "password", email=OWNER, password=PASSWORD))
    other.send(page, "code", code=owner.recovery[0])
    fresh = {"password": "eleven purple ladders", "password_again": "eleven purple ladders"}
    wrong = owner.send(owner.get("/account"), "old_password", old_password="not it at all", **fresh)
    assert wrong.status == 422
    assert 'id="old_password-error"' in wrong.text
    assert owner.send(owner.get("/account"), "old_password", old_password=PASSWORD, **fresh).status == 303
    assert other.get("/clinics").status == 303
    owner.send(owner.get("/account"), "/sign-out")
    assert owner.send(owner.get("/sign-in"), "password", email=OWNER, password=PASSWORD).status == 422
    assert owner.sign_in(password=fresh["password"]).status == 303


def test_another_authenticator_takes_over_once_it_has_shown_a_code(shop: Shop) -> None:
    owner = shop.owner()
    old = owner.telephone
    assert old is not None
    page = owner.get("/account/authenticator")
    assert owner.send(page, "code", code="000000").status == 422
    done = owner.enrol(page)
    assert done.status == 200
    assert len(owner.recovery) == 10
    assert owner.telephone is not None
    assert owner.telephone.secret != old.secret
    owner.send(owner.get("/account"), "/sign-out")
    page = owner.follow(owner.send(owner.get("/sign-in"), "password", email=OWNER, password=PASSWORD))
    assert owner.send(page, "code", code=old.code()).status == 422
    assert owner.send(page, "code", code=owner.telephone.code()).status == 303


def test_what_was_typed_when_the_session_had_ended_is_there_again_after_signing_in(shop: Shop) -> None:
    owner = shop.owner()
    page = owner.get("/users")
    shop.restart(later=timedelta(minutes=31))
    owner = shop.returns(owner)
    asked = owner.send(page, "/users", email="new@x.example", role="viewer")
    assert asked.location == "/sign-in?next=/users"
    assert len(shop.access.users.all()) == 1
    assert b"new@x.example" not in b"".join(file.read_bytes() for file in shop.home.glob("ligament.db*"))
    code = owner.follow(owner.send(owner.get(asked.location), "password", email=OWNER, password=PASSWORD))
    assert owner.telephone is not None
    back = owner.follow(owner.send(code, "code", code=owner.telephone.code()))
    assert back.url.endswith("/users")
    assert 'value="new@x.example"' in back.text
    assert "What you had typed is here again" in back.text
    assert 'value="new@x.example"' not in owner.get("/users").text, "once"
    assert owner.send(back, "/users", email="new@x.example", role="viewer").status == 200


def test_what_somebody_else_had_typed_is_nobodys(shop: Shop) -> None:
    owner = shop.owner()
    viewer = shop.member("vi@x.example", "owner")
    page = owner.get("/users")
    shop.restart(later=timedelta(minutes=31))
    owner = shop.returns(owner)
    asked = owner.send(page, "/users", email="new@x.example", role="viewer")
    owner.telephone = viewer.telephone
    code = owner.follow(owner.send(owner.get(asked.location), "password", email="vi@x.example", password=PASSWORD))
    assert viewer.telephone is not None
    back = owner.follow(owner.send(code, "code", code=viewer.telephone.code()))
    assert back.url.endswith("/users")
    assert "new@x.example" not in back.text
