"""The promises of the pages that one sees only by walking: left and taken up again, by two, on paper, cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ligament.connectors.xero.simulator.charts import PKCE_CLIENT_ID
from ligament.service.progress import BOARD
from tests.browser.at_work import HERE, AtWork
from tests.browser.serving import Served, listening
from tests.browser.test_set_up import Begun, Hand, begun, make_owner
from tests.stories.acting import ENVIRONMENT
from tests.web.conftest import LOOPBACK, RULES, Shop

pytestmark = pytest.mark.browser
__all__ = ["begun"]
START = "/c/riverside-physio/"
SEEN = "all => all.filter(one => one.checkVisibility()).length"


def leave_and_come_back(page: Page, heading: str) -> None:
    """Go to the overview, and from its one next step back to the same step of setting up."""
    page.goto(START)
    page.get_by_role("link", name="Set up this clinic").click()
    expect(page.get_by_role("heading", name=heading)).to_be_visible()


def test_set_up_is_left_and_taken_up_again_at_every_step(begun: Begun, browser: Browser) -> None:
    page = begun.served.page(browser)
    hand = Hand(page)
    make_owner(hand, begun)
    leave_and_come_back(page, "Connect Cliniko")
    page.get_by_label("Cliniko API key").fill(ENVIRONMENT["CLINIKO_API_KEY"])
    hand.button("Check and connect Cliniko")
    leave_and_come_back(page, "Connect Xero")
    page.get_by_label("Xero Client ID").fill(PKCE_CLIENT_ID)
    hand.button("Check and go on")
    leave_and_come_back(page, "Connect Xero")
    hand.button("Sign in to Xero")
    hand.button("Allow access")
    expect(page.get_by_role("button", name=re.compile("^Yes, this is"))).to_be_visible()
    leave_and_come_back(page, "Connect Xero")
    page.get_by_role("button", name=re.compile("^Yes, this is")).or_(
        page.get_by_role("link", name="Sign in to Xero")
    ).first.click()
    allow = page.get_by_role("button", name="Allow access")
    yes = page.get_by_role("button", name=re.compile("^Yes, this is"))
    checks = page.get_by_role("heading", name="See what was found")
    for _ in range(3):
        expect(allow.or_(yes).or_(checks).first).to_be_visible()
        if checks.count():
            break
        allow.or_(yes).first.click()
    expect(checks.first).to_be_visible()
    leave_and_come_back(page, "See what was found")
    hand.button("Go on")
    leave_and_come_back(page, "Choose accounts and taxes")
    hand.button("Save and go on")
    expect(page.get_by_text("This is what Xero would show")).to_be_visible()
    title = page.locator("h2.first").inner_text()
    page.goto(START)
    page.goto(f"{START}connect")
    expect(page.locator("h2.first")).to_have_text(title)
    hand.button("This looks right, go on")
    page.goto(f"{START}connect")
    expect(page.get_by_role("button", name=re.compile("^Approve ")).first).to_be_visible()


def test_two_people_map_at_once_and_the_second_is_shown_what_changed(clinic: AtWork, browser: Browser) -> None:
    first, second = clinic.served.page(browser), clinic.served.page(browser)
    for page in (first, second):
        page.goto(f"{HERE}/mapping")
    field = second.locator("select[name^='item.']").first
    name = str(field.get_attribute("name"))
    codes = [code for code in field.locator("option").evaluate_all("all => all.map(one => one.value)") if code]
    assert len(codes) > 1
    other = second.locator("select[name^='practitioner.']").first
    other_name = str(other.get_attribute("name"))
    first.locator(f"select[name='{name}']").select_option(codes[0])
    first.get_by_role("button", name="Save the mapping").click()
    expect(first.get_by_role("status").first).to_contain_text("Saved")
    field.select_option(codes[1])
    other.select_option(codes[0])
    second.get_by_role("button", name="Save the mapping").click()
    expect(second.get_by_role("alert")).to_contain_text("Meanwhile somebody chose")
    expect(second.locator(f"select[name='{other_name}']")).to_have_value(codes[0])
    expect(second.locator(f"select[name='{name}']")).to_have_value(codes[1])
    text = (clinic.shop.home / "ligament.toml").read_text(encoding="utf-8")
    assert codes[0] in text.partition("[accounts.items]")[2]


def test_the_preview_of_three_invoices_follows_each_choice(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser)
    page.goto(f"{HERE}/mapping")
    shown = page.locator("#preview")
    expect(shown.get_by_role("table")).to_have_count(0)
    before = (clinic.shop.home / "ligament.toml").read_text(encoding="utf-8")
    field = page.locator("select[name='default']")
    now = field.input_value()
    codes = [
        one for one in field.locator("option").evaluate_all("all => all.map(one => one.value)") if one not in {"", now}
    ]
    field.select_option(codes[0])
    expect(shown.get_by_role("table")).to_have_count(3)
    expect(shown.get_by_text("(other than now)").first).to_be_visible()
    field.select_option(now)
    expect(shown.get_by_text("(other than now)")).to_have_count(0)
    assert (clinic.shop.home / "ligament.toml").read_text(encoding="utf-8") == before


@pytest.fixture
def cut_off(tmp_path: Path) -> Iterator[tuple[Served, list[object]]]:
    """A dashboard whose server can be stopped in the middle."""
    (tmp_path / "clinics").mkdir()

    (tmp_path / "clinics" / "north.toml").write_text(RULES.format(name="North"))
    shop = Shop(home=tmp_path, environ=dict(LOOPBACK))
    shop.open()
    owner = shop.owner()
    server = listening(shop.app)
    url = server.__enter__()
    stopped: list[object] = []

    def stop() -> None:
        if not stopped:
            stopped.append(server.__exit__(None, None, None))

    yield Served(shop=shop, url=url, session=str(owner.client.cookies["ligament_session"])), [stop]
    stop()
    shop.close()


def test_a_page_that_lost_its_connection_says_since_when(
    cut_off: tuple[Served, list[object]], browser: Browser
) -> None:
    served, (stop,) = cut_off
    page = served.page(browser)
    page.goto("/c/north/")
    expect(page.locator("#state")).to_contain_text("Nothing has run yet")
    assert callable(stop)
    stop()
    expect(page.locator("#live-state")).to_contain_text(re.compile(r"As of \d{1,2}:\d\d.*the connection is lost"))
    expect(page.locator("#state")).to_contain_text("Nothing has run yet")


def test_long_work_tells_how_far_it_is_and_may_be_left_alone(dashboard: Served, browser: Browser) -> None:
    page = dashboard.page(browser)
    page.goto("/c/north/")
    bar = page.locator("#work")
    expect(bar).to_be_hidden()
    with BOARD.working("North") as told:
        told("read invoices", 250, 1000)
        expect(bar).to_contain_text("Reading invoices: 250 of 1,000")
        expect(bar).to_contain_text(re.compile(r"about \d+ (second|minute)s? left"))
        expect(bar).to_contain_text("You may leave; it goes on.")
        told("read invoices", 500, 1000)
        expect(bar).to_contain_text("500 of 1,000")
        assert page.locator("#work-bar").evaluate("one => one.value / one.max") == 0.5
        page.goto("/c/north/runs")
        expect(bar).to_contain_text("500 of 1,000")
        told("post invoices", 10, 40)
        expect(bar).to_contain_text("Posting invoices: 10 of 40")
    expect(bar).to_be_hidden()
    assert page.complaints == []  # type: ignore[attr-defined]


def test_on_paper_there_is_what_the_page_says_and_nothing_to_press(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser, dark=True)
    page.emulate_media(media="print")
    for path in ("plan", "waiting", "contacts", "journal"):
        page.goto(f"{HERE}/{path}")
        expect(page.locator("main table").first).to_be_visible()
        assert page.locator("main button").evaluate_all(SEEN) == 0, path
    page.goto(f"{HERE}/mapping")
    expect(page.locator("main select").first).to_be_visible()
    page.goto(f"{HERE}/reconciliation")
    for gone in ("nav.menu", "nav.house", "footer", ".goings", ".skip"):
        assert not any(one.is_visible() for one in page.locator(gone).all()), gone
    assert page.locator("main button").evaluate_all(SEEN) == 0
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("main table").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ink = page.evaluate("getComputedStyle(document.querySelector('main td')).color")
    assert ink in {"rgb(0, 0, 0)", "rgb(31, 42, 42)"}, "dark letters on white paper, also where the screen is dark"
    assert page.pdf().startswith(b"%PDF")
