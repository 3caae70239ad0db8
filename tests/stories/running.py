"""Running a story: two simulated systems, one simulated clock, and Ligament opened anew for every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import tomlkit

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.xero import simulator as xero
from ligament.simkit.hosting import Host
from tests.stories.acting import InProcess, Way
from tests.stories.books import Ledger
from tests.stories.clocks import StoryClock
from tests.stories.comparing import Run, differences, writes
from tests.stories.loading import Shape, Story
from tests.stories.practice import Practice, instant, stamp
from tests.stories.seeing import look

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MakeWay = Callable[[Path, Mapping[str, Host[Any]], StoryClock], Way]


@dataclass(frozen=True, slots=True)
class Told:
    """One run with its differences; `notes` say what could not be compared."""

    run: Run
    differences: list[str]
    notes: list[str]


class Stage:
    """One story being run."""

    def __init__(self, story: Story, home: Path, make_way: MakeWay = InProcess) -> None:
        self.story = story
        self.clock = StoryClock(instant(story.now))
        self.practice, self.ledger = Practice(story), Ledger(story)
        clinic = self.practice.open(cliniko.World.empty(), story.body["practice"], story.now)
        self.cliniko = Host(cliniko.handle, clinic, clock=self.clock.tick)
        self.xero = Host(xero.handle, self.ledger.open(), clock=self.clock.tick)
        home.mkdir(parents=True, exist_ok=True)
        (home / "ligament.toml").write_text(tomlkit.dumps(plain(story.rulebook)), encoding="utf-8")
        self.way = make_way(home, {"cliniko": self.cliniko, "xero": self.xero}, self.clock)

    def play(self) -> Iterator[Told]:
        """Run the story step by step, and once more at its end."""
        at = instant(self.story.now)
        yield self._judged(self._run("the first run", self.story.body.get("expect"), at, ()))
        for step in self.story.steps:
            at = instant(step["at"]) if "at" in step else at + HOUR
            self.clock.move_to(at - MINUTE)
            self.change(step, at - MINUTE)
            yield self._judged(self._run(step["what"], step.get("expect"), at, step.get("approve") or ()))
        yield self._once_more(at + MINUTE)

    def change(self, step: Shape, at: datetime) -> None:
        """Let people change both systems."""
        said, wrote = step.get("practice"), step.get("books")
        if said:
            self.cliniko.change(lambda world: self.practice.apply(world, said, stamp(at)))
        if wrote:
            self.xero.change(lambda world: self.ledger.apply(world, wrote, at))

    def _run(self, what: str, expect: Shape | None, at: datetime, approve: Sequence[str]) -> Run:
        self.clock.move_to(at)
        before, starts = look(self.xero.world), (len(self.cliniko.log), len(self.xero.log))
        report = self.way.sync(approve)
        wanted = (expect or {}).get("variances")
        return Run(
            what=what,
            expect=expect or {},
            before=before,
            after=look(self.xero.world),
            report=report,
            practice_said=self.cliniko.log[starts[0] :],
            books_said=self.xero.log[starts[1] :],
            books_said_so_far=self.xero.log,
            reconciled=self.way.reconcile() if wanted else None,
        )

    def _judged(self, run: Run) -> Told:
        notes = []
        wanted = run.expect.get("variances") or ()
        if wanted and run.reconciled is None:
            notes.append(f"{len(wanted)} expected variances are not compared: nothing reconciles yet")
        return Told(run, differences(run), notes)

    def _once_more(self, at: datetime) -> Told:
        """Nothing may be written when nothing has changed, and the sums of both sides close whatever happened."""
        starts = (len(self.cliniko.log), len(self.xero.log))
        run = self._run("one more run, a minute later", None, at, ())
        self.way.reconcile()
        since = (self.cliniko.log[starts[0] :], self.xero.log[starts[1] :])
        said = [line for exchanges in since for line in writes(exchanges)]
        return Told(run, [f"nothing had changed, but {one} was sent" for one in said], [])


def plain(value: Any) -> Any:
    """Return a rulebook as TOML can hold it: floats for decimals, dates as dates."""
    if isinstance(value, dict):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [plain(held) for held in value]
    if isinstance(value, Decimal):
        return float(value)
    assert isinstance(value, str | int | float | bool | date), f"{value!r} cannot stand in a rulebook"
    return value


def play(story: Story, home: Path, make_way: MakeWay = InProcess) -> list[Told]:
    """Run a story to its end, or to the first run that differs: what follows would only repeat it."""
    told: list[Told] = []
    for one in Stage(story, home, make_way).play():
        told.append(one)
        if one.differences:
            break
    return told


def as_text(story: Story, told: list[Told]) -> str:
    """Return what differs, for a bookkeeper."""
    lines = [f"{story.name}: {story.body['name']}"]
    for one in told:
        lines += [f"  {one.run.what}:"] if one.differences or one.notes else []
        lines += [f"    - {line}" for line in one.differences]
        lines += [f"    ({note})" for note in one.notes]
    return "\n".join(lines)
