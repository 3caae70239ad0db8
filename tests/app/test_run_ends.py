"""A run that does not come to its end says why, whatever kind of run it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.app.reconcile import reconcile
from ligament.app.runs import one_run, outcome, run_list
from ligament.app.sync import sync
from ligament.ports.errors import PortError
from ligament.ports.stopping import Stopped
from ligament.service.stopping import StopSign
from ligament.wiring.clinic import Clinic, open_clinic
from tests.support.stage import Stage, stage

KINDS = [sync, reconcile]


def newest(held: Stage) -> dict[str, Any]:
    with held.app() as clinic:
        found = one_run(clinic, run_list(clinic, limit=1)["runs"][0]["id"])
    assert found is not None
    return dict(found)


@pytest.mark.parametrize("act", KINDS)
def test_what_was_stopped_says_so(tmp_path: Path, act: Callable[[Clinic], object]) -> None:
    held, sign = stage(tmp_path), StopSign()
    held.invoice()
    held.sync()
    held.invoice()
    held.pass_time(minutes=5)
    sign.stop()
    outside = replace(held.outside(), tell=sign.between_steps())
    with open_clinic(held.settings(), outside=outside) as clinic, pytest.raises(Stopped):
        act(clinic)
    assert outcome(newest(held)) == "It was stopped, and goes on with the next run."


@pytest.mark.parametrize("act", KINDS)
def test_what_a_system_ended_says_the_sentence_and_no_detail(tmp_path: Path, act: Callable[[Clinic], object]) -> None:
    held = stage(tmp_path)
    held.invoice()
    held.sync()
    held.time.advance(timedelta(minutes=5))
    held.practice.change(lambda world: replace(world, keys={}))
    with held.app() as clinic, pytest.raises(PortError) as ended:
        act(clinic)
    assert ended.value.detail
    assert outcome(newest(held)) == ended.value.sentence
