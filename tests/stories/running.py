"""Running a story: two simulated systems, one simulated clock, and Ligament opened anew for every run."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import tomlkit

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator.charts import CLIENT_SECRET, CUSTOM_CLIENT_ID
from ligament.simkit.hosting import Host
from tests.stories.books import Ledger
from tests.stories.comparing import Run, differences, writes
from tests.stories.loading import Shape, Story
from tests.stories.practice import Practice, instant, stamp
from tests.stories.seeing import look
from tests.support.mounting import LOOPBACK, mounted

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TICK = timedelta(milliseconds=20)
ENVIRONMENT = {
    "CLINIKO_API_KEY": f"{cliniko.DEFAULT_KEY}-au2",
    "XERO_CLIENT_ID": CUSTOM_CLIENT_ID,
    "XERO_CLIENT_SECRET": CLIENT_SECRET,
    "LIGAMENT_VAULT_KEY": base64.b64encode(bytes(range(32))).decode("ascii"),
}


class StoryClock:
    """Calendar and stopwatch in one; it moves only when somebody asks over the wire or waits."""

    def __init__(self, at: datetime) -> None:
        self._at = self._began = at

    def now(self) -> datetime:
        """Return the instant of the story."""
        return self._at

    def monotonic_ms(self) -> int:
        """Return milliseconds since the story began."""
        return (self._at - self._began) // timedelta(milliseconds=1)

    def pause_ms(self, milliseconds: int) -> None:
        """Let that much time pass in the story."""
        self._at += timedelta(milliseconds=max(milliseconds, 0))

    def tick(self) -> datetime:
        """Return the instant at which a request arrives."""
        self._at += TICK
        return self._at

    def move_to(self, at: datetime) -> None:
        """Go forward to an instant; time never goes back."""
        self._at = max(self._at, at)


@dataclass(frozen=True, slots=True)
class Told:
    """One run with its differences; `notes` say what could not be compared."""

    run: Run
    differences: list[str]
    notes: list[str]


class Stage:
    """One story being run."""

    def __init__(self, story: Story, home: Path) -> None:
        self.story = story
        self.home = home
        self.clock = StoryClock(instant(story.now))
        self.practice, self.ledger = Practice(story), Ledger(story)
        clinic = self.practice.open(cliniko.World.empty(), story.body["practice"], story.now)
        self.cliniko = Host(cliniko.handle, clinic, clock=self.clock.tick)
        self.xero = Host(xero.handle, self.ledger.open(), clock=self.clock.tick)
        home.mkdir(parents=True, exist_ok=True)
        (home / "ligament.toml").write_text(tomlkit.dumps(plain(story.rulebook)), encoding="utf-8")

    def play(self) -> Iterator[Told]:
        """Run the story step by step, and once more at its end."""
        at = instant(self.story.now)
        yield self._run("the first run", self.story.body.get("expect"), at, ())
        for step in self.story.steps:
            at = instant(step["at"]) if "at" in step else at + HOUR
            self.clock.move_to(at - MINUTE)
            self.change(step, at)
            yield self._run(step["what"], step.get("expect"), at, step.get("approve") or ())
        yield self._once_more(at + MINUTE)

    def change(self, step: Shape, at: datetime) -> None:
        """Let people change both systems, a minute before the run unless they say when."""
        earlier = at - MINUTE
        said, wrote = step.get("practice"), step.get("books")
        if said:
            self.cliniko.change(lambda world: self.practice.apply(world, said, stamp(earlier)))
        if wrote:
            self.xero.change(lambda world: self.ledger.apply(world, wrote, earlier))

    def _run(self, what: str, expect: Shape | None, at: datetime, approve: Any) -> Told:
        self.clock.move_to(at)
        before, starts = look(self.xero.world), (len(self.cliniko.log), len(self.xero.log))
        report, reconciled, notes = self._sync(approve, expect or {})
        run = Run(
            what=what,
            expect=expect or {},
            before=before,
            after=look(self.xero.world),
            report=report,
            reconciled=reconciled,
            practice_said=self.cliniko.log[starts[0] :],
            books_said=self.xero.log[starts[1] :],
            books_said_so_far=self.xero.log,
        )
        return Told(run, differences(run) if expect is not None else _only_holds_unknown(run), notes)

    def _once_more(self, at: datetime) -> Told:
        """Nothing may be written when nothing has changed."""
        told = self._run("one more run, a minute later", None, at, ())
        said = [*writes(told.run.practice_said), *writes(told.run.books_said)]
        return Told(told.run, [f"nothing had changed, but {one} was sent" for one in said], told.notes)

    def _sync(self, approve: Any, expect: Shape) -> tuple[Shape, Shape | None, list[str]]:
        with opened(self.home, {"cliniko": self.cliniko, "xero": self.xero}, self.clock) as app:
            if approve:
                app.approve(list(approve))
            report = getattr(app.sync(), "document")
            wanted, reconciled, notes = expect.get("variances"), None, []
            if wanted and hasattr(app, "reconcile"):
                reconciled = app.reconcile()
            elif wanted:
                notes.append(f"{len(wanted)} variances are not compared: there is no reconciliation yet")
        return report, reconciled, notes


def _only_holds_unknown(run: Run) -> list[str]:
    """A step without an expectation is not judged."""
    return [] if run.report is not None else ["the run told nothing"]


def opened(home: Path, hosts: Mapping[str, Host[Any]], clock: StoryClock) -> Any:
    """Open Ligament in a home as a new process would, on simulators instead of sockets."""
    from ligament.wiring.app import open_app  # noqa: PLC0415 - a broken application fails stories, not their collection
    from ligament.wiring.build import Outside  # noqa: PLC0415
    from ligament.wiring.settings import load_settings  # noqa: PLC0415

    settings = load_settings(home=home, environ=environment(f"{LOOPBACK}/v1", LOOPBACK))
    outside = Outside(transports={name: mounted(host) for name, host in hosts.items()}, clock=clock)
    return open_app(settings, outside=outside)


def as_printed(verdict: Any) -> Shape:
    """Return a verb's document exactly as `--json` prints it."""
    from ligament.wiring.output import to_json  # noqa: PLC0415

    document = getattr(verdict, "document", verdict)
    printed: Shape = json.loads(to_json(document), parse_float=Decimal)
    return printed


def environment(cliniko_url: str, xero_url: str) -> dict[str, str]:
    """Return the settings that point Ligament at these servers."""
    return {
        **ENVIRONMENT,
        "LIGAMENT_CLINIKO_URL": cliniko_url,
        "LIGAMENT_XERO_API_URL": xero_url,
        "LIGAMENT_XERO_IDENTITY_URL": xero_url,
        "LIGAMENT_XERO_LOGIN_URL": xero_url,
    }


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


def play(story: Story, home: Path) -> list[Told]:
    """Run a story to its end, or to the first run that differs: what follows would only repeat it."""
    told: list[Told] = []
    for one in Stage(story, home).play():
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
