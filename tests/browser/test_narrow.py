"""On a telephone no amount of a contact or a document is cut off at the side."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.at_work import HERE, AtWork
from tests.browser.serving import NARROW
from tests.contacts.kit import ANA

pytestmark = pytest.mark.browser
CUT_OFF = """() => [...document.querySelectorAll('main td, main th')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.textContent)"""


def test_no_amount_of_a_contact_or_document_is_cut_off_at_the_side(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser, size=NARROW)
    for path in (f"contacts/{ANA}", *(f"documents/{invoice}" for invoice in clinic.invoices)):
        page.goto(f"{HERE}/{path}")
        assert page.locator("main td.amount").count() > 0, path
        assert page.evaluate(CUT_OFF) == [], path
