"""Every page of the frame, wide and narrow, light and dark, and the way from nothing to being signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Browser, Locator, Page, Response, expect

from ligament.app.access.demo import demo_link
from ligament.engine.schedule import paused
from tests.browser.looks import findings, picture, sideways
from tests.browser.serving import NARROW, WIDE, Served
from tests.web.browsing import OWNER, PASSWORD

pytestmark = pytest.mark.browser
SIGNED_IN = (
    "/clinics",
    "/c/north/",
    "/c/north/plan",
    "/c/north/runs",
    "/c/north/contacts",
    "/c/north/journal",
    "/c/north/reconciliation",
    "/c/north/settings",
    "/c/north/privacy",
    "/c/north/keys",
    "/c/north/rules",
    "/c/north/rules?edit=rules.new",
    "/c/north/hooks",
    "/hooks",
    "/users",
    "/tokens",
    "/account",
    "/account/authenticator",
    "/confirm",
    "/nothing",
)
SIGNED_OUT = ("/sign-in",)
HEAVIEST = 60 * 1024


def keeping(heard: list[Response]) -> Callable[[Response], None]:
    def keep(answer: Response) -> None:
        heard.append(answer)

    return keep


def look_at(page: Page, path: str, name: str) -> None:
    page.goto(path)
    page.wait_for_load_state("load")
    picture(page, name)
    assert path in SIGNED_OUT or not page.title().startswith("Sign in"), path
    assert findings(page) == [], path
    assert sideways(page) == 0, path


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_can_be_read_by_everybody(
    dashboard: Served, browser: Browser, size: tuple[int, int], dark: bool
) -> None:
    look = f"{'dark' if dark else 'light'}-{size[0]}"
    dashboard.shop.invited("bookkeeper.with.a.long.name@riverside-physiotherapy.example", "bookkeeper", "north")
    page = dashboard.page(browser, size=size, dark=dark)
    for path in SIGNED_IN:
        look_at(page, path, f"{path.strip('/').replace('/', '-')}-{look}")
    page.context.clear_cookies()
    for path in SIGNED_OUT:
        look_at(page, path, f"{path.strip('/')}-{look}")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_component_can_be_read_in_every_state(
    dashboard: Served, browser: Browser, size: tuple[int, int], dark: bool
) -> None:
    demo_link(dashboard.shop.access)
    page = dashboard.page(browser, size=size, dark=dark)
    look_at(page, "/styleguide", f"styleguide-{'dark' if dark else 'light'}-{size[0]}")


def test_from_an_empty_home_to_being_signed_in_by_keyboard_alone(untouched: Served, browser: Browser) -> None:
    page = untouched.page(browser)
    page.goto(f"/setup?key={untouched.shop.key}")
    picture(page, "setup-clinic")
    assert findings(page) == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("Name of the clinic").focus()
    page.keyboard.type("Riverside Physio")
    page.get_by_label("First day to take in").fill("2026-07-01")
    page.keyboard.press("Enter")
    page.get_by_label("Your name").focus()
    for words in ("Kim Owner", OWNER, "short", "short"):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("at least 12 characters")
    picture(page, "setup-owner-wrong")
    assert findings(page) == []
    expect(page.get_by_label("E-mail")).to_have_value(OWNER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.keyboard.press("Enter")
    secret = page.locator("#totp-secret").inner_text()
    expect(page.locator("svg.qr")).to_be_visible()
    picture(page, "setup-code")
    assert findings(page) == []
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    picture(page, "setup-recovery")
    assert findings(page) == []
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_title("Overview - Riverside Physio - Ligament")
    assert page.complaints == []  # type: ignore[attr-defined]


def test_the_same_works_without_a_script(dashboard: Served, browser: Browser) -> None:
    assert dashboard.telephone is not None
    dashboard.session = ""
    page = dashboard.page(browser, script=False)
    page.goto("/c/north/")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Code").fill(dashboard.telephone.code())
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title("Overview - North - Ligament")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in - Ligament")


def test_a_page_refreshes_what_changed_and_says_when_the_session_is_over(dashboard: Served, browser: Browser) -> None:
    page = dashboard.page(browser)
    page.goto("/c/north/")
    state = page.locator("#state")
    expect(state).to_contain_text("Nothing has run yet")
    place = dashboard.shop.door.place
    runner = place.runner
    runner.statuses.keep(paused(runner.statuses.one("North"), runner.clock.now(), "Sign in to the books again."))
    expect(state).to_contain_text("Sign in to the books again.", timeout=60_000)
    picture(page, "overview-stopped")
    assert findings(page) == []
    for session in dashboard.shop.access.sessions.of_user(dashboard.shop.access.users.by_email(OWNER).id):  # type: ignore[union-attr]
        dashboard.shop.access.sessions.end(session.id)
    expect(page.locator("#live-state")).to_contain_text("You were signed out", timeout=60_000)
    assert page.complaints == []  # type: ignore[attr-defined]


def nearly_over(dashboard: Served, page: Page) -> Locator:
    """Open a page whose session ends in a minute and a half; returns the button by which one stays."""
    page.goto("/c/north/")
    access = dashboard.shop.access
    owner = access.users.by_email(OWNER)
    assert owner is not None
    (session,) = access.sessions.of_user(owner.id)
    access.sessions.seen(session.id, access.now() - timedelta(minutes=28, seconds=30))
    stay = page.get_by_role("button", name="Stay signed in")
    try:
        expect(stay).to_be_visible(timeout=10_000)
    except AssertionError:
        # What the page itself asked for right behind the first time counted as being there.
        access.sessions.seen(session.id, access.now() - timedelta(minutes=28, seconds=30))
        expect(stay).to_be_visible(timeout=60_000)
    return stay


def test_two_minutes_before_the_session_ends_one_is_asked_and_may_stay(dashboard: Served, browser: Browser) -> None:
    page = dashboard.page(browser)
    stay = nearly_over(dashboard, page)
    assert findings(page) == []
    stay.click()
    expect(page.locator("#live-state")).to_contain_text("You stay signed in")
    access = dashboard.shop.access
    owner = access.users.by_email(OWNER)
    assert owner is not None
    (session,) = access.sessions.of_user(owner.id)
    assert access.now() - session.seen_at < timedelta(minutes=1)


def test_no_page_of_the_frame_is_heavy_and_none_asks_another_host(dashboard: Served, browser: Browser) -> None:
    for path in SIGNED_IN[:5]:
        page = dashboard.page(browser)
        heard: list[Response] = []
        page.on("response", keeping(heard))
        page.goto(path)
        page.wait_for_load_state("load")
        whole = [answer for answer in heard if "/live?" not in answer.url]
        assert sum(len(answer.body()) for answer in whole) < HEAVIEST, path
        assert {answer.url.split("/")[2] for answer in heard} == {dashboard.url.split("/")[2]}
        page.context.close()
