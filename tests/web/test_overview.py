"""The overview: the month's money, what was posted and what it saved, connections, and one next step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ligament.app.reconcile import reconcile
from ligament.connectors.xero.simulator import control as desk
from tests.contacts.kit import ANA
from tests.web.at_work import at_work, shop_over
from tests.web.conftest import Shop

HERE = "/c/riverside-physio/"


@pytest.fixture
def shop_at_work(tmp_path: Path) -> Iterator[Shop]:
    """A clinic that posted two invoices, of which somebody voided one, and compared."""
    made = at_work(tmp_path / "home")
    contact = str(made.contact(f"CLK-{ANA}").contact_id)
    gone = next(one for one in made.books.world.only().invoices.values() if one.contact_id == contact)
    at = made.later()
    made.books.change(lambda world: desk.void_invoice(world, gone.document_id, at=at))
    made.later()
    with made.app() as app:
        reconcile(app)
    with shop_over(made) as shop:
        yield shop


def test_the_month_the_work_and_the_next_step_stand_on_one_page(shop_at_work: Shop) -> None:
    page = shop_at_work.owner().get(HERE)
    text = re.sub(r"\s+", " ", page.text)
    assert page.status == 200
    for words, amount in (("Cliniko", "1,215.00"), ("Xero", "1,120.00"), ("The difference, explained", "95.00")):
        assert f"<dt>{words}</dt><dd>{amount}</dd>" in text
    assert "1 difference needs a person." in text
    cell = r'<td class="amount"[^>]*>([\d.]+)</td>'
    row = re.search(rf"In all</th>{cell}{cell}{cell}", text)
    assert row is not None
    posted, healed, hours = row.groups()
    assert int(posted) >= 4, "two contacts and two invoices"
    assert hours == f"{(int(posted) + int(healed)) * 3 / 60:.1f}"
    assert "x 3 minutes by hand / 60" in text
    assert text.count("</svg> connected</span>") == 2
    assert re.search(r'class="button main" href="/c/riverside-physio/(reconciliation|waiting)"', text)


def test_a_clinic_at_its_beginning_says_what_is_missing(shop: Shop) -> None:
    text = shop.member("v@x.example", "viewer").get("/c/north/").text
    assert "Nothing was compared yet." in text
    assert text.count("</svg> not connected yet</span>") == 2
    assert "Nothing was posted in these days." in text
    assert "Look at the mapping" in text
    assert "Set up this clinic" in shop.owner().get("/c/north/").text


def test_the_last_two_weeks_are_drawn_with_their_numbers_in_a_table_behind_them(shop_at_work: Shop) -> None:
    text = re.sub(r"\s+", " ", shop_at_work.owner().get(HERE).text)
    row = re.search(r'In all</th><td class="amount"[^>]*>(\d+)', text)
    assert row is not None
    with_bars = re.findall(r'<rect [^>]*height="96"', text)
    assert with_bars, "the highest day fills the drawing"
    days = re.findall(
        r'<th scope="row">\d+ \w{3} \d{4}</th><td class="amount"[^>]*>(\d+)</td><td class="amount"[^>]*>([^<]+)', text
    )
    assert len(days) == 14
    assert sum(int(posted) for posted, _ in days) == int(row.group(1))
    assert {wait for _, wait in days} == {"-"}, "both invoices stood there before the first run"
    assert "No run failed." in text


def test_how_long_a_change_waited_is_told_of_what_came_after_the_first_run(tmp_path: Path) -> None:
    made = at_work(tmp_path / "home")
    made.invoice(ANA, price="45")
    made.later(90)
    made.sync()
    with shop_over(made) as shop:
        text = re.sub(r"\s+", " ", shop.owner().get(HERE).text)
    assert re.search(r"Longest on 22 Nov 2026: [23] minutes", text)


def test_the_calls_that_are_left_today_stand_beside_each_system(shop_at_work: Shop) -> None:
    text = re.sub(r"\s+", " ", shop_at_work.owner().get(HERE).text)
    found = re.findall(r'connected</span></td> <td class="amount"[^>]*>(?:<span class="quiet">)?([^<]+)', text)
    assert found[0] == "no daily limit"
    assert int(found[1].replace(",", "")) > 0


def test_the_list_of_clinics_tells_by_how_much_what_is_owed_differs_and_when_it_was_compared(
    shop_at_work: Shop,
) -> None:
    text = re.sub(r"\s+", " ", shop_at_work.owner().get("/clinics").text)
    assert 'data-label="Owed differs by">95.00<' in text
    assert re.search(r'data-label="Last compared"><time datetime="2026-11-22[^"]*">22 Nov 2026, \d\d:\d\d<', text)
