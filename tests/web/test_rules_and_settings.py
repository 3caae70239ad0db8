"""Rules and settings on their pages: listed, checked, tried; a test alert, and a backup that is really written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.at_work import at_work, shop_over
from tests.web.browsing import Person
from tests.web.conftest import Shop

HERE = "/c/riverside-physio"
RULE = """
[[rules]]
name = "large <ones>"
when = "invoice.total > 100.00"
reference = '="Invoice " + string(invoice.number)'
"""


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[Shop]:
    """A clinic with one rule and two invoices, one of which it touches."""
    with shop_over(at_work(tmp_path / "home", RULE)) as shop:
        yield shop


def sent(person: Person, path: str) -> tuple[int, str, str]:
    page = person.post(path, {"csrf_token": person.csrf()})
    return page.status, page.location, page.text


def test_rules_are_listed_and_tried_without_writing_anything(ruled: Shop) -> None:
    viewer = ruled.member("v@x.example", "viewer")
    page = viewer.get(f"{HERE}/rules")
    assert "The rulebook is right: 1 rule, applied in this order." in page.text
    assert "large &lt;ones&gt;" in page.text
    assert "invoice.total &gt; 100.00" in page.text
    tried = viewer.get(f"{HERE}/rules?try=yes")
    assert "large &lt;ones&gt;: 1 record, 1 change" in tried.text
    wrong = viewer.get(f"{HERE}/rules?try=yes&since=soon")
    assert wrong.status == 422
    assert "is no day" in wrong.text


def test_a_mistake_is_told_with_its_place(ruled: Shop) -> None:
    person = ruled.member("v@x.example", "viewer")
    file = ruled.home / "ligament.toml"
    file.write_text(file.read_text().replace("invoice.total >", "invoice.totl >"), encoding="utf-8")
    page = person.get(f"{HERE}/rules")
    assert page.status == 200
    line = next(place for place, text in enumerate(file.read_text().splitlines(), 1) if "totl" in text)
    assert f"Line {line}, column" in page.text
    assert "1 mistake in the rulebook" in page.text


def test_a_clinic_without_rules_says_what_they_are_for(shop: Shop) -> None:
    assert "No rules yet" in shop.owner().get("/c/north/rules").text


def test_settings_say_what_is_chosen_and_whom_alerts_reach(shop: Shop) -> None:
    owner = shop.owner()
    page = owner.get("/c/north/settings")
    assert "Australia/Melbourne" in page.text
    assert "Nobody is told yet when a person is needed" in page.text
    status, _, text = sent(owner, "/c/north/settings/alerts")
    assert status == 422
    assert "there is no address to send to yet" in text


def test_an_address_that_takes_nothing_is_told_so(shop: Shop) -> None:
    file = shop.home / "clinics" / "North.toml"
    file.write_text(f'{file.read_text()}[alerts]\nurls = ["json://127.0.0.1:1/alerts"]\n', encoding="utf-8")
    shop.restart()
    owner = shop.owner()
    assert owner.get("/c/north/settings").form("/c/north/settings/alerts").has("csrf_token")
    status, _, text = sent(owner, "/c/north/settings/alerts")
    assert status == 200
    assert "the message was not taken" in text


def test_an_owner_backs_up_now_and_nobody_else(shop: Shop) -> None:
    owner, keeper = shop.owner(), shop.member("b@x.example", "bookkeeper")
    assert sent(keeper, "/c/north/settings/backup")[0] == 403
    assert not (shop.home / "backups").exists()
    status, location, _ = sent(owner, "/c/north/settings/backup")
    assert (status, location) == (303, "/c/north/settings")
    (file,) = (shop.home / "backups").iterdir()
    assert file.stat().st_size > 0
    assert file.stat().st_mode & 0o077 == 0
    assert file.name in owner.get(location).text
