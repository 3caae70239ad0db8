"""A clinic whose books were kept by an older link for a year, and Ligament that has never seen them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ligament.app.audit import audit
from ligament.app.results import Result
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as practice_desk
from ligament.connectors.cliniko.simulator.demo_old_link import enter
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator.demo_old_link import post
from ligament.core.periods import Period
from ligament.simkit.hosting import Host
from ligament.simkit.old_link import OldYear, old_year
from tests.contacts.kit import Clinic

LAST_DAY = date(2026, 11, 20)
READING = frozenset(
    {
        "accounting.contacts.read",
        "accounting.invoices.read",
        "accounting.payments.read",
        "accounting.settings.read",
    }
)
BANK = "accounting.banktransactions.read"
EVERYTHING = Period()


def old_clinic(
    home: Path, *, scopes: frozenset[str] = READING | {BANK}, seed: int = 7, link_on: bool = True, **options: Any
) -> tuple[Clinic, OldYear]:
    """Return the clinic as the older link left it, to be read with those permissions only."""
    clinic, year = Clinic(home), old_year(seed, LAST_DAY, **options)
    clinic.practice = Host(
        cliniko.handle,
        practice_desk.set_native_xero(enter(cliniko.World.empty(), year), enabled=link_on),
        clock=clinic.clock.tick,
        log_limit=100_000,
    )
    kept = xero.australian_books()
    app = xero.custom_app(kept, day_limit=100_000)
    ledger = xero.World.new(kept, apps=[_with(app, scopes)])
    clinic.books = Host(xero.handle, post(ledger, year), clock=clinic.clock.tick, log_limit=100_000)
    return clinic, year


def _with(app: Any, scopes: frozenset[str]) -> Any:
    return replace(app, scopes=scopes)


def audited(clinic: Clinic, period: Period = EVERYTHING) -> Result:
    """Audit the clinic as a new process would."""
    clinic.later()
    with clinic.app() as app:
        return audit(app, period)


def changed(clinic: Clinic, change: Callable[[Any, Any], Any]) -> None:
    """Let somebody change the books."""
    at = clinic.later()
    clinic.books.change(lambda world: change(world, at))
