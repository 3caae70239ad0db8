"""A wait that a system asked for holds for every later run, from the very first call to it on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ligament.simkit.messages import Request, Response
from ligament.store.database.tables import window_calls
from tests.faults.checker import Checker
from tests.faults.findings import Violation
from tests.faults.scripts import script_for
from tests.faults.simulation import Simulation
from tests.support.stage import Stage, stage

DAY = (("X-Rate-Limit-Problem", "day"), ("Retry-After", "8024"))
MINUTE = (("X-Rate-Limit-Problem", "minute"), ("Retry-After", "100"))


def answering_once(clinic: Stage, headers: tuple[tuple[str, str], ...], *, path: str) -> None:
    """Let the books refuse the first call to a path."""
    handle, left = clinic.books._handle, [path]

    def refusing(world: Any, request: Request) -> Any:
        if left and request.path.endswith(left[0]):
            left.clear()
            return world, Response(status=429, headers=headers)
        return handle(world, request)

    clinic.books._handle = refusing


def calls(clinic: Stage) -> list[str]:
    """Return what was asked of the books beside signing in, since the log was last cleared."""
    return [one.request.path for one in clinic.books.log if "/api.xro/" in one.request.path]


def test_a_day_that_is_used_up_in_the_run_that_pins_the_books_is_left_alone_by_the_next(tmp_path: Path) -> None:
    """Seed 205: which organisation it is was not known yet when the calls began, so the wait was kept for nobody."""
    clinic = stage(tmp_path / "home")
    answering_once(clinic, DAY, path="/Invoices")
    assert clinic.sync()["parked"]
    clinic.clear_log()
    assert clinic.sync()["parked"]
    assert calls(clinic) == []
    clinic.pass_time(hours=3)
    assert not clinic.sync().get("parked")


def test_the_calls_of_the_run_that_pins_the_books_count_with_those_of_the_next(tmp_path: Path) -> None:
    """All calls to one organisation are of one allowance, whichever run made them; only the pinning itself is apart."""
    clinic = stage(tmp_path / "home")
    clinic.invoice()
    clinic.sync()
    clinic.sync()
    by_scope = select(func.count()).where(window_calls.c.scope.like("xero/%")).group_by(window_calls.c.scope)
    with clinic.app() as app, app.database.reading() as connection:
        counted = connection.execute(by_scope).scalars().all()
    assert max(counted) == len(calls(clinic))


def checker() -> Checker:
    """Return the judge of a simulation in which nothing happened yet."""
    return Simulation(script_for(0)).checker


def told(judge: Checker, *headers: tuple[str, str], system: str = "xero") -> None:
    """Let a refusal reach us."""
    judge.waits.answered(system, Response(status=429, headers=headers))


def leave(judge: Checker, *, system: str = "xero", path: str = "/api.xro/2.0/Invoices") -> None:
    """Let a call leave now."""
    request = Request(method="GET", path=path, query=(), headers={}, body=b"", at=judge.sim.time.at)
    judge.waits.leaves(system, request)


def test_the_judge_sees_a_call_that_leaves_too_soon() -> None:
    judge = checker()
    told(judge, *MINUTE)
    with pytest.raises(Violation, match="asked us to wait"):
        leave(judge)


def test_signing_in_the_other_system_and_a_wrong_calendar_are_no_calls_that_leave_too_soon() -> None:
    judge = checker()
    told(judge, *MINUTE)
    leave(judge, path="/connect/token")
    leave(judge, system="cliniko", path="/v1/invoices")
    judge.clocks_moved()
    leave(judge)
