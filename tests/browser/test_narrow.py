"""On a telephone nothing that a table says is cut off at the side, and no box of it has to be pushed to be read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.at_work import HERE, AtWork
from tests.browser.looks import hidden_aside, sideways
from tests.browser.serving import NARROW, Served
from tests.contacts.kit import ANA
from tests.web.calling import tool

pytestmark = pytest.mark.browser


def whole(page: Page, path: str) -> None:
    """Open a page, and see that all of every table stands in the window."""
    page.goto(path)
    assert page.locator("main td").count() > 0, path
    assert (hidden_aside(page), sideways(page)) == ([], 0), path


def test_every_table_of_a_clinic_is_read_without_pushing(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser, size=NARROW)
    with clinic.opened() as opened:
        run = opened.runs.newest(20)[-1].id
    documents = [f"documents/{invoice}" for invoice in clinic.invoices]
    for path in ("", "waiting", "plan", "contacts", "runs", "journal", "reconciliation", f"runs/{run}"):
        whole(page, f"{HERE}/{path}")
    for path in (f"contacts/{ANA}", *documents, *(f"reports?name={one}" for one in ("revenue", "gst", "debtors"))):
        whole(page, f"{HERE}/{path}")
        assert page.locator("main td.amount").count() > 0, path


def test_what_is_tried_out_is_read_without_pushing_too(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser, size=NARROW)
    page.goto(f"{HERE}/mapping")
    page.get_by_role("button", name="Show three invoices").click()
    page.locator("#preview tfoot").first.wait_for()
    assert (hidden_aside(page), sideways(page)) == ([], 0)
    assert "Amount: " in page.locator("#preview td.amount").first.evaluate(
        "one => getComputedStyle(one, '::before').content"
    )


def test_users_tokens_hooks_and_clinics_are_read_without_pushing(dashboard: Served, browser: Browser) -> None:
    dashboard.shop.invited("bookkeeper.with.a.long.name@riverside-physiotherapy.example", "bookkeeper", "north")
    tool(dashboard.shop, "read", "decide")
    page = dashboard.page(browser, size=NARROW)
    for path in ("/users", "/tokens", "/hooks", "/clinics", "/account"):
        whole(page, path)
