"""Before a clinic is connected every page says so and leads to what helps; none offers what cannot work yet."""

from __future__ import annotations

import pytest

from tests.web.conftest import Shop

EMPTY = ("waiting", "plan", "contacts", "runs", "reconciliation", "reports", "mapping")


@pytest.mark.parametrize("name", EMPTY)
def test_a_page_of_a_clinic_that_is_not_connected_leads_to_the_set_up(shop: Shop, name: str) -> None:
    text = shop.owner().get(f"/c/north/{name}").text.partition("<main")[2]
    assert "This clinic is not connected yet" in text
    assert 'class="button main" href="/c/north/connect">Set up this clinic</a>' in text
    assert text.count('class="button main"') + text.count('<button class="main"') == 1, "one obvious next step"
    for cannot in ("Run now", "Compare now", "XERO_CLIENT_ID", "ligament connect", "Everything that was read"):
        assert cannot not in text, cannot


@pytest.mark.parametrize("name", EMPTY)
def test_who_may_not_connect_is_told_who_does(shop: Shop, name: str) -> None:
    shop.owner()
    text = shop.member("v@x.example", "viewer").get(f"/c/north/{name}").text.partition("<main")[2]
    assert "An owner connects Cliniko and Xero first" in text
    assert "/connect" not in text


def test_the_privacy_dial_is_tried_before_anything_was_read_and_says_that_nobody_is_kept(shop: Shop) -> None:
    found = shop.owner().get("/c/north/privacy?look=yes&contacts.privacy=code")
    assert found.status == 200
    assert "None is kept here yet." in found.text
    assert "should not" not in found.text


def test_an_overview_shows_no_row_of_noughts_before_the_first_run(shop: Shop) -> None:
    text = shop.owner().get("/c/north/").text
    assert "Nothing has run yet." in text
    assert "What was done for you" not in text
    assert "no daily limit" not in text, "nobody knows before the first call"
