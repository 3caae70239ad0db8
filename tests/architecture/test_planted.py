"""Planted bugs find their places: a renamed function or test is told at once, and not by the long run of canaries."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.faults.canaries import CAUGHT_BY, CAUGHT_IN
from tests.faults.planted import load
from tests.stories.loading import OWN

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", list(load()))
def test_every_switch_of_a_planted_bug_names_something_that_exists(name: str) -> None:
    for place, _ in load()[name].switches:
        module, _, path = place.partition(":")
        owner: Any = import_module(module)
        *owners, last = path.split(".")
        for part in owners:
            owner = getattr(owner, part)
        assert last in vars(owner), f"{place} is gone"


@pytest.mark.parametrize("name", list(CAUGHT_BY))
def test_the_test_that_catches_a_bug_is_there(name: str) -> None:
    file, _, case = CAUGHT_BY[name].partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    function, _, story = case.partition("[")
    assert not function or re.search(rf"^def {function}\(", text, re.MULTILINE), f"{function} is gone"
    assert not story or (OWN / f"{story.rstrip(']')}.yaml").is_file(), f"{story} is gone"


def test_the_stories_that_catch_bugs_are_there() -> None:
    assert [story for story in CAUGHT_IN.values() if not (OWN / f"{story}.yaml").is_file()] == []
