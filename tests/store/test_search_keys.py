"""The forms under which rows are found."""

from __future__ import annotations

import pytest

from ligament.store.database.search_keys import digit_runs


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", set()),
        ("INV-007", {"7"}),
        ("CLK-10010-2", {"10010", "2"}),
        ("Invoice 0120, 3 of 000", {"120", "3"}),
        ("12a012", {"12"}),
    ],
)
def test_runs_of_digits_are_found_without_their_leading_zeros(text: str, runs: set[str]) -> None:
    assert digit_runs(text) == runs
