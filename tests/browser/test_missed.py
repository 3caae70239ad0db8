"""Nothing is missed by an open page, however slow the machine and whatever fails on the way, and nothing sent twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.serving import Served
from tests.browser.test_pages import nearly_over
from tests.browser.test_still import offered, stop
from tests.web.browsing import OWNER, PASSWORD

pytestmark = pytest.mark.browser
SECOND = "Sign in to the practice again."


def asked_for(page: Page) -> list[str]:
    """Return the addresses that the page's script asked for, filled as it asks."""
    heard: list[str] = []
    page.on("request", lambda one: heard.append(one.url) if one.headers.get("ligament-fragment") else None)
    return heard


def test_what_changes_before_the_stream_began_is_shown(dashboard: Served, browser: Browser) -> None:
    page = dashboard.page(browser)

    def late(route: Route) -> None:
        stop(dashboard, "Sign in to the books again.")
        route.continue_()

    # Once: the page listens anew when the test is over and its database is gone.
    page.route("**/live*", late, times=1)
    page.goto("/c/north/")
    expect(page.locator("#state")).to_contain_text("Sign in to the books again.", timeout=60_000)
    assert page.complaints == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", ["refused", "cut"])
def test_a_refreshing_that_failed_is_tried_again(dashboard: Served, browser: Browser, how: str) -> None:
    page = dashboard.page(browser)
    page.goto("/c/north/")
    failed: list[str] = []

    def once(route: Route) -> None:
        if route.request.headers.get("ligament-fragment") and not failed:
            failed.append(how)
            route.fulfill(status=503, body="") if how == "refused" else route.abort()
        else:
            route.fallback()

    page.route("**/c/north/", once)
    stop(dashboard, "Sign in to the books again.")
    expect(page.locator("#state")).to_contain_text("Sign in to the books again.", timeout=60_000)
    assert failed == [how]


def test_what_is_offered_is_shown_as_it_is_by_then(dashboard: Served, browser: Browser) -> None:
    page = dashboard.page(browser)
    heard = asked_for(page)
    page.goto("/c/north/")
    page.evaluate("document.getElementById('state').tabIndex = -1")
    page.locator("#state").focus()
    stop(dashboard, "Sign in to the books again.")
    expect(offered(page)).to_be_visible(timeout=60_000)
    before = len(heard)
    with page.expect_response(lambda answer: answer.request.headers.get("ligament-fragment") == "1", timeout=60_000):
        stop(dashboard, SECOND)
    assert len(heard) > before
    expect(page.locator("#state")).to_contain_text("Nothing has run yet")
    page.evaluate("new Promise((done) => setTimeout(done))")
    offered(page).click()
    expect(page.locator("#state")).to_contain_text(SECOND)


def test_a_page_listens_once_however_often_it_lost_the_connection(dashboard: Served, browser: Browser) -> None:
    page = dashboard.page(browser)
    page.add_init_script(
        "window.heard = []; const Real = EventSource;"
        "window.EventSource = class extends Real { constructor(at) { super(at); window.heard.push(this); } };"
    )
    page.clock.install()
    page.route("**/live*", lambda route: route.abort(), times=1)
    page.goto("/c/north/")
    expect(page.locator("#live-state")).to_contain_text("the connection is lost")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.run_for(5_000)
    assert page.evaluate("heard.filter((one) => one.readyState !== EventSource.CLOSED).length") == 1
    assert page.evaluate("heard.length") == 2


def test_who_cannot_be_kept_signed_in_is_not_told_so(dashboard: Served, browser: Browser) -> None:
    page = dashboard.page(browser)
    stay = nearly_over(dashboard, page)
    page.route("**/account", lambda route: route.abort())
    stay.click()
    expect(page.locator("#live-state")).to_contain_text("That did not work")


def test_a_code_that_is_sent_twice_in_one_moment_signs_in(dashboard: Served, browser: Browser) -> None:
    assert dashboard.telephone is not None
    dashboard.session = ""
    page = dashboard.page(browser)
    page.goto("/c/north/plan")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    sends = "(form) => { form.requestSubmit(); setTimeout(() => form.requestSubmit(), 20); }"
    page.locator("main form").evaluate(sends)
    page.get_by_label("Code").fill(dashboard.telephone.code())
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    page.locator("main form").evaluate(sends)
    expect(page).to_have_title("Plan - North - Ligament")
    assert len(posts) == 1
    page.go_back()
    assert page.complaints == []  # type: ignore[attr-defined]
