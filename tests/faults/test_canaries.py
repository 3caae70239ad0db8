"""The simulation sees planted bugs; `make canaries` looks for all of them from the first seed on."""

from __future__ import annotations

import multiprocessing

import pytest

from tests.faults.canaries import CAUGHT_AT, KNOWN_UNCAUGHT, Catch, hunt
from tests.faults.planted import load
from tests.faults.scripts import script_for
from tests.faults.simulation import simulate

FEW = 40
FAST = ("what waits is not looked at again", "elements are not judged one by one", "two runs at once")


def look_for(name: str) -> Catch:
    """Try the seed that caught it last time, then a few from the first."""
    known = CAUGHT_AT.get(name)
    if known is not None:
        found = hunt(name, known, 1)
        if found.seed >= 0:
            return found
    return hunt(name, 0, FEW)


def test_at_least_forty_bugs_are_planted() -> None:
    assert len(load()) >= 40
    assert set(CAUGHT_AT) | set(KNOWN_UNCAUGHT) == set(load())
    assert not set(CAUGHT_AT) & set(KNOWN_UNCAUGHT)
    assert len(CAUGHT_AT) >= 35


@pytest.mark.parametrize("name", list(load()))
def test_a_planted_bug_finds_its_place_and_goes_again(name: str) -> None:
    """Each switch names something that exists, so a bug cannot quietly stop being planted."""
    with load()[name].planted():
        pass


@pytest.mark.parametrize("name", FAST)
def test_a_planted_bug_is_seen_and_the_product_without_it_is_clean(name: str) -> None:
    found = look_for(name)
    assert found.seed >= 0
    assert not simulate(script_for(found.seed)).violation


@pytest.mark.slow
def test_nearly_all_bugs_that_were_seen_before_are_seen_again() -> None:
    names = [name for name in load() if name not in KNOWN_UNCAUGHT]
    with multiprocessing.get_context("spawn").Pool() as pool:
        found = pool.map(look_for, names, chunksize=1)
    caught = [one for one in found if one.seed >= 0]
    missed = [one.name for one in found if one.seed < 0]
    assert len(caught) * 100 >= len(names) * 95, f"not seen: {missed}"
