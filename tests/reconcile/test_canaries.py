"""Each bug planted in what compares is caught by the test that is named beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ligament.ports.errors import PortError
from tests.faults.planted import Bug
from tests.reconcile.planted import PLANTED, Caught

FAST = ("credit notes are forgotten", "only what both sides come to is compared", "edits are not seen")
_SEEN = (AssertionError, PortError, StopIteration, KeyError, pytest.fail.Exception)


def test_at_least_fifteen_bugs_are_planted_in_what_compares() -> None:
    assert len({bug.name for bug, _ in PLANTED}) == len(PLANTED) >= 15


@pytest.mark.parametrize(("bug", "caught_by"), PLANTED, ids=[bug.name for bug, _ in PLANTED])
def test_a_planted_bug_finds_its_place(bug: Bug, caught_by: Caught) -> None:
    assert callable(caught_by)
    with bug.planted():
        pass


def _is_caught(bug: Bug, caught_by: Caught, home: Path) -> None:
    with bug.planted(), pytest.raises(_SEEN):
        caught_by(home)


@pytest.mark.parametrize(
    ("bug", "caught_by"),
    [pytest.param(bug, by, id=bug.name, marks=[] if bug.name in FAST else pytest.mark.slow) for bug, by in PLANTED],
)
def test_a_bug_planted_in_what_compares_is_caught(bug: Bug, caught_by: Caught, tmp_path: Path) -> None:
    _is_caught(bug, caught_by, tmp_path)
