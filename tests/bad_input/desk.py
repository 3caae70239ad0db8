"""A small clinic on mounted simulators, the command's own way of telling, and what must hold whatever comes in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benchmarks.clinic import NOW, RULEBOOK, Size, books_world, practice_world
from benchmarks.clock import JumpingClock
from ligament.app.results import Result
from ligament.app.sync import sync
from ligament.cli.session import Session, run_plain
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator.charts import CLIENT_SECRET
from ligament.connectors.xero.simulator.demo import environment, is_write
from ligament.simkit.hosting import Host
from ligament.simkit.messages import Request, Response
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.settings import load_settings
from tests.support.mounting import LOOPBACK, mounted

TINY = Size(patients=6, invoices=12, open_every=4)
SECRETS = (cliniko.DEFAULT_KEY, CLIENT_SECRET)
KINDS = ("contacts", "invoices", "credit_notes", "payments", "allocations")


@dataclass(frozen=True, slots=True)
class Told:
    """What the command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Mapping[str, Any]:
        """Return the one document on standard output, amounts exact."""
        answer: dict[str, Any] = json.loads(self.out, parse_float=Decimal)
        return answer

    @property
    def sentences(self) -> str:
        """Return what an error says to people."""
        return str(self.document["error"]["sentence"])

    def holds(self, kind: str = "") -> dict[int | str, str]:
        """Return the codes of open holds by number, of one kind when named."""
        return {_number(one["number"]): one["code"] for one in self.document["holds"] if kind in {"", one["kind"]}}


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() else text


@dataclass(slots=True)
class Desk:
    """The clinic; `environ` and `rulebook` may be spoilt before a run, the hosts' worlds and faults too."""

    home: Path
    capsys: pytest.CaptureFixture[str]
    rulebook: str = RULEBOOK
    clock: JumpingClock = field(default_factory=lambda: JumpingClock(NOW))
    environ: dict[str, str] = field(default_factory=dict)
    spoils: dict[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)
    practice: Host[Any] = field(init=False)
    books: Host[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.practice = Host(self._spoilt, practice_world(TINY), clock=self.clock.tick)
        self.books = Host(xero.handle, books_world(), clock=self.clock.tick)
        self.environ = {
            "CLINIKO_API_KEY": cliniko.DEFAULT_KEY,
            "LIGAMENT_CLINIKO_URL": f"{LOOPBACK}/v1",
            **environment(self.books.world, LOOPBACK),
            **self.environ,
        }

    def sync(self, **changed: str) -> Told:
        """Run `sync --once --json`, with other environment settings for this once."""
        return self.run(sync, **changed)

    def run(self, verb: Callable[[Any], Result], **changed: str) -> Told:
        """Run a verb as the command does, and return what it printed."""
        (self.home / "ligament.toml").write_text(self.rulebook, encoding="utf-8")
        transports = {"cliniko": mounted(self.practice), "xero": mounted(self.books)}

        def opened() -> Result:
            settings = load_settings(home=self.home, environ={**self.environ, **changed})
            with open_clinic(settings, outside=Overrides(transports=transports, clock=self.clock)) as app:
                return verb(app)

        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run_plain(Session(home=self.home, as_json=True), opened, lambda *_: None)
        out, err = self.capsys.readouterr()
        told = Told(int(str(ended.value.code)), out, err)
        self.assert_discreet(told)
        return told

    def later(self) -> None:
        """Let ten minutes pass."""
        self.clock.pause_ms(600_000)

    # --- spoiling ----------------------------------------------------------------------------------------------------

    def spoil(self, kind: str, place: int, **fields: object) -> str:
        """Let Cliniko say something else in the record at that place of its kind, from 1; returns the record's id.

        What is given as bytes stands in the answer as it is.
        """
        identifier = str(cliniko.records(self.practice.world, kind)[place - 1]["id"])
        self.spoils[kind, identifier] = fields
        return identifier

    def mend(self, kind: str, identifier: str) -> None:
        """Let staff put the record right now."""
        del self.spoils[kind, identifier]
        at = self.clock.now() - timedelta(seconds=5)
        self.practice.change(lambda world: cliniko.amend(world, kind, identifier, {}, at=at))

    def change(self, kind: str, identifier: str, **fields: object) -> None:
        """Let staff change a record."""
        at = self.clock.now()
        self.practice.change(lambda world: cliniko.amend(world, kind, identifier, fields, at=at))

    def _spoilt(self, world: cliniko.World, request: Request) -> tuple[cliniko.World, Response]:
        after, answer = cliniko.handle(world, request)
        kind = request.path.rpartition("/")[2]
        if answer.status != 200 or not any(spoilt == kind for spoilt, _ in self.spoils):
            return after, answer
        body = json.loads(answer.body)
        raw: dict[str, bytes] = {}

        def said(value: object) -> object:
            if not isinstance(value, bytes):
                return value
            raw[mark := f"@@{len(raw)}@@"] = value
            return mark

        for row in body[kind]:
            row.update({name: said(value) for name, value in self.spoils.get((kind, row["id"]), {}).items()})
        told = json.dumps(body).encode()
        for mark, value in raw.items():
            told = told.replace(f'"{mark}"'.encode(), value)
        return after, replace(answer, body=told)

    # --- what must hold ----------------------------------------------------------------------------------------------

    def assert_discreet(self, told: Told) -> None:
        """Neither secrets nor names of people are on standard output or standard error."""
        text = told.out + told.err
        for secret in (*SECRETS, self.environ["CLINIKO_API_KEY"], self.environ["XERO_CLIENT_SECRET"]):
            assert secret not in text
        people = [*cliniko.records(self.practice.world, "patients"), *self.spoils.values()]
        for person in people:
            for name in ("last_name", "email", "address_1"):
                value = str(person.get(name) or "").strip()
                assert len(value) < 4 or value not in text, f"a {name} was printed"

    def numbers(self) -> set[int]:
        """Return which of the practice's invoices are in the books, credit notes included; none of them twice."""
        books = self.books.world.only()
        documents = [*books.invoices.values(), *books.credit_notes.values()]
        numbers = [one.number for one in documents if one.status not in {"VOIDED", "DELETED"}]
        assert len(numbers) == len(set(numbers)), "posted twice"
        return {int(number.removeprefix("CLK-")) for number in numbers}

    def assert_accounted(self, told: Told) -> None:
        """Every invoice is in the books, held or skipped, and the counts add up."""
        document = told.document
        for kind in KINDS:
            parts = sum(document[state][kind] for state in ("planned", "unchanged", "held", "skipped"))
            assert document["read"][kind] == parts, kind
        waiting = {_number(str(one["number"])) for one in (*document["holds"], *document["skips"])}
        missing = set(range(1, TINY.invoices + 1)) - self.numbers() - waiting
        assert not missing, f"lost: {missing}"

    def wrote(self) -> int:
        """Return how many writes the books have received so far."""
        return sum(is_write(one.request) for one in self.books.log)


def everything() -> set[int]:
    """Return the numbers of all invoices."""
    return set(range(1, TINY.invoices + 1))
