"""An invented clinic served on loopback, and the command line run on it, in this process or as one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from ligament.cli.main import app
from ligament.connectors.cliniko import simulator as practice_side
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero import simulator as books_side
from ligament.connectors.xero.simulator.charts import CLIENT_SECRET, CUSTOM_CLIENT_ID
from ligament.simkit.hosting import Host
from ligament.wiring.clocks import clock_starting_at
from tests.support.practice import ADA, PLACE, RULEBOOK, small_practice

REPOSITORY = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
SECRETS = (practice_side.DEFAULT_KEY, CLIENT_SECRET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the one document on standard output."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Return everything that was printed, wherever."""
        return self.out + self.err


@dataclass(slots=True, kw_only=True)
class Clinic:
    """Two served systems, a home, and the environment that leads from one to the other."""

    home: Path
    practice: Host[Any]
    books: Host[Any]
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, text: str) -> None:
        """Write the rulebook."""
        self.home.mkdir(exist_ok=True)
        (self.home / "ligament.toml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str, typed: str = "", without: tuple[str, ...] = (), **more: str) -> Answer:
        """Run a command in this process."""
        environ: dict[str, str | None] = {**self.environ, **more, **dict.fromkeys(without)}
        result = CliRunner().invoke(app, list(arguments), input=typed, env=environ)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(code=result.exit_code, out=result.stdout, err=result.stderr)

    def process(self, *arguments: str, typed: str = "", **more: str) -> Answer:
        """Run a command as a process of its own."""
        return process(*arguments, typed=typed, environ={**self.environ, **more})

    def invoice(self, *lines: Mapping[str, str], paid: bool = False) -> str:
        """Let the front desk issue an invoice some hours ago, and return its number."""
        at, made = NOW - timedelta(hours=5), ""

        def change(world: Any) -> Any:
            nonlocal made
            world, made = desk.create_invoice(world, PLACE, lines or [{"name": "Consult", "unit_price": "95"}], at=at)
            return desk.pay_invoice(world, made, at=at)[0] if paid else world

        world = self.practice.change(change)
        return str(practice_side.get(world, "invoices", made)["number"])


def process(*arguments: str, typed: str = "", environ: Mapping[str, str] = {}) -> Answer:
    """Run the command line as a process with only that environment."""
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "src"), "HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-m", "ligament.cli.main", *arguments],
        input=typed,
        env={**base, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Answer(code=done.returncode, out=done.stdout, err=done.stderr)


@contextmanager
def served(
    home: Path, *, role: str = "administrator", books: Callable[[], Any] = books_side.australian_books, **switches: Any
) -> Iterator[Clinic]:
    """Serve a clinic with one patient and empty books."""
    clock = clock_starting_at(NOW).now
    kept = books()
    ledger = books_side.World.new(
        kept, apps=[books_side.custom_app(kept, day_limit=5000), books_side.code_app(), books_side.pkce_app()]
    )
    empty = practice_side.World.empty(switches=practice_side.Switches(**switches), role=role)
    kept_practice = small_practice(empty, ADA, since=NOW - timedelta(days=90))
    with (
        Host(practice_side.handle, kept_practice, clock=clock) as practice,
        Host(books_side.handle, ledger, clock=clock) as served_books,
    ):
        clinic = Clinic(home=home, practice=practice, books=served_books)
        clinic.environ = {
            "LIGAMENT_HOME": str(home),
            "LIGAMENT_NOW": NOW.isoformat(),
            "CLINIKO_API_KEY": practice_side.DEFAULT_KEY,
            "LIGAMENT_CLINIKO_URL": f"{practice.url}/v1",
            "XERO_CLIENT_ID": CUSTOM_CLIENT_ID,
            "XERO_CLIENT_SECRET": CLIENT_SECRET,
            "LIGAMENT_XERO_API_URL": served_books.url,
            "LIGAMENT_XERO_IDENTITY_URL": served_books.url,
            "LIGAMENT_XERO_LOGIN_URL": f"{served_books.url}/identity",
        }
        clinic.write(RULEBOOK)
        yield clinic
