"""What people do to a clinic's files while its turn is under way is no matter of that turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.xero import simulator as xero
from ligament.engine.schedule import State
from ligament.service.clinics import statuses
from ligament.service.runner import ClinicRunner, RunReport
from ligament.simkit.hosting import Host
from ligament.simkit.messages import Request, Response
from tests.faults.clocks import WorkerClock
from tests.service.running import runner_over
from tests.support.mounting import mounted
from tests.support.stage import RULEBOOK, Stage, stage

TYPO = RULEBOOK.replace('default = "200"', 'default = ["200"')


@dataclass(slots=True)
class Bench:
    """A runner of one clinic; at the first call of a turn `then` is done once."""

    made: Stage
    runner: ClinicRunner
    told: list[tuple[str, str, str]] = field(default_factory=list)
    reports: list[RunReport] = field(default_factory=list)
    then: Any = None

    def take(self) -> RunReport:
        self.made.pass_time(minutes=10)
        self.runner.take(self.runner.settings.clinics[0].name)
        return self.reports[-1]

    def practice(self, world: Any, request: Request) -> tuple[Any, Response]:
        meanwhile, self.then = self.then, None
        if meanwhile is not None:
            meanwhile()
        return cliniko.handle(world, request)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = stage(tmp_path / "home")
    clock = WorkerClock(made.time)
    runner = runner_over(made, clock, monkeypatch)
    found = Bench(made, runner)
    practice = Host(found.practice, made.practice.world, clock=clock.now)
    books = Host(xero.handle, made.books.world, clock=clock.now)
    runner.transports = {"cliniko": mounted(practice), "xero": mounted(books)}
    runner.alert = lambda *words: found.told.append(words)
    runner.on_report = found.reports.append
    yield found
    runner.database.close()


def test_a_rulebook_broken_during_a_turn_is_told_by_the_next_one_as_what_it_is(bench: Bench) -> None:
    file = bench.made.home / "ligament.toml"
    bench.then = lambda: file.write_text(TYPO, encoding="utf-8")
    assert (bench.take().outcome, bench.told) == ("done", [])
    assert [bench.take().outcome for _ in range(2)] == ["configuration"] * 2
    assert [kind for kind, _, _ in bench.told] == ["configuration"]
    file.write_text(RULEBOOK, encoding="utf-8")
    assert bench.take().outcome == "done"
    assert [kind for kind, _, _ in bench.told] == ["configuration", "recovered"]
    assert bench.runner.statuses.one(bench.runner.settings.clinics[0].name).state is State.READY


def test_a_clinic_removed_during_a_turn_is_nothing_that_should_not_happen(bench: Bench) -> None:
    name = bench.runner.settings.clinics[0].name

    def remove() -> None:
        bench.runner.settings = replace(bench.runner.settings, clinics=())

    bench.then = remove
    bench.take()
    bench.runner.take(name)
    assert [report.outcome for report in bench.reports] == ["done", "gone"]
    assert bench.told == []


@dataclass(slots=True)
class Behind:
    """A calendar that somebody set an hour back; everything else is the machine's."""

    machine: Any

    def now(self) -> Any:
        return self.machine.now() - timedelta(hours=1)

    def monotonic_ms(self) -> int:
        found: int = self.machine.monotonic_ms()
        return found

    def pause_ms(self, milliseconds: int) -> None:
        self.machine.pause_ms(milliseconds)


def test_when_a_clinic_ran_last_is_told_by_the_calendar_that_dates_everything_else(bench: Bench) -> None:
    bench.runner.calendar = Behind(bench.runner.clock)
    assert bench.take().outcome == "done"
    (row,) = statuses(bench.runner.database, bench.runner.settings.clinics)
    began = bench.runner.calendar.now() - timedelta(minutes=5)
    assert began.isoformat()[:19] < row["last_run_at"] <= bench.runner.calendar.now().isoformat()[:19] + "Z"
