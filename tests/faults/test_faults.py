"""The promise under everything that can go wrong, for thousands of seeds; `make faults SEED=n` repeats one."""

from __future__ import annotations

import os
from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest

from ligament.wiring import exclusive
from tests.faults.batches import run_many
from tests.faults.scripts import FAULTS, script_for
from tests.faults.shrinking import shrink
from tests.faults.simulation import Simulation, plugged, simulate

SEED = os.environ.get("LIGAMENT_TEST_SEED", "")
COUNT = int(os.environ.get("LIGAMENT_FAULT_SEEDS") or "2000")
FAULTS_PER_SEED = 25
MANY = 500
"""So many seeds must have met every kind of fault."""
FEW = 12


@pytest.mark.skipif(not SEED, reason="`make faults SEED=n` repeats one seed")
def test_one_seed_keeps_every_promise() -> None:
    ended = simulate(script_for(int(SEED)))
    assert not ended.violation, shrink(ended).told()


@pytest.mark.skipif(bool(SEED), reason="one seed was asked for")
def test_a_few_seeds_keep_every_promise() -> None:
    """The fast suite runs these; the long one below starts behind them."""
    for seed in range(FEW):
        ended = simulate(script_for(seed))
        assert not ended.violation, shrink(ended).told()


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
@pytest.mark.skipif(bool(SEED), reason="one seed was asked for")
def test_thousands_of_seeds_keep_every_promise(capsys: pytest.CaptureFixture[str]) -> None:
    tally = run_many(FEW, COUNT)
    with capsys.disabled():
        print(f"\nfaults: {tally.told()}")  # noqa: T201 - the numbers are wanted in the log of `make test`
    assert not tally.failed, _told(sorted(tally.failed))
    assert tally.seeds == COUNT
    assert tally.twice >= COUNT // 100
    if MANY <= COUNT:
        assert not tally.never()
        assert tally.faults >= FAULTS_PER_SEED * COUNT


def _told(failed: list[tuple[int, str]]) -> str:
    """Return all failed seeds, and the first of them shrunk to what matters."""
    seed = failed[0][0]
    lines = [f"seed {number}: {violation}" for number, violation in failed[:10]]
    return "\n".join([*lines, shrink(simulate(script_for(seed))).told(), f"repeat it: make faults SEED={seed}"])


def test_the_same_seed_says_the_same_over_the_wire() -> None:
    for seed in (3, 5, 9):
        first, second = simulate(script_for(seed)), simulate(script_for(seed))
        assert [str(line) for line in first.log] == [str(line) for line in second.log]


def test_no_lease_is_renewed_by_the_real_clock_in_a_simulation() -> None:
    """On a busy machine a renewal came in between, counted as a commit of the seed, and died in its thread."""
    leases: Any = Mock()
    leases.renew.return_value = False
    with plugged(Simulation(script_for(0))):
        exclusive._renew(leases, leases, 0, Event())
    assert leases.renew.call_count == 0


def test_every_kind_of_fault_comes_up() -> None:
    drawn = {event.kind for seed in range(300) for event in script_for(seed).events}
    assert not set(FAULTS) - drawn


def test_a_failing_story_is_shrunk_to_what_matters() -> None:
    """A plug pulled between sending and keeping, with recovery switched off, needs that one event and no other."""
    from tests.faults.planted import load  # noqa: PLC0415 - only this test plants anything

    bug = load()["changed lines are not read"]
    with bug.planted():
        failed = next(ended for seed in range(400) if (ended := simulate(script_for(seed))).violation)
        short = shrink(failed)
    assert short.violation
    assert len(short.script.events) <= max(4, len(failed.script.events) // 3)
