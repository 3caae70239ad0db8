"""Both simulators on loopback sockets, the command as a process against them, and what must hold afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.clinic import RULEBOOK, Size, books_world, invoice_id, practice_world
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator.demo import environment, is_write
from ligament.simkit.hosting import Host
from ligament.simkit.messages import Request, Response
from ligament.wiring.clocks import clock_starting_at

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
CLINIC = Size(patients=70, invoices=120, open_every=6)
REVERSED = (0, 6)
CREDITED = frozenset(f"CLK-{place + 1}" for place in REVERSED)
PATIENCE_S = 120
Hook = Callable[[Request], Response | None]
Handle = Callable[[Any, Request], tuple[Any, Response]]


@dataclass(slots=True)
class Gate:
    """Stands in front of both hosts and counts requests and writes; hooks hear of each before and after it is handled.

    What a hook before returns is answered instead, and the request is not handled.
    """

    before: Hook | None = None
    after: Hook | None = None
    requests: int = 0
    writes: int = 0
    asked_books: int = 0

    def around(self, handle: Handle) -> Handle:
        """Return the handler behind this gate."""

        def guarded(world: Any, request: Request) -> tuple[Any, Response]:
            self.requests += 1
            self.writes += is_write(request)
            self.asked_books += request.path.startswith("/api.xro/")
            instead = self.before(request) if self.before is not None else None
            if instead is not None:
                return world, instead
            answer = handle(world, request)
            if self.after is not None:
                self.after(request)
            return answer

        return guarded


@dataclass(slots=True)
class Servers:
    """The two hosts behind one gate, listening; `urls` are where the command is sent, by system."""

    practice: Host[Any]
    books: Host[Any]
    gate: Gate
    urls: dict[str, str] = field(default_factory=dict)


def clinic_world() -> cliniko.World:
    """Return a clinic of several batches, with two invoices that credit notes have settled."""
    world = practice_world(CLINIC)
    for place in REVERSED:
        at = NOW - timedelta(minutes=30 - place)
        world, credit = control.reverse_invoice(world, invoice_id(place), at=at)
        world, _ = control.apply_credit(world, credit, invoice_id(place), at=at)
    return world


@contextmanager
def servers() -> Iterator[Servers]:
    """Serve a fresh clinic and fresh books."""
    gate, clock = Gate(), clock_starting_at(NOW)
    practice = Host(gate.around(cliniko.handle), clinic_world(), clock=clock.now)
    books = Host(gate.around(xero.handle), books_world(), clock=clock.now)
    with practice, books:
        yield Servers(practice, books, gate, {"practice": practice.url, "books": books.url})


def environ(home: Path, held: Servers) -> dict[str, str]:
    """Return the whole environment of the command: nothing of the surrounding one but where programs are."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "LIGAMENT_HOME": str(home),
        "LIGAMENT_NOW": held.books._now().isoformat(),
        "CLINIKO_API_KEY": cliniko.DEFAULT_KEY,
        "LIGAMENT_CLINIKO_URL": f"{held.urls['practice']}/v1",
        **environment(held.books.world, held.urls["books"]),
    }


def prepare(home: Path) -> None:
    """Write the rulebook."""
    home.mkdir(exist_ok=True)
    (home / "ligament.toml").write_text(RULEBOOK, encoding="utf-8")


def start(home: Path, held: Servers, *words: str) -> subprocess.Popen[str]:
    """Start the command; without words it is one synchronisation."""
    command = [sys.executable, "-m", "ligament.cli.main", *(words or ("sync", "--once", "--json"))]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, env=environ(home, held), cwd=home, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Mapping[str, Any]:
        """Return the one document on standard output, amounts exact."""
        answer: dict[str, Any] = json.loads(self.out, parse_float=Decimal)
        return answer


def finish(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end of a process."""
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    return Ended(process.returncode, out, err)


def run(home: Path, held: Servers, *words: str) -> Ended:
    """Run the command to its end."""
    return finish(start(home, held, *words))


# --- what must hold ---------------------------------------------------------------------------------------------------


def assert_whole(held: Servers) -> None:
    """Everything of the practice is in the books exactly once: contacts, invoices, credit notes and money."""
    books, clinic = held.books.world.only(), held.practice.world
    assert len(books.contacts) == CLINIC.patients
    wanted = {f"CLK-{row['number']}": row for row in cliniko.records(clinic, "invoices")}
    documents = [*books.invoices.values(), *books.credit_notes.values()]
    counted = Counter(one.number for one in documents)
    assert counted == Counter(dict.fromkeys(wanted, 1)), "missing or doubled documents"
    paid = Counter(one.document_id for one in books.payments.values())
    for one in books.invoices.values():
        row = wanted[one.number]
        settled, credited = int(str(row["status"])) in {20, 30}, one.number in CREDITED
        assert one.total == Decimal(str(row["total_amount"])), one.number
        assert one.outstanding == (0 if settled else one.total), one.number
        assert (paid[one.document_id], len(one.allocation_ids)) == (int(settled and not credited), int(credited))
    for note in books.credit_notes.values():
        assert (note.outstanding, len(note.allocation_ids), paid[note.document_id]) == (0, 1, 0), note.number


def assert_journal(home: Path, held: Servers) -> None:
    """The chain of the journal is whole."""
    verified = run(home, held, "journal", "verify", "--json")
    assert verified.code == 0, verified.out + verified.err


def assert_quiet(home: Path, held: Servers) -> Ended:
    """One more run writes nothing anywhere; returns how it ended."""
    before = held.gate.writes
    ended = run(home, held)
    assert held.gate.writes == before, "a run without changes wrote something"
    return ended
