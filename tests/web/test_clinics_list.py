"""The list of clinics: those that need somebody come first, then the others by name; limited users see only theirs."""

from __future__ import annotations

import re

from ligament.engine.schedule import paused
from ligament.service.glances import Pulses
from tests.web.conftest import RULES, Shop
from tests.web.crowd import hold_many


def order(text: str) -> list[str]:
    return re.findall(r'<th scope="row" class="mail"><a href="/c/(\w+)/">', text)


def test_clinics_that_need_somebody_come_first(shop: Shop) -> None:
    owner = shop.owner()
    first = order(owner.get("/clinics").text)
    assert first == sorted(first)
    last = first[-1]
    runner = shop.door.place.runner
    name = next(one.name for one in runner.settings.clinics if one.id == last or one.name.casefold() == last)
    runner.statuses.keep(paused(runner.statuses.one(name), runner.clock.now(), "Sign in to the books again."))
    page = owner.get("/clinics").text
    assert order(page) == [last, *first[:-1]]
    assert "Sign in to the books again." in page
    assert "<title>(1) Clinics" in page


def stop(shop: Shop, name: str) -> None:
    runner = shop.door.place.runner
    runner.statuses.keep(paused(runner.statuses.one(name), runner.clock.now(), "Sign in to the books again."))


def test_the_list_begins_with_how_many_need_somebody_and_leads_to_the_first(shop: Shop) -> None:
    owner = shop.owner()
    assert "Nothing waits; 2 clinics have not run yet." in owner.get("/clinics").text
    stop(shop, "South")
    text = owner.get("/clinics").text
    assert "1 of 2 clinics needs somebody." in text
    assert 'href="/c/south/">Begin with South</a>' in text
    hold_many(shop, 1)
    assert 'href="/c/north/waiting">Begin with North</a>' in owner.get("/clinics").text, "where most waits comes first"


def test_the_switcher_and_every_choice_of_clinics_are_in_the_order_of_their_names(shop: Shop) -> None:
    (shop.home / "clinics" / "a-last-file.toml").write_text(RULES.format(name="Zeehan"))
    (shop.home / "clinics" / "z-first-file.toml").write_text(RULES.format(name="albany"))
    shop.restart()
    owner = shop.owner()
    switcher = owner.get("/c/north/").text.partition('<details class="switch">')[2].partition("</details>")[0]
    assert re.findall(r'href="/c/(\w+)/"', switcher) == ["albany", "north", "south", "zeehan"]
    assert re.findall(r'name="only" value="(\w+)"', owner.get("/users").text)[-4:] == [
        "albany", "north", "south", "zeehan",
    ]  # fmt: skip


def test_the_list_is_told_as_changed_when_one_of_its_lines_is(shop: Shop) -> None:
    clinics = shop.door.place.runner.settings.clinics
    now = shop.access.machine_now()
    pulses = Pulses(database=shop.database, now=lambda: now)
    before = pulses.of_list(clinics)
    stop(shop, "South")
    assert pulses.of_list(clinics) == before, "it is looked up once in ten seconds, however many look"
    later = Pulses(database=shop.database, now=lambda: now)
    assert later.of_list(clinics) != before
    assert later.of_list(clinics[:1]) != later.of_list(clinics), "who sees fewer is told of those only"


def test_who_is_limited_to_some_sees_only_these_on_the_list_and_in_the_switcher(shop: Shop) -> None:
    shop.owner()
    person = shop.member("vi@x.example", "viewer", "north")
    assert order(person.get("/clinics").text) == ["north"]
    switcher = person.get("/c/north/").text.partition('<details class="switch">')[2].partition("</details>")[0]
    assert re.findall(r'href="(/c/\w+/)"', switcher) == ["/c/north/"]
    assert person.get("/c/south/").status == 404
