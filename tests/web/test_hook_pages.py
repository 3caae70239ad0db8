"""Hooks on their pages: added, the secret shown once, deliveries seen and sent again, ended; each form acts once."""

from __future__ import annotations

import re

import pytest

from ligament.core.events import EventType, example
from ligament.store.shared.deliveries import keep_events
from ligament.web.pages.hooks import EVENTS
from ligament.wiring.clinic import open_clinic
from tests.web.browsing import Page, Person
from tests.web.conftest import Shop

HERE = "/c/north/hooks"
URL = "https://93.184.216.34/ligament"


def added(person: Person, *events: str, **fields: str) -> Page:
    pairs = [("csrf_token", person.csrf()), *fields.items(), *(("event", event) for event in events)]
    return person.post(HERE, pairs)


def the_hook(owner: Person) -> str:
    """Add a hook and return the address of its page."""
    made = added(owner, "run.completed", url=URL)
    assert made.status == 200, made.text
    found = re.search(rf'href="({HERE}/hook_[0-9a-f]+)"', made.text)
    assert found
    return found.group(1)


def test_every_event_has_its_words() -> None:
    assert set(EVENTS) == set(EventType)


def test_a_hook_is_added_once_and_its_secret_is_shown_once(shop: Shop) -> None:
    owner = shop.owner()
    assert "No hook yet" in owner.get(HERE).text
    made = added(owner, "run.completed", "hold.opened", url=URL, header="Authorization: Bearer s3cret")
    secret = made.inside("secret")
    assert secret.startswith("whsec_")
    listed = owner.get(HERE).text
    assert URL in listed
    assert secret not in listed
    assert "s3cret" not in listed
    twice = added(owner, "hold.opened", "run.completed", url=URL, header="Authorization: Bearer s3cret")
    assert twice.status == 422
    assert "There is a hook to this address with these events already." in twice.text
    with open_clinic(shop.access.settings(), "North", None, shop.database) as clinic:
        entry = next(one for one in clinic.queries.journal(limit=20) if one["kind"] == "hook_added")
    assert entry["actor"] == "kim@riverside.example"
    assert "North" in owner.get("/hooks").text


@pytest.mark.parametrize(
    ("fields", "events", "field", "said"),
    [
        ({"url": ""}, ("run.completed",), "url", "Give the address"),
        ({"url": "http://example.com/x"}, ("run.completed",), "url", "https"),
        ({"url": "https://127.0.0.1/x"}, ("run.completed",), "url", "private address"),
        ({"url": URL}, (), "event", "Tick at least one event."),
        ({"url": URL, "header": "no colon"}, ("run.completed",), "header", "Write the header as Name: value."),
        ({"url": URL, "header": "webhook-id: x"}, ("run.completed",), "header", "webhook-id"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_stays_typed(
    shop: Shop, fields: dict[str, str], events: tuple[str, ...], field: str, said: str
) -> None:
    owner = shop.owner()
    page = added(owner, *events, **fields)
    assert page.status == 422
    assert f'id="{field}-error"' in page.text
    assert said in page.text
    assert dict(page.form("url").fields)["url"] == fields["url"]


def test_a_secret_is_rotated_once_and_a_hook_ends(shop: Shop) -> None:
    owner = shop.owner()
    here = the_hook(owner)
    page = owner.get(here)
    rotated = owner.send(page, f"{here}/rotate")
    assert "The hook has a new secret." in rotated.text
    assert "the former secret signs too" in rotated.text
    again = owner.send(page, f"{here}/rotate")
    assert again.status == 422
    assert "It was not changed again." in again.text
    ended = owner.follow(owner.send(page, f"{here}/remove"))
    assert "The hook has ended." in ended.text
    assert owner.get(here).status == 404
    for what in ("rotate", "remove", "replay"):
        assert owner.post(f"{here}/{what}", {"csrf_token": owner.csrf()}).status == 404


def test_deliveries_are_seen_with_each_attempt_and_sent_again(shop: Shop) -> None:
    owner = shop.owner()
    here = the_hook(owner)
    assert "Nothing here" in owner.get(here).text
    with open_clinic(shop.access.settings(), "North", None, shop.database) as clinic:
        event = example(EventType.RUN_COMPLETED, clinic.journal.told_as)
        with clinic.journal.writing() as writing:
            keep_events(writing.connection, clinic.journal.clinic, [event], clinic.clock.now())
    page = owner.get(here)
    assert "A run ended" in page.text
    assert "on its way" in page.text
    form = dict(page.form("delivery").fields)
    looked = owner.get(f"{here}?delivery={form['delivery']}")
    assert "run.completed" in looked.text
    assert "It was not tried yet." in looked.text
    sent = owner.follow(owner.post(f"{here}/replay", form))
    assert "1 on the way again" in sent.text
    assert owner.get(f"{here}?state=dead").text.count("Send again") == 0
    assert owner.get(f"{here}?delivery=nothing").status == 404


def test_another_clinics_hook_is_none(shop: Shop) -> None:
    owner = shop.owner()
    here = the_hook(owner).replace("/north/", "/south/")
    assert owner.get(here).status == 404
    limited = shop.member("s@x.example", "owner", "south")
    assert limited.get("/hooks").location == "/c/south/hooks"
