"""Ten clinics on two served systems: each its own practice and its own books, reached by its own keys."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from ligament.cli.main import app
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero import simulator as xero
from ligament.simkit.faults import Fault
from ligament.simkit.hosting import Host
from ligament.simkit.messages import Request, Response
from tests.support.practice import ADA, PATIENT, PLACE, small_practice

CLINICS = 10
STRANGER = "somebody-else"
_RULEBOOK = """\
[clinic]
id = "{id}"
name = "{name}"
[invoices]
start_on = {start_on}
[accounts]
default = "200"
[taxes]
none = "EXEMPTOUTPUT"
"GST 10" = "OUTPUT"
[payments]
account = "090"
[approval]
first_run = "auto"
[sync]
open_from = "00:00"
open_until = "00:00"
open_days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
poll_seconds = 5
xero_daily_calls = 20000
"""
Answerer = Callable[[Request, Response], Response]


class _Served(Host[Any]):
    """A host whose faults strike one clinic's requests; while they wait, the others are answered."""

    struck: Callable[[Request], Fault | None] = staticmethod(lambda _request: None)

    def _next_fault(self, request: Request) -> Fault | None:
        with self._lock:
            return self.struck(request)


@dataclass(slots=True)
class Town:
    """The clinics by id; `strikes` and `answers` spoil what one system says to one clinic."""

    home: Path
    names: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    opens: dict[str, str] = field(default_factory=dict)
    """Which practice a key opens."""
    strikes: dict[tuple[str, str], Fault] = field(default_factory=dict)
    answers: dict[tuple[str, str], Answerer] = field(default_factory=dict)
    raised: dict[str, list[str]] = field(default_factory=dict)
    """The numbers of all invoices that a clinic's front desk issued."""
    practices: Host[Any] = field(init=False)
    books: Host[Any] = field(init=False)
    writes: dict[tuple[str, str, str, bytes], set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        since = now() - timedelta(days=90)
        everyone = (*self.names, STRANGER)
        self.opens = {key_of(name): name for name in everyone}
        self.raised = {name: [] for name in self.names}
        worlds = {name: _practice(place, name, since) for place, name in enumerate(everyone)}
        ledgers = {name: xero.australian_books(f"{name} Pty Ltd") for name in self.names}
        apps = [
            replace(xero.custom_app(kept), client_id=client_of(name), day_limit=1_000_000)
            for name, kept in ledgers.items()
        ]
        self.practices = _Served(self._practice, worlds, clock=now, log_limit=0)
        self.books = _Served(self._books, xero.World.new(*ledgers.values(), apps=apps), clock=now, log_limit=0)
        self.practices.struck = lambda request: self.strikes.get(("practice", self._at_practice(request)))
        self.books.struck = lambda request: self.strikes.get(("books", self._at_books(self.books.world, request)))

    # --- what is answered ---------------------------------------------------------------------------------------------
    def _practice(self, worlds: Mapping[str, Any], request: Request) -> tuple[Mapping[str, Any], Response]:
        name = self._at_practice(request)
        if name not in worlds:
            return worlds, Response(status=401, body=b"HTTP Basic: Access denied.\n")
        after, answer = cliniko.handle(worlds[name], _as_usual(request))
        return {**worlds, name: after}, self._spoilt("practice", name, request, answer)

    def _books(self, world: Any, request: Request) -> tuple[Any, Response]:
        name = self._at_books(world, request)
        if request.method != "GET" and request.path.startswith("/api.xro/"):
            sent = (name, request.method, request.path, request.body)
            self.writes.setdefault(sent, set()).add(request.headers.get("idempotency-key", ""))
        after, answer = xero.handle(world, request)
        return after, self._spoilt("books", name, request, answer)

    def _spoilt(self, system: str, name: str, request: Request, answer: Response) -> Response:
        change = self.answers.get((system, name))
        return change(request, answer) if change is not None else answer

    def _at_practice(self, request: Request) -> str:
        given = base64.b64decode(request.headers.get("authorization", "").partition(" ")[2]).decode()
        return self.opens.get(given.partition(":")[0], "")

    def _at_books(self, world: Any, request: Request) -> str:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            return base64.b64decode(given).decode().partition(":")[0].removeprefix("client-of-")
        grant = world.access_tokens.get(given)
        return grant.client_id.removeprefix("client-of-") if grant is not None else ""

    # --- what people do -----------------------------------------------------------------------------------------------
    def rulebook(self, name: str) -> Path:
        """Return a clinic's rulebook."""
        return self.home / "clinics" / f"{name}.toml"

    def text(self, name: str) -> str:
        """Return what stands in a rulebook that nobody broke."""
        start_on = (now() - timedelta(days=60)).date()
        return _RULEBOOK.format(id=name, name=name.replace("-", " ").title(), start_on=start_on)

    def invoice(self, name: str, *, paid: bool = False) -> str:
        """Let a front desk issue an invoice, and return its id."""
        made = ""

        def change(worlds: Mapping[str, Any]) -> Mapping[str, Any]:
            nonlocal made
            world, made = desk.create_invoice(
                worlds[name], PLACE, [{"name": "Consult", "unit_price": "95"}], at=now() - timedelta(seconds=1)
            )
            if paid:
                world, _ = desk.pay_invoice(world, made, at=now())
            return {**worlds, name: world}

        worlds = self.practices.change(change)
        self.raised[name].append(f"CLK-{cliniko.get(worlds[name], 'invoices', made)['number']}")
        return made

    def amend(self, name: str, kind: str, key: str) -> None:
        """Let a front desk save a record again."""
        self.practices.change(
            lambda worlds: {**worlds, name: cliniko.amend(worlds[name], kind, key, {}, at=now() - timedelta(seconds=1))}
        )

    # --- what the books hold ------------------------------------------------------------------------------------------
    def ledger(self, name: str) -> Any:
        """Return a clinic's books."""
        return self.books.world.books[tenant_of(name)]

    def posted(self, name: str) -> list[str]:
        """Return the numbers of all documents in a clinic's books, each as often as it is there."""
        kept = self.ledger(name)
        return [one.number for one in kept.invoices.values() if one.status not in {"VOIDED", "DELETED"}]

    def missing(self, name: str) -> set[str]:
        """Return the numbers that were issued and are not in the books."""
        return set(self.raised[name]) - set(self.posted(name))

    def wrong(self) -> list[str]:
        """Return what must never be: posted twice, paid twice, sent under two keys, or in another clinic's books."""
        found = [f"{name}: {keys} for {path}" for (name, _, path, _), keys in self.writes.items() if len(keys) > 1]
        for name in self.names:
            numbers = self.posted(name)
            found += [f"{name}: {one} stands twice" for one in set(numbers) if numbers.count(one) > 1]
            found += [f"{name}: {one} is a stranger's" for one in set(numbers) - set(self.raised[name])]
            found += [
                f"{name}: {one.number} is overpaid"
                for one in self.ledger(name).invoices.values()
                if one.amount_paid > one.total
            ]
        return found

    # --- commands -----------------------------------------------------------------------------------------------------
    def type(self, *words: str, **more: str) -> Any:
        """Run a command in this process."""
        return CliRunner().invoke(app, [*words, "--home", str(self.home)], env={**self.environment, **more})


def now() -> datetime:
    """Return the true time, which `serve` shows too."""
    return datetime.now(UTC)


def key_of(name: str) -> str:
    """Return the key that opens a practice."""
    return f"MS0x{name.replace('-', '').upper()}-au2"


def client_of(name: str) -> str:
    """Return the id of a clinic's own app."""
    return f"client-of-{name}"


def tenant_of(name: str) -> str:
    """Return the id of a clinic's organisation."""
    return str(xero.australian_books(f"{name} Pty Ltd").organisation.organisation_id)


def _as_usual(request: Request) -> Request:
    """Return the request with the one key that each simulated practice knows."""
    usual = base64.b64encode(f"{cliniko.DEFAULT_KEY}-au2:".encode()).decode()
    return replace(request, headers={**request.headers, "authorization": f"Basic {usual}"})


def _practice(place: int, name: str, since: datetime) -> Any:
    person = {**ADA, "id": PATIENT, "email": f"ada@{name}.example.org"}
    world = small_practice(cliniko.World.empty(at=since), person, since=since)
    account = {**dict(world.settings["account"]), "id": str(9100 + place), "name": name, "subdomain": name}  # type: ignore[call-overload]
    # So that no number of one clinic is another's.
    return replace(world, settings={**world.settings, "account": account}, next_number=1000 * (place + 1))


@contextmanager
def settled(folder: Path, clinics: int = CLINICS) -> Iterator[Town]:
    """Serve the town, write a home, and connect every clinic."""
    town = Town(home=folder / "home", names=tuple(f"clinic-{place}" for place in range(1, clinics + 1)))
    with town.practices, town.books:
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "PYTHONPATH") if name in os.environ}
        town.environment = {
            **kept,
            "HOME": str(folder),
            "LIGAMENT_VAULT_KEY": base64.b64encode(bytes(range(32))).decode("ascii"),
            "LIGAMENT_CLINIKO_URL": f"{town.practices.url}/v1",
            "LIGAMENT_XERO_API_URL": town.books.url,
            "LIGAMENT_XERO_IDENTITY_URL": town.books.url,
        }
        (town.home / "clinics").mkdir(parents=True)
        for name in town.names:
            town.rulebook(name).write_text(town.text(name), encoding="utf-8")
        for name in town.names:
            _connect(town, name)
        yield town


def _connect(town: Town, name: str) -> None:
    keys = {"XERO_CLIENT_ID": client_of(name), "XERO_CLIENT_SECRET": xero.custom_app(town.ledger(name)).secret}
    for system, given in (("cliniko", {"CLINIKO_API_KEY": key_of(name)}), ("xero", keys)):
        done = town.type("connect", system, "--clinic", name, "--json", **given)
        assert done.exit_code == 0, done.output
