"""One clinic in this process: both simulators under the real application, and time that only moves when told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ligament.app.sync import sync
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator import control as office
from ligament.simkit.hosting import Host
from ligament.wiring.clinic import Clinic as OpenClinic
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.settings import Settings, load_settings
from tests.faults.clocks import START, TICK, TrueTime, WorkerClock
from tests.stories.acting import environment
from tests.support import practice
from tests.support.mounting import LOOPBACK, mounted
from tests.support.practice import PATIENT, PLACE, small_practice

RULEBOOK = practice.RULEBOOK.replace(" Physio", "") + 'void = "auto"\n'


@dataclass(slots=True)
class Stage:
    """Both systems, the home, and the course of time."""

    home: Path
    time: TrueTime
    practice: Host[Any]
    books: Host[Any]
    environ: dict[str, str]

    def settings(self, **more: str) -> Settings:
        """Read the settings as every command does."""
        return load_settings(home=self.home, environ={**self.environ, **more})

    def outside(self) -> Overrides:
        """Return what the application is opened with."""
        return Overrides(
            transports={"cliniko": mounted(self.practice), "xero": mounted(self.books)}, clock=WorkerClock(self.time)
        )

    @contextmanager
    def app(self) -> Iterator[OpenClinic]:
        """Open the application, as a new process would."""
        with open_clinic(self.settings(), outside=self.outside()) as opened:
            yield opened

    def sync(self, **how: Any) -> dict[str, Any]:
        """Run one cycle in a process of its own, a minute after whatever was before."""
        self.time.advance(timedelta(minutes=1))
        with self.app() as app:
            return sync(app, **how).document

    def pass_time(self, **span: float) -> datetime:
        """Let time go by."""
        return self.time.advance(timedelta(**span))

    # --- people -------------------------------------------------------------------------------------------------------
    def patient(self, number: int, first: str = "Ada", last: str = "Sample") -> str:
        """Take somebody on."""
        key = f"141000000000000{number:04}"
        told = {"id": key, "first_name": first, "last_name": last, "email": f"p{number}@mail.example"}
        at = self.pass_time(seconds=30)
        self.practice.change(lambda world: cliniko.put(world, "patients", {**told, "created_at": at, "updated_at": at}))
        return key

    def invoice(self, *, price: str = "95.00", paid: bool = False, patient: str = PATIENT, **line: str) -> str:
        """Raise an invoice, and return its id."""
        at, made = self.pass_time(seconds=30), ""
        lines = [{"name": "Consult", "unit_price": price, **line}]

        def change(world: Any) -> Any:
            nonlocal made
            world, made = desk.create_invoice(world, {**PLACE, "patient_id": patient}, lines, at=at)
            return desk.pay_invoice(world, made, at=at)[0] if paid else world

        self.practice.change(change)
        return made

    def pay(self, invoice: str) -> None:
        """Take the money for an invoice."""
        at = self.pass_time(seconds=30)
        self.practice.change(lambda world: desk.pay_invoice(world, invoice, at=at)[0])

    def unpay(self, invoice: str) -> None:
        """Archive the payments of an invoice, so that it is open again."""
        at = self.pass_time(seconds=30)
        self.practice.change(lambda world: desk.archive_payments_of(world, invoice, at=at))

    # --- what the books hold ------------------------------------------------------------------------------------------
    def kept_books(self) -> Any:
        """Return the organisation."""
        return self.books.world.only()

    def writes(self) -> list[str]:
        """Return what was asked of the books that would change something, since the log was last cleared."""
        return [
            f"{one.request.method} {one.request.path}"
            for one in self.books.log
            if one.request.method in {"PUT", "POST", "DELETE"} and "/connect/" not in one.request.path
        ]

    def clear_log(self) -> None:
        """Forget what was asked so far."""
        self.books.clear_log()
        self.practice.clear_log()


def stage(home: Path, *, rulebook: str = RULEBOOK, database: str = "", now: datetime = START) -> Stage:
    """Set a stage: one practice with one patient, and empty books."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "ligament.toml").write_text(rulebook, encoding="utf-8")
    time = TrueTime(at=now)
    empty = cliniko.World.empty(at=now - timedelta(days=90))
    kept_practice = small_practice(empty, practice.ADA, since=now - timedelta(days=30))
    kept = xero.australian_books()
    ledger = xero.World.new(kept, apps=[xero.custom_app(kept, day_limit=5000)])

    def clock() -> datetime:
        return time.advance(TICK)

    environ = environment(f"{LOOPBACK}/v1", LOOPBACK)
    if database:
        environ["LIGAMENT_DATABASE_URL"] = database
    return Stage(
        home=home,
        time=time,
        practice=Host(cliniko.handle, kept_practice, clock=clock, log_limit=10_000),
        books=Host(xero.handle, ledger, clock=clock, log_limit=10_000),
        environ=environ,
    )


def set_native(stage_: Stage, *, enabled: bool) -> None:
    """Switch the practice's own integration on or off."""
    stage_.practice.change(lambda world: desk.set_native_xero(world, enabled=enabled))


def disconnect(stage_: Stage) -> None:
    """Let somebody take the connection away in the books."""
    stage_.books.change(office.disconnect)
