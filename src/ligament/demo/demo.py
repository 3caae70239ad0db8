"""The demo: a made-up clinic on simulated servers on this machine, taken through every step by the real verbs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ligament.app.approvals import approve
from ligament.app.doctor.doctor import examine
from ligament.app.documents import Document
from ligament.app.plans import whole
from ligament.app.results import DONE, WAITS, Result
from ligament.app.sync import sync
from ligament.connectors.registry import part_of, players
from ligament.core.money import ZERO, two_places
from ligament.demo.approval import Deliver, Means, is_as_told, show_approval, with_rule
from ligament.demo.ending import is_explained, show_ending
from ligament.demo.old_books import show_old_books
from ligament.demo.proof import is_proved, show_proof
from ligament.demo.travel import show_travel
from ligament.net.manifest import Manifest
from ligament.simkit.clinic import make_clinic
from ligament.simkit.hosting import Host
from ligament.simkit.story import ClinicStory, DeedKind, Size
from ligament.wiring.ambient import machine_now
from ligament.wiring.clinic import Clinic, Overrides, open_clinic
from ligament.wiring.clocks import FastClock
from ligament.wiring.settings import Settings, load_settings

SPEED = 30
"""How many times faster than real time the demo's clock runs, for Ligament and for the simulated servers alike."""
SIZES = tuple(size.value for size in Size)
_LOG_LIMIT = 100_000
_ROLES = ("practice", "books")
_CALLS_PER_MINUTE = {"practice": 200, "books": 60}

Tell = Callable[[str, Document], None]


