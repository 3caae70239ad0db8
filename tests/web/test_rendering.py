"""Amounts, days and moments as people in Australia write them, in the clinic's own time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ligament.web.rendering import browser_name, counted, day, moment, money

LATE = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "written"),
    [("1234.5", "1,234.50"), ("-85", "-85.00"), (Decimal("0.005"), "0.01"), (Decimal("-0.005"), "-0.01"), (0, "0.00")],
)
def test_amounts_have_two_decimals_and_a_plain_hyphen(amount: Decimal | str, written: str) -> None:
    assert money(amount) == written


def test_days_and_moments_are_those_of_the_clinic() -> None:
    assert moment(LATE, "Australia/Melbourne") == "30 Nov 2026, 10:59"
    assert moment(LATE.isoformat(), "Europe/London") == "29 Nov 2026, 23:59"
    assert day(LATE, "Australia/Melbourne") == "30 Nov 2026"
    assert day(date(2026, 11, 3)) == day("2026-11-03") == "3 Nov 2026"
    assert moment(None) == day(None) == day("") == ""


def test_numbers_have_their_noun() -> None:
    assert [counted(number, "invoice") for number in (0, 1, 2, 1200)] == [
        "0 invoices", "1 invoice", "2 invoices", "1,200 invoices",
    ]  # fmt: skip
    assert counted(2, "entry", "entries") == "2 entries"


def test_browsers_are_named_as_people_call_them() -> None:
    chrome = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
    )
    assert browser_name(chrome) == "Chrome on Windows"
    assert browser_name(f"{chrome} Edg/130.0") == "Edge on Windows"
    assert browser_name("curl/8.0") == "another program"
