"""The list of clinics: those that need somebody come first, then the others by name; limited users see only theirs."""

from __future__ import annotations

import re

from ligament.engine.schedule import paused
from tests.web.conftest import Shop


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


def test_who_is_limited_to_some_sees_only_these_on_the_list_and_in_the_switcher(shop: Shop) -> None:
    shop.owner()
    person = shop.member("vi@x.example", "viewer", "north")
    assert order(person.get("/clinics").text) == ["north"]
    switcher = person.get("/c/north/").text.partition('<details class="switch">')[2].partition("</details>")[0]
    assert re.findall(r'href="(/c/\w+/)"', switcher) == ["/c/north/"]
    assert person.get("/c/south/").status == 404
