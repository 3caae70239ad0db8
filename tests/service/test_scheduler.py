"""Whatever happens to one clinic: it is told once, the others go on, and mending is enough."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import FrameType

import pytest

from ligament.core.rules.model import Rulebook
from ligament.service.opening import _to_its_end, begin
from ligament.service.scheduler import Scheduler, reloading
from ligament.service.stopping import StopSign
from ligament.store.journal.audit import accept_break, verify
from ligament.store.journal.journal import Note, Provenance
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.installation import journal_of_home
from ligament.wiring.settings import Settings, load_settings
from tests.faults.clocks import START, TrueTime, WorkerClock
from tests.service.running import runner_over
from tests.support.stage import RULEBOOK, stage

TYPO = RULEBOOK.replace('default = "200"', 'default = ["200"')


@dataclass(slots=True)
class Queue:
    """An engine that only notes what it is asked to run; `deaf` to some clinics."""

    submitted: list[str] = field(default_factory=list)
    deaf: str = ""

    def start(self, work: Callable[[str], None]) -> None:
        del work

    def submit(self, clinic: str) -> bool:
        if clinic == self.deaf:
            raise RuntimeError(clinic)
        self.submitted.append(clinic)
        return True

    def adopt(self, alive: Collection[str]) -> int:
        del alive
        return 0

    def tidy(self) -> None:
        """Do nothing."""

    def stop(self, patience_s: int) -> bool:
        del patience_s
        return True


@dataclass(slots=True)
class Bench:
    """A scheduler over a home of two clinics, its queue, and what people are told."""

    home: Path
    time: TrueTime
    place: Scheduler
    queue: Queue
    told: list[tuple[str, str, str]]

    def tick(self) -> list[str]:
        """Let the scheduler look as its thread does, half an hour later, and return whom it queued."""
        self.time.advance(timedelta(minutes=30))
        self.queue.submitted.clear()
        seen: list[bool] = []

        def once(_seconds: float) -> None:
            seen.append(True)
            self.place.sign.stop()

        self.place.runner.sign = StopSign()
        with self.place_wait(once):
            self.place.run()
        assert seen
        return sorted(self.queue.submitted)

    @contextmanager
    def place_wait(self, once: Callable[[float], None]) -> Iterator[None]:
        self.place.wake = _Once(once)  # type: ignore[assignment] # it waits as a wake does
        yield

    def write(self, name: str, text: str) -> None:
        (self.home / "clinics" / f"{name.lower()}.toml").write_text(text.replace("Riverside", name), encoding="utf-8")

    def settings(self, change: Callable[[Settings], Settings]) -> None:
        self.place.runner.settings = change(self.place.runner.settings)


@dataclass(slots=True)
class _Once:
    wait: Callable[[float], None]

    def now(self) -> None:
        """Do nothing."""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = stage(tmp_path / "home")
    (made.home / "ligament.toml").unlink()
    (made.home / "clinics").mkdir()
    for name in ("Riverside", "Hillside"):
        (made.home / "clinics" / f"{name.lower()}.toml").write_text(
            RULEBOOK.replace("Riverside", name), encoding="utf-8"
        )
    told: list[tuple[str, str, str]] = []
    time, queue = TrueTime(at=START), Queue()
    runner = runner_over(made, WorkerClock(time), monkeypatch)
    runner.alert = lambda *words: told.append(words)
    place = Scheduler(runner=runner, engine=queue, executor="here", reload=reloading(made.home))
    yield Bench(home=made.home, time=time, place=place, queue=queue, told=told)
    runner.database.close()


def lost_zone(settings: Settings) -> Settings:
    """What an update of the machine may do: the zone of one clinic is no longer known to it."""

    def spoilt(book: Rulebook) -> Rulebook:
        return replace(book, clinic=replace(book.clinic, time_zone="Nowhere/Land"))

    return replace(
        settings,
        clinics=tuple(
            replace(one, rulebook=spoilt(one.rulebook)) if one.name == "Hillside" else one for one in settings.clinics
        ),
    )


def test_both_are_queued_when_all_is_well(bench: Bench) -> None:
    assert bench.tick() == ["Hillside", "Riverside"]
    assert bench.told == []


def test_trouble_that_nobody_foresaw_keeps_only_its_clinic_back_and_is_told_once(bench: Bench) -> None:
    whole = bench.place.runner.settings
    bench.settings(lost_zone)
    assert [bench.tick() for _ in range(3)] == [["Riverside"]] * 3
    assert [(kind, clinic) for kind, clinic, _ in bench.told] == [("broken", "Hillside")]
    bench.settings(lambda _: whole)
    assert bench.tick() == ["Hillside", "Riverside"]


def test_a_clinic_that_cannot_be_queued_keeps_nobody_else_back(bench: Bench) -> None:
    bench.queue.deaf = "Hillside"
    assert [bench.tick() for _ in range(2)] == [["Riverside"]] * 2
    assert [(kind, clinic) for kind, clinic, _ in bench.told] == [("broken", "Hillside")]


def test_a_typo_in_one_rulebook_stops_neither_the_others_nor_a_new_one(bench: Bench) -> None:
    bench.tick()
    bench.write("Hillside", TYPO)
    bench.write("Lakeside", RULEBOOK)
    # Its own turn finds the typo and tells of it; that of the others, and of the new one, comes as before.
    assert bench.tick() == ["Hillside", "Lakeside", "Riverside"]
    with pytest.raises(ConfigurationError, match=r"hillside\.toml"):
        bench.place.runner.clinic("Hillside")
    bench.write("Hillside", RULEBOOK)
    os.utime(bench.home / "clinics" / "hillside.toml", ns=(1, 1))
    assert bench.tick() == ["Hillside", "Lakeside", "Riverside"]
    assert bench.place.runner.clinic("Hillside").name == "Hillside"


def test_a_new_clinic_with_a_typo_is_told_once_and_taken_in_when_it_is_mended(bench: Bench) -> None:
    bench.write("Lakeside", TYPO)
    assert [bench.tick() for _ in range(3)] == [["Hillside", "Riverside"]] * 3
    assert [(kind, clinic) for kind, clinic, _ in bench.told] == [("configuration", "lakeside")]
    assert "lakeside.toml, line" in bench.told[0][2]
    bench.write("Lakeside", RULEBOOK)
    assert bench.tick() == ["Hillside", "Lakeside", "Riverside"]


def test_a_clinic_broken_from_the_start_is_told_once(bench: Bench) -> None:
    bench.write("Hillside", TYPO)
    bench.settings(lambda _: load_settings(home=bench.home, without_broken=True))
    bench.place.sign.stop()
    begin(bench.place).join()
    assert [bench.tick() for _ in range(3)] == [["Riverside"]] * 3
    assert [(kind, clinic) for kind, clinic, _ in bench.told] == [("configuration", "hillside")]


def test_the_journal_that_belongs_to_no_clinic_is_looked_through_daily_and_told_once(bench: Bench) -> None:
    runner = bench.place.runner
    who = Provenance(actor="Kim", source="command line")
    book = journal_of_home(runner.settings, runner.database, who, runner.calendar.now)
    with book.writing() as writing:
        writing.add(Note(kind="user_added", subject="user:1", public={}))
    assert (bench.tick(), bench.told) == (["Hillside", "Riverside"], [])
    with runner.database.writing("test") as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS journal_no_update")
        connection.exec_driver_sql("UPDATE journal SET actor = 'x'")
    for _ in range(3):
        bench.time.advance(timedelta(days=1))
        assert bench.tick() == ["Hillside", "Riverside"]
    assert [(kind, clinic) for kind, clinic, _ in bench.told] == [("journal", "installation")]
    accept_break(book, "we know why")
    assert verify(book).holds


def test_settings_of_a_service_go_on_without_a_broken_rulebook_and_those_of_a_command_do_not(bench: Bench) -> None:
    bench.write("Hillside", TYPO)
    found = load_settings(home=bench.home, without_broken=True)
    assert [clinic.name for clinic in found.clinics] == ["Riverside"]
    assert [file.name for file in found.broken] == ["hillside.toml"]
    with pytest.raises(ConfigurationError):
        load_settings(home=bench.home)
    bench.write("Riverside", TYPO)
    with pytest.raises(ConfigurationError):
        load_settings(home=bench.home, without_broken=True)


@pytest.mark.parametrize("asked", [False, True])
def test_a_thread_that_ends_although_nobody_asked_ends_the_process(bench: Bench, asked: bool) -> None:
    on_report: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        on_report.append(number)

    before = signal.signal(signal.SIGTERM, note)
    try:
        if asked:
            bench.place.sign.stop()
        thread = threading.Thread(target=_to_its_end(bench.place, lambda: None), name="scheduler")
        thread.start()
        thread.join()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert bench.place.sign.is_set()
    assert (on_report, bench.place.ended) == (([], "") if asked else ([signal.SIGTERM], "scheduler"))
