"""The page about what can go wrong says what the tests show."""

from __future__ import annotations

from tests.faults.coverage import PAGE, missing_tests, page
from tests.faults.planted import load
from tests.faults.rows import ROWS


def test_the_table_has_each_of_the_hundred_failures_once() -> None:
    assert [row.number for row in ROWS] == list(range(1, 101))


def test_every_test_that_the_table_names_exists() -> None:
    assert not missing_tests()


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.faults.coverage"


def test_every_planted_bug_belongs_to_a_row() -> None:
    assert all(1 <= row <= 100 for bug in load().values() for row in bug.rows)
    assert all(bug.rows for bug in load().values())
