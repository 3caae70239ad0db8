"""Approval by link: looking changes nothing, an answer counts once, for one person, for exactly what was shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ligament.app.access.users import Acting, change, remove
from ligament.app.approval_links import PATH, give_link, link_words
from ligament.core.approval_links import link_key
from ligament.wiring.clinic import Clinic, open_clinic
from tests.web.browsing import Page, Person
from tests.web.conftest import Shop

KIM, SAM = "kim@riverside.example", "sam@riverside.example"
CLI = Acting(actor="test", source="cli")


def action(number: int, *, mark: str = "", kind: str = "create", amount: str = "95.00") -> dict[str, Any]:
    """Return one change as it is kept while it waits."""
    return {
        "mark": mark or f"m{number}",
        "action_key": f"{kind}|invoice:{number}|CLK-{number}",
        "content": f"c{number}",
        "policy": kind,
        "gives": [],
        "needs": [],
        "action": kind,
        "kind": "invoices",
        "source_id": str(number),
        "number": f"CLK-{number}",
        "amount": amount,
        "sentence": f"Post CLK-{number}.",
    }


def opened(shop: Shop) -> Clinic:
    settings = shop.door.place.runner.settings
    return open_clinic(settings, "North", None, shop.database).__enter__()


def asks(shop: Shop, *actions: dict[str, Any]) -> None:
    opened(shop).approvals.keep("p1", actions)


def link_of(shop: Shop, email: str = KIM) -> str:
    """Return the path of the link that a message to that person carries, made as a message makes it."""
    settings = shop.door.place.runner.settings
    words = link_words(settings, settings.clinic("North"), shop.database, shop.access.now, email)
    (line,) = (line for line in words.splitlines() if "?key=" in line) if words else ("",)
    return line.partition("8321")[2]


def voices(shop: Shop) -> dict[str, list[str]]:
    return {one.mark: [voice.by for voice in one.voices] for one in opened(shop).approvals.asked()}


def answer(person: Person, page: Page, choice: str = "approve", **more: str) -> Page:
    return person.send(page, "key", choice=choice, **more)


@pytest.fixture
def asking(shop: Shop) -> Shop:
    shop.owner()
    shop.member(SAM, "bookkeeper")
    asks(shop, action(1), action(2))
    return shop


def test_looking_changes_nothing_and_the_answer_counts_once(asking: Shop) -> None:
    path, kim = link_of(asking), asking.person("203.0.113.5")
    for _ in range(3):
        page = kim.get(path)
        assert page.status == 200
        assert "Post CLK-1." in page.text
    assert voices(asking) == {"m1": [], "m2": []}
    done = answer(kim, page)
    assert done.status == 200
    assert "2 changes approved" in done.text
    assert voices(asking) == {"m1": [KIM], "m2": [KIM]}
    again = answer(kim, page)
    assert again.status == 410
    assert "used already" in again.text
    assert kim.get(path).status == 410
    said = [one for one in opened(asking).queries.journal(limit=50) if one["kind"] == "approval"]
    assert {(one["actor"], one["source"]) for one in said} == {(KIM, "link 203.0.113.5")}
    assert len(said) == 2


def test_what_is_not_ticked_waits_on(asking: Shop) -> None:
    kim = asking.person()
    page = kim.get(link_of(asking))
    found = [(name, value) for name, value in page.form("key").fields if (name, value) != ("names", "m2")]
    assert kim.post(PATH, [*found, ("choice", "approve")]).status == 200
    assert voices(asking) == {"m1": [KIM], "m2": []}


def test_nobody_approves_by_a_link_what_it_was_not_made_for(asking: Shop) -> None:
    path, kim = link_of(asking), asking.person()
    page = kim.get(path)
    asks(asking, action(1), action(2), action(3))
    found = page.form("key").fields
    assert kim.post(PATH, [*found, ("names", "m3"), ("choice", "approve")]).status == 200
    assert voices(asking) == {"m1": [KIM], "m2": [KIM], "m3": []}


def test_a_no_wants_a_reason_and_does_not_use_the_link_up(asking: Shop) -> None:
    kim = asking.person()
    page = kim.get(link_of(asking))
    refused = answer(kim, page, "refuse")
    assert refused.status == 422
    assert "why not" in refused.text
    assert len(voices(asking)) == 2
    done = answer(kim, refused, "refuse", reason="billed by hand")
    assert "2 changes refused" in done.text
    assert voices(asking) == {}
    said = [one for one in opened(asking).queries.journal(limit=50) if one["kind"] == "approval"]
    assert len(said) == 2
    assert all("billed by hand" in str(one["personal"]) for one in said)


def test_what_moved_is_named_and_only_the_rest_is_answered(asking: Shop) -> None:
    path, kim = link_of(asking), asking.person()
    asks(asking, action(1), action(2, mark="other", amount="96.00"))
    page = kim.get(path)
    assert "Has moved since the message" in page.text
    assert "Post CLK-2. 95.00" in page.text
    assert "Post CLK-2. 96.00" in page.text
    assert "1 change approved" in answer(kim, page).text
    assert voices(asking) == {"m1": [KIM], "other": []}


def test_what_moves_between_looking_and_answering_is_not_answered(asking: Shop) -> None:
    kim = asking.person()
    page = kim.get(link_of(asking))
    asks(asking, action(1, mark="n1"), action(2, mark="n2"))
    done = answer(kim, page)
    assert done.status == 422
    assert voices(asking) == {"n1": [], "n2": []}


def test_what_somebody_else_approved_is_told(asking: Shop) -> None:
    path = link_of(asking)
    opened(asking).approvals.approve(["m1"], SAM)
    assert f"{SAM} approved it meanwhile." in asking.person().get(path).text


def test_a_link_ends_after_its_hours(asking: Shop) -> None:
    path = link_of(asking)
    asking.restart(later=timedelta(hours=71))
    assert asking.person().get(path).status == 200
    asking.restart(later=timedelta(hours=2))
    page = asking.person().get(path)
    assert page.status == 410
    assert "has ended" in page.text


@pytest.mark.parametrize(
    "spoilt", ["", "x", "x.y", "{id}.", "{id}.AAAA", "{id}", "other.{signature}", "{id}.{signature}x"]
)
def test_a_made_up_link_is_no_page(asking: Shop, spoilt: str) -> None:
    path = link_of(asking)
    link_id, _, signature = path.partition("?key=")[2].partition(".")
    key = spoilt.format(id=link_id, signature=signature)
    assert asking.person().get(f"{PATH}?key={key}").status == 404
    person = asking.person()
    token = person.get(path).form("key").fields[0]
    sent = person.post(PATH, [token, ("key", key), ("names", "m1"), ("choice", "approve")])
    assert sent.status == 404
    assert voices(asking) == {"m1": [], "m2": []}


def test_whoever_tries_many_keys_has_to_wait(asking: Shop) -> None:
    stranger = asking.person("203.0.113.9")
    seen = [stranger.get(f"{PATH}?key=made.up{number}").status for number in range(25)]
    assert seen[0] == 404
    assert seen[-1] == 429


def test_a_link_whose_row_was_changed_is_no_link(asking: Shop) -> None:
    """Nobody who can write into the database alone widens what a link may answer."""
    path = link_of(asking)
    with asking.database.writing("test") as connection:
        connection.exec_driver_sql('update approval_links set marks = \'["m1", "m2", "m3"]\'')
    assert asking.person().get(path).status == 404


def test_a_link_does_not_lead_into_another_clinic(asking: Shop) -> None:
    path = link_of(asking)
    with asking.database.writing("test") as connection:
        connection.exec_driver_sql("update approval_links set clinic = 'South'")
    assert asking.person().get(path).status == 404


def test_it_is_looked_at_anew_whether_the_person_may(asking: Shop) -> None:
    path = link_of(asking, SAM)
    change(asking.access, CLI, SAM, role="viewer", only=())
    page = asking.person().get(path)
    assert page.status == 410
    assert "may not approve here any more" in page.text
    change(asking.access, CLI, SAM, role="bookkeeper", only=("south",))
    assert asking.person().get(path).status == 410
    remove(asking.access, CLI, SAM)
    assert asking.person().get(path).status == 410


def test_who_may_not_approve_gets_no_link(asking: Shop) -> None:
    asking.member("vi@riverside.example", "viewer")
    asking.member("south@riverside.example", "bookkeeper", "south")
    for email in ("vi@riverside.example", "south@riverside.example", "nobody@riverside.example", ""):
        assert link_of(asking, email) == ""


def test_a_link_is_for_one_person(asking: Shop) -> None:
    other = asking.member("pat@riverside.example", "bookkeeper")
    page = other.get(link_of(asking))
    assert page.status == 403
    assert "somebody else" in page.text
    assert voices(asking) == {"m1": [], "m2": []}


def test_four_eyes_hold_for_links_too(shop: Shop) -> None:
    shop.owner()
    shop.member(SAM, "bookkeeper")
    file = shop.home / "clinics" / "North.toml"
    file.write_text(file.read_text() + '[approval]\nfour_eyes = ["create"]\n')
    shop.restart()
    asks(shop, action(1))
    kim = shop.person()
    assert "1 change approved" in answer(kim, kim.get(link_of(shop))).text
    assert link_of(shop) == "", "who said yes gets no second link"
    assert opened(shop).approvals.asked()[0].voices[0].by == KIM
    sam = shop.person()
    assert "1 change approved" in answer(sam, sam.get(link_of(shop, SAM))).text
    assert voices(shop) == {"m1": [KIM, SAM]}


@pytest.mark.parametrize(
    "one", [action(7, kind="void"), action(7, kind="undo"), action(7, amount="500.01")], ids=["void", "undo", "amount"]
)
def test_what_weighs_more_asks_for_sign_in(shop: Shop, one: dict[str, Any]) -> None:
    owner = shop.owner()
    asks(shop, one)
    path, stranger = link_of(shop), shop.person()
    page = stranger.get(path)
    assert page.status == 200
    assert "sign in first" in page.text
    assert 'name="choice"' not in page.text
    owner.post("/sign-out", {"csrf_token": owner.csrf()})
    token = stranger.get("/sign-in").form("password").fields[0]
    key = path.partition("?key=")[2]
    sent = stranger.post(PATH, [token, ("key", key), ("names", "m7"), ("choice", "approve")])
    assert sent.status == 403
    assert voices(shop) == {"m7": []}
    owner.sign_in()
    assert "1 change approved" in answer(owner, owner.get(path)).text
    assert voices(shop) == {"m7": [KIM]}


def test_the_same_link_is_given_again_while_nothing_moved(asking: Shop) -> None:
    first = link_of(asking)
    assert link_of(asking) == first
    asks(asking, action(1))
    assert link_of(asking) != first


def test_a_foreign_form_is_refused(asking: Shop) -> None:
    path, kim = link_of(asking), asking.person()
    key = path.partition("?key=")[2]
    told = [("key", key), ("names", "m1"), ("choice", "approve")]
    assert kim.post(PATH, told).status == 403
    assert kim.post(PATH, [*told, ("csrf_token", "0" * 64)]).status == 403
    page = kim.get(path)
    assert (
        kim.post(PATH, [*page.form("key").fields, ("choice", "approve")], origin="https://evil.example").status == 403
    )
    assert voices(asking) == {"m1": [], "m2": []}


def test_more_than_a_page_gets_no_link(asking: Shop) -> None:
    asks(asking, *(action(number) for number in range(201)))
    assert link_of(asking) == ""


def test_no_key_is_kept_in_clear(asking: Shop) -> None:
    key = link_of(asking).partition("?key=")[2]
    link = give_link(asking.access, asking.door.place.runner.settings.clinic("North"), KIM, asking.access.now())
    assert link is not None
    assert link_key(link, b"another secret") != key
    with asking.database.reading() as connection:
        row = connection.exec_driver_sql("select * from approval_links").one()
    assert key.partition(".")[2] not in " ".join(map(str, row))
