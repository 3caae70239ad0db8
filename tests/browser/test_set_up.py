"""Setting up in a browser: from an empty home to a month as it would be posted, counting every click."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ligament.connectors.xero.simulator.charts import PKCE_CLIENT_ID, pkce_app
from ligament.simkit.hosting import Host
from tests.browser.looks import findings, picture, sideways
from tests.browser.serving import Served, listening
from tests.contacts.kit import ANA, BEN, Clinic
from tests.stories.acting import ENVIRONMENT, environment
from tests.web.browsing import OWNER, PASSWORD
from tests.web.conftest import Shop

pytestmark = pytest.mark.browser
MOST_CLICKS = 25


@dataclass(slots=True)
class Hand:
    """A hand that counts its clicks."""

    page: Page
    clicks: int = 0
    seen: list[str] = field(default_factory=list)

    def click(self, what: Locator) -> None:
        """Click, and count it."""
        self.clicks += 1
        what.click()

    def button(self, name: str) -> None:
        """Press a button or a link that looks like one."""
        found = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name))
        self.click(found.first)

    def looks(self, name: str) -> None:
        """Keep a picture of a step, and let axe look at it."""
        picture(self.page, f"set-up-{len(self.seen) + 1}-{name}")
        self.seen.append(name)
        assert findings(self.page) == [], name
        assert sideways(self.page) == 0, name


@dataclass(slots=True)
class Begun:
    """An empty home before both systems, whose consent page is one that a person sees."""

    served: Served
    books: Host[Any]


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Begun]:
    made = Clinic(tmp_path / "home")
    (made.home / "ligament.toml").unlink()
    made.invoice(ANA)
    made.invoice(BEN)
    with made.practice as practice, made.books as books:
        told = environment(f"{practice.url}/v1", books.url) | {"LIGAMENT_XERO_LOGIN_URL": books.url}
        shop = Shop(home=made.home, environ={name: told[name] for name in told if name not in ENVIRONMENT})
        shop.open()
        with listening(shop.app) as url:
            app = pkce_app(redirect_uris=(f"{url.replace('127.0.0.1', 'localhost')}/oauth/xero",))
            books.change(lambda world: replace(world, apps={**world.apps, PKCE_CLIENT_ID: app}, consent_asks=True))
            yield Begun(served=Served(shop=shop, url=url), books=books)
        shop.close()


def make_owner(hand: Hand, begun: Begun) -> None:
    page = hand.page
    page.goto(f"/setup?key={begun.served.shop.key}")
    page.get_by_label("Name of the clinic").fill("Riverside Physio")
    page.get_by_label("First day to take in").fill("2026-08-01")
    hand.click(page.locator("button.main"))
    page.get_by_label("Your name").fill("Kim Owner")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    hand.click(page.locator("button.main"))
    page.get_by_label("Code").fill(pyotp.TOTP(page.locator("#totp-secret").inner_text()).now())
    hand.click(page.locator("button.main"))
    hand.button("I have kept them")


def test_from_nothing_to_a_month_as_it_would_be_posted_in_few_clicks(begun: Begun, browser: Browser) -> None:
    page = begun.served.page(browser)
    hand = Hand(page)
    make_owner(hand, begun)
    hand.button("Set up this clinic")
    hand.looks("practice")
    page.get_by_label("Cliniko API key").fill(ENVIRONMENT["CLINIKO_API_KEY"])
    hand.button("Check and connect Cliniko")
    hand.looks("app")
    page.get_by_label("Xero Client ID").fill(PKCE_CLIENT_ID)
    hand.button("Check and go on")
    hand.looks("consent")
    hand.button("Sign in to Xero")
    expect(page).to_have_title("Xero | Authorise")
    hand.button("Allow access")
    name = begun.books.world.only().organisation.name
    hand.looks("organisation")
    hand.button(f"Yes, this is {name}")
    expect(page.get_by_role("status").first).to_contain_text(f"This is {name}")
    hand.looks("checks")
    hand.button("Go on")
    expect(page.get_by_role("heading", name="Choose accounts and taxes")).to_be_visible()
    hand.looks("mapping")
    hand.button("Save and go on")
    expect(page.get_by_text("This is what Xero would show")).to_be_visible()
    expect(page.get_by_text("CLK-").first).to_be_visible()
    hand.looks("preview")
    assert hand.clicks <= MOST_CLICKS, hand.clicks
    hand.button("This looks right, go on")
    hand.looks("approval")
    hand.click(page.get_by_role("button", name="Approve ", exact=False).first)
    expect(page.get_by_role("status").first).to_contain_text("The first posting begins now")
    page.goto("/c/riverside-physio/connect")
    hand.looks("over")
    assert page.complaints == []  # type: ignore[attr-defined]


def test_whoever_says_no_at_the_consent_page_is_told_and_can_leave_and_come_back(
    begun: Begun, browser: Browser
) -> None:
    page = begun.served.page(browser)
    hand = Hand(page)
    make_owner(hand, begun)
    page.goto("/c/riverside-physio/connect")
    page.get_by_label("Cliniko API key").fill("wrong")
    hand.button("Check and connect Cliniko")
    expect(page.get_by_role("alert")).to_be_visible()
    hand.looks("key-refused")
    page.get_by_label("Cliniko API key").fill(ENVIRONMENT["CLINIKO_API_KEY"])
    hand.button("Check and connect Cliniko")
    page.get_by_label("Xero Client ID").fill(PKCE_CLIENT_ID)
    hand.button("Check and go on")
    hand.button("Sign in to Xero")
    hand.button("Cancel")
    expect(page.get_by_role("alert")).to_contain_text("declined on its consent page")
    hand.looks("consent-refused")
    page.goto("/c/riverside-physio/")
    hand.button("Set up this clinic")
    expect(page.get_by_role("heading", name="Connect Xero")).to_be_visible()
