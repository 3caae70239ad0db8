"""While somebody plans, the collector looks seldom, is never off, and is as it was once the last one has finished."""

from __future__ import annotations

import gc
from contextlib import ExitStack

import pytest

from ligament.flow.plan.collecting import SELDOM, seldom_collected


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_two_clinics_that_plan_at_once_leave_the_collector_as_it_was(first_to_end: int) -> None:
    before = gc.get_threshold()
    planners = [ExitStack(), ExitStack()]
    for planner in planners:
        planner.enter_context(seldom_collected())
        assert gc.isenabled()
        assert gc.get_threshold()[0] == SELDOM
    planners.pop(first_to_end).close()
    assert gc.get_threshold()[0] == SELDOM
    planners.pop().close()
    assert gc.get_threshold() == before


def test_a_plan_that_fails_leaves_the_collector_as_it_was() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="odd"), seldom_collected():
        raise ValueError("odd")
    assert gc.get_threshold() == before