def _untold(step: str, document: Document) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the demo runs on: the story, one simulated server per role, the fast clock and the settings."""

    story: ClinicStory
    servers: Mapping[str, Server]
    clock: FastClock
    settings: Settings

    @contextmanager
    def app(self) -> Iterator[Clinic]:
        """Open the clinic as each command does."""
        with open_clinic(self.settings, outside=Overrides(clock=self.clock, actor="demo", source="demo")) as clinic:
            yield clinic

    def calls(self) -> dict[str, int]:
        """Return how many requests each server has answered, by its own log."""
        return {role: len(server.host.log) for role, server in self.servers.items()}

    def writes(self) -> dict[str, int]:
        """Return how many requests would have changed something, by each server's own log."""
        return {role: server.writes() for role, server in self.servers.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One simulated server and what its connector's folder knows about the demo."""

    manifest: Manifest
    host: Host[Any]
    part: Any

    def writes(self) -> int:
        """Return how many of the logged requests were writes."""
        return sum(1 for exchange in self.host.log if self.part.is_write(exchange.request))

    def totals(self) -> dict[str, Decimal]:
        """Return what its documents come to, by number, straight from its own records."""
        found: dict[str, Decimal] = self.part.totals(self.host.world)
        return found


@dataclass(slots=True, kw_only=True)
class _Run:
    stage: Stage
    tell: Tell
    result: Document = field(default_factory=dict)
    steps: list[Document] = field(default_factory=list)

    def step(self, name: str, work: Callable[[Clinic], Document]) -> Document:
        """Run one step with the clinic opened for it, time it and tell what came of it."""
        calls, began = sum(self.stage.calls().values()), self.stage.clock.monotonic_ms()
        with self.stage.app() as clinic:
            document = work(clinic)
        seconds = Decimal((self.stage.clock.monotonic_ms() - began) // SPEED) / 1000
        spent = sum(self.stage.calls().values()) - calls
        self.steps.append({"step": name, "seconds": seconds, "calls": spent})
        self.tell(name, {**document, "seconds": seconds, "step_calls": spent})
        return document


def play_demo(
    seed: int, size: str, deliver: Deliver, tell: Tell = _untold, then: Callable[[Stage], None] | None = None
) -> Result:
    """Run the whole demo and return one document; the code is 0 when the second run wrote nothing and nothing failed.

    `deliver` sends what waits for other tools, `tell` hears of each step as it ends, and `then` goes on with the clinic
    while its servers still run. Raises ValueError for an unknown size.
    """
    with set_stage(seed, Size(size)) as stage:
        run = _Run(stage=stage, tell=tell)
        run.result.update(seed=seed, size=size, clinic=_about(stage.story), speed=SPEED)
        tell("clinic", run.result["clinic"])
        run.step("connect", _connect)
        run.step("doctor", _examine)
        run.result["plan"] = run.step("plan", _plan)
        run.result["approved"] = run.step("approve", lambda clinic: approve(clinic, by="demo").document)
        run.result["sync"] = _sync(run, "sync")
        run.result["sync_again"] = _sync(run, "sync again")
        run.result["travel"] = show_travel(stage.app, stage.servers, stage.clock)
        tell("travel", run.result["travel"])
        prefix = stage.settings.clinic().rulebook.invoices.prefix
        run.result["proof"] = show_proof(stage.app, stage.servers, prefix, stage.clock)
        tell("proof", run.result["proof"])
        with with_rule(stage.settings) as ruled:
            opened = replace(stage, settings=ruled).app
            means = Means(opened=opened, servers=stage.servers, clock=stage.clock, deliver=deliver)
            run.result["approval"] = show_approval(means, prefix)
        tell("approval", run.result["approval"])
        run.result["ending"] = show_ending(stage.app)
        tell("ending", run.result["ending"])
        manifests = {role: server.manifest for role, server in stage.servers.items()}
        run.result["old_books"] = show_old_books(manifests, seed, stage.story.today, stage.clock)
        tell("old books", run.result["old_books"])
        run.result.update(_closing(run))
        tell("summary", run.result)
        if then is not None:
            then(run.stage)
    return Result(document=run.result, code=DONE if run.result["as_promised"] else WAITS)


# --- the stage --------------------------------------------------------------------------------------------------------


@contextmanager
def set_stage(seed: int, size: Size, now: datetime | None = None) -> Iterator[Stage]:
    """Make the clinic, serve both systems on free loopback ports, and write the rulebook into a temporary home."""
    start = now or machine_now()
    story = make_clinic(seed, size, start.date())
    made = {}
    for role in _ROLES:
        manifest = players(role)[0]
        part = part_of(manifest, "simulator.demo")
        made[role] = (manifest, part, part.world_for(story))
    clock = FastClock(speed=SPEED, start=start)
    with tempfile.TemporaryDirectory(prefix="ligament-demo-") as folder:
        servers = {
            role: Server(
                manifest=manifest, part=part, host=Host(part.handle, world, clock=clock.now, log_limit=_LOG_LIMIT)
            )
            for role, (manifest, part, world) in made.items()
        }
        try:
            yield Stage(story=story, servers=servers, clock=clock, settings=_settings(story, servers, Path(folder)))
        finally:
            for server in servers.values():
                server.host.stop()


def _settings(story: ClinicStory, servers: Mapping[str, Server], home: Path) -> Settings:
    environment: dict[str, str] = {}
    for server in servers.values():
        server.host.start()
        environment.update(server.part.environment(server.host.world, server.host.url))
    (home / "ligament.toml").write_text(rulebook_text(story), encoding="utf-8")
    return load_settings(home=home, environ=environment)


def rulebook_text(story: ClinicStory) -> str:
    """Return the rulebook of an invented clinic."""
    systems = "\n".join(f'{role} = "{players(role)[0].name}"' for role in _ROLES)
    items = "\n".join(f'"{item.code}" = "{item.account}"' for item in story.items if not item.is_write_off)
    write_offs = ", ".join(f'"{item.code}"' for item in story.items if item.is_write_off)
    bad_debt = next(item.account for item in story.items if item.is_write_off)
    return f"""[clinic]
name = "{story.name}"
time_zone = "{story.places[0].zone}"
{systems}

[invoices]
start_on = {story.start_on.isoformat()}

[accounts]
default = "210"
bad_debt = "{bad_debt}"
[accounts.items]
{items}
[accounts.write_off_items]
items = [{write_offs}]

[taxes]
none = "EXEMPTOUTPUT"
"GST 10" = "OUTPUT"

[tracking]
business = "Location"
practitioner = "Practitioner"
create_options = true

[payments]
account = "090"

[contacts]
payer_unknown = "ask"

[approval]
first_run = "ask"
"""


def _about(story: ClinicStory) -> Document:
    raised = sum(1 for deed in story.deeds if deed.kind is DeedKind.RAISE)
    return {
        "name": story.name,
        "from": story.start_on.isoformat(),
        "to": story.today.isoformat(),
        "locations": len(story.places),
        "practitioners": len(story.practitioners),
        "patients": len(story.people),
        "payers": len(story.payers),
        "items": len(story.items),
        "invoices": raised,
        "prepared_troubles": len(story.troubles),
    }


# --- the steps --------------------------------------------------------------------------------------------------------


def _connect(clinic: Clinic) -> Document:
    """Sign in to both systems and say who answers."""
    who, books = clinic.practice().identify(), clinic.books().organisation()
    return {"practice": who.account_name, "role": who.role, "books": books.name}


def _examine(clinic: Clinic) -> Document:
    """Run the doctor."""
    return examine(clinic).document


def _plan(clinic: Clinic) -> Document:
    """Plan, and keep only a summary: how many actions of each kind and their amount, and why others wait."""
    document = whole(clinic).document
    kinds: dict[str, Document] = {}
    for action in document["actions"]:
        row = kinds.setdefault(action["action"], {"count": 0, "amount": two_places(ZERO)})
        row["count"] += 1
        row["amount"] = two_places(Decimal(row["amount"]) + Decimal(action["amount"]))
    return {
        "plan": document["plan"],
        "actions": kinds,
        "holds": len(document["holds"]),
        "skips": len(document["skips"]),
        "notes": document.get("notes", []),
    }


def _sync(run: _Run, name: str) -> Document:
    """Run one cycle and count, by the servers' own logs, what it wrote."""
    before = run.stage.writes()
    document = run.step(name, lambda clinic: sync(clinic).document)
    after = run.stage.writes()
    document["writes"] = {role: after[role] - before[role] for role in after}
    return document


def _closing(run: _Run) -> Document:
    """Say how it ended: what is held and why, whether the totals agree, what it would take against real servers."""
    again = run.result["sync_again"]
    failed = sum(run.result["sync"]["failed"].values()) + sum(again["failed"].values())
    compared = compare(run.stage)
    calls = run.stage.calls()
    refused = {role: _refusals(server) for role, server in run.stage.servers.items()}
    quiet = not any(again["writes"].values()) and not again["waiting"]
    kept = quiet and not failed and compared["documents"] > 0 and not compared["difference"]
    kept = kept and not run.result["old_books"]["new_doubles"] and is_proved(run.result["proof"])
    kept = kept and is_as_told(run.result["approval"]) and is_explained(run.result["ending"])
    return {
        "holds": grouped(again["holds"]),
        "totals": compared,
        "steps": run.steps,
        "calls": calls,
        "too_many_requests": refused,
        "real_minutes": _real_minutes(calls),
        "as_promised": kept,
    }


def compare(stage: Stage) -> Document:
    """Compare what both servers hold for every posted document, straight from their own records."""
    practice, books = stage.servers["practice"].totals(), stage.servers["books"].totals()
    prefix = stage.settings.clinic().rulebook.invoices.prefix
    # What was voided and posted again bears the number with a version behind it.
    posted = {
        number.removeprefix(prefix).partition("-")[0]: total
        for number, total in books.items()
        if number.startswith(prefix)
    }
    source = sum((practice.get(number, ZERO) for number in posted), ZERO)
    target = sum(posted.values(), ZERO)
    differing = sum(1 for number, total in posted.items() if practice.get(number) != total)
    return {
        "documents": len(posted),
        "practice": two_places(source),
        "books": two_places(target),
        "difference": differing,
    }


def _refusals(server: Server) -> int:
    answers = (exchange.response for exchange in server.host.log)
    return sum(1 for answer in answers if answer is not None and answer.status == 429)  # noqa: PLR2004 - too many requests


def _real_minutes(calls: Mapping[str, int]) -> int:
    """Return about how many minutes these calls take under the vendors' real limits; the systems are read in turn."""
    return sum(-(-count // _CALLS_PER_MINUTE[role]) for role, count in calls.items())


def grouped(holds: list[Document]) -> list[Document]:
    """Return the holds by code, most frequent first, each with one example."""
    found: dict[str, list[Document]] = {}
    for hold in holds:
        found.setdefault(hold["code"], []).append(hold)
    rows = [
        {"code": code, "count": len(those), "number": those[0]["number"], "example": those[0]["sentence"]}
        for code, those in found.items()
    ]
    return sorted(rows, key=lambda row: (-row["count"], row["code"]))
