"""Mapping on its page: chosen from what the books have, comments kept, refused whole, never overwritten unseen."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ligament.wiring.clinic import open_clinic
from tests.support.practice import BUSINESS, PRACTITIONER
from tests.web.at_work import at_work, shop_over
from tests.web.browsing import Person
from tests.web.conftest import Shop

HERE = "/c/riverside-physio/mapping"


@pytest.fixture
def mapped(tmp_path: Path) -> Iterator[Shop]:
    """A clinic that ran once, so that what the books have is kept here."""
    with shop_over(at_work(tmp_path / "home", "# Do not touch: agreed with the accountant.\n")) as shop:
        yield shop


def book(shop: Shop) -> dict[str, dict[str, object]]:
    return tomllib.loads((shop.home / "ligament.toml").read_text())


def sent(person: Person, fields: dict[str, str]) -> tuple[int, str]:
    page = person.post(HERE, {"csrf_token": person.csrf(), **fields})
    return page.status, page.text


def options(text: str, name: str) -> list[str]:
    found = re.search(rf'<select id="{re.escape(name)}".*?</select>', text, re.DOTALL)
    assert found, name
    return [value for value in re.findall(r'<option value="([^"]+)"', found.group(0)) if value]


def test_a_choice_is_written_with_comments_kept_and_who_chose_it(mapped: Shop) -> None:
    keeper = mapped.member("b@x.example", "bookkeeper")
    text = keeper.get(HERE).text
    assert "Everything that is needed is chosen." in text
    for name in ("default", "clearing", "tax.none", f"practitioner.{PRACTITIONER}", f"business.{BUSINESS}"):
        assert options(text, name), name
    other = next(value for value in options(text, f"practitioner.{PRACTITIONER}") if value != "200")
    assert sent(keeper, {f"practitioner.{PRACTITIONER}": other, "item.1401": other})[0] == 303
    assert book(mapped)["accounts"]["practitioners"] == {PRACTITIONER: other}
    assert book(mapped)["accounts"]["items"] == {"1401": other}
    assert "# Do not touch: agreed with the accountant." in (mapped.home / "ligament.toml").read_text()
    settings = mapped.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, mapped.database) as clinic:
        entry = next(one for one in clinic.queries.journal(limit=20) if one["kind"] == "mapping")
    assert entry["actor"] == "b@x.example"
    assert sent(keeper, {f"practitioner.{PRACTITIONER}": ""})[0] == 303
    assert book(mapped)["accounts"]["practitioners"] == {}


def test_what_the_books_do_not_have_is_refused_and_nothing_is_written(mapped: Shop) -> None:
    keeper = mapped.member("b@x.example", "bookkeeper")
    before = (mapped.home / "ligament.toml").read_bytes()
    status, text = sent(keeper, {"default": "99999", f"business.{BUSINESS}": "200", "tax.GST 10": "NONSENSE"})
    assert status == 422
    assert "is not an income account of the books" in text
    assert "is not a tax type of the books" in text
    assert '<option value="99999" selected>' in text
    assert sent(keeper, {"nothing.at-all": "200"})[0] == 422
    assert (mapped.home / "ligament.toml").read_bytes() == before


def test_what_somebody_else_chose_meanwhile_is_told_and_not_overwritten(mapped: Shop) -> None:
    keeper = mapped.member("b@x.example", "bookkeeper")
    text = keeper.get(HERE).text
    first, second = [value for value in options(text, f"business.{BUSINESS}") if value != "200"][:2]
    name = f"business.{BUSINESS}"
    assert sent(keeper, {name: first, f"was.{name}": ""})[0] == 303
    status, text = sent(keeper, {name: second, f"was.{name}": ""})
    assert status == 422
    assert f"Meanwhile somebody chose {first} here." in text
    assert book(mapped)["accounts"]["businesses"] == {BUSINESS: first}


def test_three_real_invoices_follow_what_is_chosen_and_nothing_is_written_by_looking(mapped: Shop) -> None:
    keeper = mapped.member("b@x.example", "bookkeeper")
    page = keeper.get(HERE)
    before = (mapped.home / "ligament.toml").read_bytes()
    name = f"practitioner.{PRACTITIONER}"
    other = next(value for value in options(page.text, name) if value != "200")
    shown = keeper.send(page, "was.default", **{name: other, "choice": "preview"})
    assert shown.status == 200, shown.text
    assert "as Xero would show" in shown.text or "As Xero would show them" in shown.text
    assert f"<strong>{other} " in shown.text
    assert "(other than now)" in shown.text
    assert shown.text.count("<caption>CLK-") == 2
    assert f'<option value="{other}" selected>' in shown.text
    assert (mapped.home / "ligament.toml").read_bytes() == before
    wrong = keeper.send(page, "was.default", default="99999", choice="preview")
    assert wrong.status == 422
    assert "is not an income account of the books" in wrong.text


def test_many_are_filled_in_at_once_and_found_by_their_names(mapped: Shop) -> None:
    keeper = mapped.member("b@x.example", "bookkeeper")
    page = keeper.get(HERE)
    name, place = f"practitioner.{PRACTITIONER}", f"business.{BUSINESS}"
    other = next(value for value in options(page.text, name) if value != "200")
    form = page.form("was.default")
    kept = [pair for pair in form.fields if pair[0] not in {"pick", "bulk"}]
    filled = keeper.post(HERE, [*kept, ("pick", name), ("pick", place), ("bulk", other), ("choice", "bulk")])
    assert filled.status == 200
    told = dict(filled.form("was.default").fields)
    assert (told[name], told[place]) == (other, other)
    assert book(mapped)["accounts"].get("practitioners", {}) == {}
    assert keeper.send(filled, "was.default", choice="save").status == 303
    assert book(mapped)["accounts"]["practitioners"] == {PRACTITIONER: other}
    assert book(mapped)["accounts"]["businesses"] == {BUSINESS: other}
    assert "Tick what it is for first." in keeper.post(HERE, [*kept, ("bulk", other), ("choice", "bulk")]).text
    found = keeper.get(f"{HERE}?q=practitioner").text
    assert f'name="{name}"' in found
    assert f'name="{place}"' not in found
    assert "Nothing is called like that" in keeper.get(f"{HERE}?q=nowhere").text


def test_who_never_touched_a_field_does_not_turn_back_what_somebody_else_chose(mapped: Shop) -> None:
    keeper = mapped.member("b@x.example", "bookkeeper")
    page = keeper.get(HERE)
    name, place = f"practitioner.{PRACTITIONER}", f"business.{BUSINESS}"
    first, second = [value for value in options(page.text, name) if value != "200"][:2]
    assert keeper.send(page, "was.default", **{name: first}).status == 303
    wrong = keeper.send(page, "was.default", **{place: second, "default": "99999"})
    assert wrong.status == 422
    assert dict(wrong.form("was.default").fields)[name] == first
    assert keeper.send(wrong, "was.default", default="200").status == 303
    assert book(mapped)["accounts"]["practitioners"] == {PRACTITIONER: first}
    assert book(mapped)["accounts"]["businesses"] == {BUSINESS: second}


def test_a_viewer_looks_and_chooses_nothing(mapped: Shop) -> None:
    viewer = mapped.member("v@x.example", "viewer")
    assert "Save the mapping" not in viewer.get(HERE).text
    assert sent(viewer, {"default": "200"})[0] == 403


def test_before_anything_is_connected_the_page_says_what_comes_first(shop: Shop) -> None:
    page = shop.owner().get("/c/north/mapping")
    assert page.status == 200
    assert "Connect Cliniko and Xero first" in page.text
