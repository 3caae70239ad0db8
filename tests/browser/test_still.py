"""What somebody points at, reads, has opened or begun to type stays where and as it is while everything changes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ligament.engine.schedule import paused
from tests.browser.at_work import HERE, AtWork
from tests.browser.serving import Served
from tests.web.crowd import hold_many

pytestmark = pytest.mark.browser
LOW = (900, 420)
"""A window in which every page is higher than what is seen of it."""
LONG = "Sign in to the books again: they said no. " * 12


def top(one: Locator) -> float:
    box = one.bounding_box()
    assert box is not None
    return round(box["y"])


def stop(dashboard: Served, sentence: str) -> None:
    """Let the clinic stop, with a sentence that pushes down all that follows it."""
    runner = dashboard.shop.door.place.runner
    runner.statuses.keep(paused(runner.statuses.one("North"), runner.clock.now(), sentence))


def point_at(page: Page, one: Locator) -> None:
    one.scroll_into_view_if_needed()
    box = one.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)


def offered(page: Page) -> Locator:
    return page.get_by_role("button", name="Show it")


def test_what_is_under_the_finger_stays_there_when_a_part_refreshes_itself(dashboard: Served, browser: Browser) -> None:
    page = dashboard.page(browser, size=LOW)
    page.goto("/c/north/")
    row = page.get_by_role("row", name="Cliniko")
    point_at(page, row)
    assert page.evaluate("scrollY") > 0
    before = top(row)
    stop(dashboard, LONG)
    expect(page.locator("#state")).to_contain_text("Sign in to the books again", timeout=60_000)
    assert top(row) == before
    assert page.evaluate("document.elementFromPoint(innerWidth / 2, 5) !== null")


def test_a_part_that_could_not_but_move_what_is_pointed_at_waits_to_be_asked_for(
    dashboard: Served, browser: Browser
) -> None:
    page = dashboard.page(browser, size=(900, 4000))
    page.goto("/c/north/")
    row = page.get_by_role("row", name="Cliniko")
    point_at(page, row)
    before = top(row)
    stop(dashboard, LONG)
    expect(offered(page)).to_be_visible(timeout=60_000)
    assert top(row) == before
    expect(page.locator("#state")).to_contain_text("Nothing has run yet")
    offered(page).click()
    expect(page.locator("#state")).to_contain_text("Sign in to the books again")


def test_nothing_is_put_in_place_while_a_finger_is_down(dashboard: Served, browser: Browser) -> None:
    page = dashboard.page(browser, size=LOW)
    page.goto("/c/north/")
    page.mouse.move(450, 200)
    page.mouse.down()
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.reload()
    page.mouse.move(451, 200)
    page.mouse.down()
    stop(dashboard, LONG)
    page.wait_for_timeout(6_000)
    expect(page.locator("#state")).to_contain_text("Nothing has run yet")
    page.mouse.up()
    page.mouse.move(450, 2)
    expect(page.locator("#state")).to_contain_text("Sign in to the books again", timeout=60_000)


def test_what_was_opened_typed_and_focused_stays_while_another_process_decides(
    clinic: AtWork, browser: Browser
) -> None:
    hold_many(clinic.shop, 60)
    page = clinic.served.page(browser, size=LOW)
    page.goto(f"{HERE}/waiting")
    group = page.locator("details:not(.fold):not(.switch)").last
    group.locator("summary").first.click()
    was_open = page.locator("#content details[open]").count()
    field = page.locator("#content input:not([type=hidden]):not([type=checkbox]):visible").last
    field.evaluate("one => one.scrollIntoView({ block: 'center' })")
    field.click()
    field.press_sequentially("because the")
    named = field.get_attribute("name")
    scrolled, before = page.evaluate("scrollY"), top(field)
    elsewhere(clinic)
    expect(offered(page)).to_be_visible(timeout=60_000)
    assert (page.evaluate("scrollY"), top(field)) == (scrolled, before)
    expect(field).to_be_focused()
    expect(field).to_have_value("because the")
    field.press_sequentially(" clinic says so")
    offered(page).click()
    expect(offered(page)).to_have_count(0)
    again = page.locator(f"#content input[name='{named}']:visible").last
    expect(again).to_have_value("because the clinic says so")
    assert page.locator("#content details[open]").count() == was_open


def elsewhere(clinic: AtWork) -> None:
    """Let a command of another process answer one of the holds."""
    with clinic.opened() as opened:
        hold = opened.store.open_holds()[0]
    command = [sys.executable, "-m", "ligament.cli.main", "holds", "dismiss", hold.id, "--home", str(clinic.shop.home)]
    environ = {**os.environ, **clinic.shop.environ}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert "dismissed" in done.stdout.casefold() or done.returncode == 0, done.stdout + done.stderr


def test_the_list_of_clinics_refreshes_itself(dashboard: Served, browser: Browser) -> None:
    page = dashboard.page(browser)
    with page.expect_response(lambda answer: "/clinics/live?" in answer.url):
        page.goto("/clinics")
    expect(page.locator("#needy")).to_contain_text("Nothing waits")
    stop(dashboard, "Sign in to the books again.")
    expect(page.locator("#clinics")).to_contain_text("Sign in to the books again.", timeout=60_000)
    expect(page.get_by_role("link", name="Begin with North")).to_be_visible()
    assert page.title().startswith("(1) Clinics")
