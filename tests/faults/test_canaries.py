"""The simulation sees planted bugs; `make canaries` looks for all of them from the first seed on."""

from __future__ import annotations

import multiprocessing
from functools import partial
from inspect import isfunction, signature

import pytest

from tests.faults.canaries import CAUGHT_AT, CAUGHT_BY, CAUGHT_IN, KNOWN_UNCAUGHT, NO_SEED, look_for
from tests.faults.planted import load, owner_of

FEW = 40
FAST = ("what waits is not looked at again", "elements are not judged one by one", "two runs at once")


def test_at_least_forty_bugs_are_planted() -> None:
    assert len(load()) >= 40
    caught = {*CAUGHT_AT, *CAUGHT_BY, *CAUGHT_IN}
    assert caught | set(KNOWN_UNCAUGHT) == set(load())
    assert not caught & set(KNOWN_UNCAUGHT)
    assert len(caught) * 100 >= len(load()) * 95, "at least 95 in 100 are caught"
    assert len(CAUGHT_AT) * 100 >= len(load()) * 85, "most are caught by the simulation itself"


def test_a_bug_that_no_seed_can_see_says_why_and_which_test_sees_it() -> None:
    assert set(NO_SEED) <= set(CAUGHT_BY)
    assert not set(NO_SEED) & set(CAUGHT_AT)
    assert all(seed < 2000 for seed in CAUGHT_AT.values())


@pytest.mark.parametrize("name", list(load()))
def test_a_planted_bug_finds_its_place_and_goes_again(name: str) -> None:
    """Each switch names something that exists, so a bug cannot quietly stop being planted."""
    with load()[name].planted():
        pass


@pytest.mark.parametrize("name", list(load()))
def test_a_planted_bug_can_be_called_as_what_it_stands_for(name: str) -> None:
    """One whose arguments no longer fit breaks every run, which tells nothing of what the simulation sees."""
    for place, make in load()[name].switches:
        owner, called = owner_of(place)
        original = vars(owner)[called]
        planted = make(original)
        if isfunction(original) and isfunction(planted):
            takes = signature(original).parameters.values()
            given = [one for one in takes if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]
            named = {one.name: None for one in takes if one.kind is one.KEYWORD_ONLY}
            signature(planted).bind(*given, **named)


@pytest.mark.parametrize("name", FAST)
def test_a_planted_bug_is_seen_where_the_product_without_it_is_clean(name: str) -> None:
    assert look_for(name, FEW).by


@pytest.mark.slow
def test_nearly_all_bugs_that_were_seen_before_are_seen_again() -> None:
    names = [name for name in load() if name not in KNOWN_UNCAUGHT]
    with multiprocessing.get_context("spawn").Pool() as pool:
        found = pool.map(partial(look_for, seeds=FEW), names, chunksize=1)
    caught = [one for one in found if one.by]
    missed = [one.name for one in found if not one.by]
    assert len(caught) * 100 >= len(names) * 95, f"not seen: {missed}"
