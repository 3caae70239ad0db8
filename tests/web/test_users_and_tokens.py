"""Users and tokens: invited, limited, changed, removed; on the dashboard and on the command line."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from ligament.app.access.tokens import recognise
from tests.cli.kit import process
from tests.web.browsing import OWNER, PASSWORD, Person
from tests.web.conftest import LOOPBACK, Shop


def send(person: Person, path: str, *pairs: tuple[str, str]) -> tuple[int, str]:
    found = person.post(path, [("csrf_token", person.csrf()), *pairs])
    return found.status, found.text


def test_an_invitation_makes_a_place_once_with_what_it_says(shop: Shop) -> None:
    owner = shop.owner()
    status, text = send(owner, "/users", ("email", "Bo@X.example"), ("role", "bookkeeper"), ("only", "south"))
    assert status == 200
    found = re.search(r'id="invitation-link"[^>]*>([^<]+)<', text)
    assert found
    link = found.group(1)
    assert link.startswith("http://127.0.0.1:8321/invitation?key=")
    assert link not in owner.get("/users").text
    bo = shop.person()
    assert bo.join(link).status == 200
    assert len(bo.recovery) == 10
    assert bo.get("/c/south/").status == 200
    assert bo.get("/c/north/").status == 404
    assert bo.get("/users").status == 403
    assert shop.person().get(link.partition("8321")[2]).status == 404
    bo.send(bo.get("/account"), "/sign-out")
    assert bo.sign_in("bo@x.example").status == 303


def test_an_invitation_lives_three_days_and_a_second_one_ends_the_first(shop: Shop) -> None:
    shop.owner()
    first = shop.invited("bo@x.example", "viewer").partition("8321")[2]
    second = shop.invited("bo@x.example", "viewer").partition("8321")[2]
    assert shop.person().get(first).status == 404
    assert shop.person().get(second).status == 200
    shop.restart(later=timedelta(days=3, seconds=5))
    assert shop.person().get(second).status == 404


def test_the_list_says_who_has_not_come_while_the_link_worked(shop: Shop) -> None:
    shop.owner()
    shop.invited("bo@x.example", "viewer")
    shop.restart(later=timedelta(days=2))
    page = shop.member("kim@x.example", "owner").get("/users").text
    assert "invited, until" in page
    assert "/users/bo%40x.example/sign-out" not in page, "who never signed in cannot be signed out"
    assert "/users/kim%40x.example/sign-out" in page
    shop.restart(later=timedelta(days=1, seconds=5))
    page = shop.member("lee@x.example", "owner").get("/users").text
    assert "the invitation is over: invite them again" in page


def test_what_was_done_leaves_an_empty_form(shop: Shop) -> None:
    owner = shop.owner()
    _, invited = send(owner, "/users", ("email", "new@x.example"), ("role", "viewer"))
    assert re.search(r'id="email"[^>]*value="new@x.example"', invited) is None
    _, made = send(owner, "/tokens", ("name", "for-n8n"), ("scope", "read"))
    assert "The token for-n8n is made" in made
    send(owner, "/tokens", ("name", "of-south"), ("scope", "read"), ("only", "south"))
    assert '<td data-label="Clinic">South</td>' in owner.get("/tokens").text, "a clinic is told by its name"
    assert re.search(r'id="name"[^>]*value="for-n8n"', made) is None
    _, wrong = send(owner, "/tokens", ("name", "for-n8n"), ("scope", "read"))
    assert re.search(r'id="name"[^>]*value="for-n8n"', wrong), "what was not taken stays typed"


def test_an_invited_password_alone_opens_nothing(shop: Shop) -> None:
    shop.owner()
    bo = shop.person()
    page = bo.get(shop.invited("bo@x.example", "owner").partition("8321")[2])
    bo.send(page, "password", password=PASSWORD, password_again=PASSWORD)
    assert "Step 1 of 2: a password" in page.text
    assert "Step 2 of 2: the authenticator" in bo.get(page.url).text
    assert bo.get("/clinics").status == 303
    assert bo.send(bo.get("/sign-in"), "password", email="bo@x.example", password=PASSWORD).status == 422


def test_the_last_owner_stays_and_stays_an_owner(shop: Shop) -> None:
    owner = shop.owner()
    assert send(owner, f"/users/{OWNER}/remove")[0] == 409
    assert send(owner, f"/users/{OWNER}", ("role", "viewer"))[0] == 409
    assert send(owner, f"/users/{OWNER}", ("role", "owner"), ("only", "north"))[0] == 409
    shop.invited("second@x.example", "owner")
    assert send(owner, f"/users/{OWNER}/remove")[0] == 409, "an invitation is not an owner yet"
    shop.member("third@x.example", "owner")
    assert send(owner, f"/users/{OWNER}", ("role", "viewer"))[0] == 303
    assert owner.get("/users").status == 403, "what changed counts at once"


def test_whoever_is_removed_is_out_at_once(shop: Shop) -> None:
    owner = shop.owner()
    viewer = shop.member("vi@x.example", "viewer")
    assert viewer.get("/clinics").status == 200
    assert send(owner, "/users/vi@x.example/remove")[0] == 303
    assert viewer.get("/clinics").status == 303
    assert viewer.send(viewer.get("/sign-in"), "password", email="vi@x.example", password=PASSWORD).status == 422


def test_a_limited_owner_gives_no_more_than_they_have(shop: Shop) -> None:
    shop.owner()
    local = shop.member("local@x.example", "owner", "south")
    shop.member("all@x.example", "viewer")
    assert "all@x.example" not in local.get("/users").text
    assert send(local, "/users/all@x.example/remove")[0] == 404
    assert send(local, "/users", ("email", "n@x.example"), ("role", "viewer"))[0] == 422
    assert send(local, "/users", ("email", "n@x.example"), ("role", "viewer"), ("only", "north"))[0] == 422
    assert send(local, "/users", ("email", "n@x.example"), ("role", "viewer"), ("only", "south"))[0] == 200
    assert send(local, "/tokens", ("name", "t"), ("scope", "read"))[0] == 422
    assert send(local, "/tokens", ("name", "t"), ("scope", "read"), ("only", "south"))[0] == 200


def test_a_token_is_shown_once_and_kept_as_a_digest(shop: Shop) -> None:
    owner = shop.owner()
    status, text = send(owner, "/tokens", ("name", "n8n"), ("scope", "read"), ("scope", "run"))
    found = re.search(r'id="token"[^>]*>(lig_[\w-]{43})<', text)
    assert status == 200
    assert found
    token = found.group(1)
    assert token not in owner.get("/tokens").text
    assert token.encode() not in b"".join(file.read_bytes() for file in shop.home.glob("ligament.db*"))
    caller = recognise(shop.access, token)
    assert caller is not None
    assert (caller.name, caller.token, {right.value for right in caller.rights}) == (OWNER, "n8n", {"look", "run"})
    assert send(owner, "/tokens", ("name", "n8n"), ("scope", "read"))[0] == 422
    assert send(owner, "/tokens/remove", ("name", "n8n"))[0] == 303
    assert recognise(shop.access, token) is None


@pytest.mark.parametrize("fields", [
    [("name", ""), ("scope", "read")], [("name", "a")], [("name", "a"), ("scope", "everything")],
    [("name", "a"), ("scope", "read"), ("until", "2020-01-01")], [("name", "a"), ("scope", "read"), ("until", "soon")],
    [("name", "a"), ("scope", "read"), ("only", "nowhere")],
])  # fmt: skip
def test_a_token_that_makes_no_sense_is_not_made(shop: Shop, fields: list[tuple[str, str]]) -> None:
    owner = shop.owner()
    status, text = send(owner, "/tokens", *fields)
    assert status == 422
    assert 'role="alert"' in text
    assert not shop.access.tokens.all()


def test_a_token_works_to_the_end_of_its_last_day(shop: Shop) -> None:
    owner = shop.owner()
    today = shop.access.now().astimezone(ZoneInfo("Australia/Melbourne")).date()
    _, text = send(owner, "/tokens", ("name", "t"), ("scope", "read"), ("until", today.isoformat()))
    token = re.search(r"lig_[\w-]{43}", text)
    assert token
    assert recognise(shop.access, token.group()) is not None
    shop.restart(later=timedelta(days=1))
    assert recognise(shop.access, token.group()) is None


def test_everything_is_in_the_journal_with_who_and_from_where(shop: Shop) -> None:
    owner = shop.owner()
    send(owner, "/users", ("email", "bo@x.example"), ("role", "viewer"))
    send(owner, "/tokens", ("name", "n8n"), ("scope", "read"))
    owner.send(owner.get("/account"), "/sign-out")
    with shop.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT kind, actor, source, subject FROM journal WHERE clinic = '*' ORDER BY sequence"
        ).all()
    assert [tuple(row) for row in rows] == [
        ("access.owner_made", OWNER, "web 127.0.0.1", OWNER),
        ("access.invited", OWNER, "web 127.0.0.1", "bo@x.example"),
        ("access.token_made", OWNER, "web 127.0.0.1", "n8n"),
        ("access.signed_out", OWNER, "web 127.0.0.1", OWNER),
    ]


def test_the_command_line_acts_at_once_on_a_running_service(shop: Shop) -> None:
    shop.owner()
    environ = {**LOOPBACK, "LIGAMENT_HOME": str(shop.home), "USER": "root"}
    added = process("users", "add", "vi@x.example", "--role", "viewer", "--only", "South", "--json", environ=environ)
    assert added.code == 0, added.said
    assert (added.json["role"], added.json["clinics"]) == ("viewer", ["south"])
    viewer = shop.person()
    viewer.join(added.json["link"])
    assert viewer.get("/c/south/").status == 200
    listed = process("users", "list", "--json", environ=environ).json["users"]
    assert [(one["email"], one["state"]) for one in listed] == [(OWNER, "active"), ("vi@x.example", "active")]
    removed = process("users", "remove", "vi@x.example", environ=environ)
    assert removed.code == 0
    assert viewer.get("/c/south/").status == 303
    assert process("users", "remove", OWNER, environ=environ).code == 2
    made = process("tokens", "add", "n8n", "--scope", "read", "--only", "north", "--json", environ=environ)
    caller = recognise(shop.access, made.json["token"])
    assert caller is not None
    assert (caller.name, caller.clinics) == ("root", frozenset({"north"}))
    assert process("tokens", "remove", "n8n", environ=environ).code == 0
    assert recognise(shop.access, made.json["token"]) is None
    for wrong in ("users add x --role viewer", "users add a@x.example --role boss", "tokens remove t"):
        assert process(*wrong.split(), environ=environ).code == 2


def test_an_owner_signs_somebody_out_everywhere(shop: Shop) -> None:
    owner = shop.owner()
    viewer = shop.member("vi@x.example", "viewer")
    assert send(owner, "/users/vi@x.example/sign-out")[0] == 303
    assert viewer.get("/clinics").status == 303
    assert send(owner, "/users/nobody@x.example/sign-out")[0] == 404
    assert viewer.sign_in("vi@x.example").status == 303
