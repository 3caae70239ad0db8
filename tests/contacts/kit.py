"""A clinic of a few people on mounted simulators and a virtual clock: nothing leaves this process, nothing waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ligament.app.sync import sync
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator import control as desk
from ligament.simkit.hosting import Host
from ligament.wiring.clinic import Clinic as OpenClinic
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.settings import load_settings
from tests.stories.acting import environment
from tests.stories.clocks import StoryClock
from tests.support.mounting import LOOPBACK, mounted
from tests.support.practice import BUSINESS, PRACTITIONER, RULEBOOK, small_practice

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=90)
ANA, BEN = "1410000000000000001", "1410000000000000002"
PATIENTS: tuple[Mapping[str, object], ...] = (
    {
        "id": ANA, "first_name": "Ana", "last_name": "Silva", "email": "ana@example.org", "country_code": "AU",
        "patient_phone_numbers": [{"number": "0491 570 156", "phone_type": "Mobile"}],
        "address_1": "1 Made-up Street", "city": "Richmond", "state": "VIC", "post_code": "3121",
    },
    {"id": BEN, "first_name": "Ben", "last_name": "Okafor", "email": "ben@example.org"},
)  # fmt: skip


@dataclass(slots=True)
class Clinic:
    """Both systems, a home, and the virtual clock they share."""

    home: Path
    clock: StoryClock = field(default_factory=lambda: StoryClock(NOW))
    database: str = ""
    """The address of another database than the file in the home."""
    practice: Host[Any] = field(init=False)
    books: Host[Any] = field(init=False)

    def __post_init__(self) -> None:
        kept = xero.australian_books()
        ledger = xero.World.new(kept, apps=[xero.custom_app(kept, day_limit=100_000)])
        world = small_practice(cliniko.World.empty(), *PATIENTS, since=LONG_AGO)
        self.practice = Host(cliniko.handle, world, clock=self.clock.tick, log_limit=100_000)
        self.books = Host(xero.handle, ledger, clock=self.clock.tick, log_limit=100_000)
        self.home.mkdir(parents=True, exist_ok=True)
        self.rulebook()

    def rulebook(self, more: str = "") -> None:
        """Write the rulebook with something added."""
        (self.home / "ligament.toml").write_text(RULEBOOK + more, encoding="utf-8")

    def settings(self) -> Any:
        environ = environment(f"{LOOPBACK}/v1", LOOPBACK)
        if self.database:
            environ["LIGAMENT_DATABASE_URL"] = self.database
        return load_settings(home=self.home, environ=environ)

    @contextmanager
    def app(self) -> Iterator[OpenClinic]:
        """Open Ligament as a new process would."""
        transports = {"cliniko": mounted(self.practice), "xero": mounted(self.books)}
        with open_clinic(self.settings(), outside=Overrides(transports=transports, clock=self.clock)) as app:
            yield app

    def sync(self, *, full: bool = False) -> dict[str, Any]:
        """Let half a minute pass and run one cycle."""
        self.later()
        with self.app() as app:
            return sync(app, full=full).document

    def later(self, seconds: int = 30) -> datetime:
        """Let time pass, and return the instant."""
        self.clock.pause_ms(seconds * 1000)
        return self.clock.now()

    # --- people at work ---------------------------------------------------------------------------------------------

    def merged_into_new(self, patient: str, name: str) -> str:
        """Let the bookkeeper make a contact and merge the patient's into it; returns the id of the one that is left."""
        at = self.later()
        self.books.change(lambda world: desk.create_contact(world, {"Name": name}, at=at)[0])
        winner: str = next(held.contact_id for held in self.contacts() if held.name == name)
        loser, at = self.contact(f"CLK-{patient}").contact_id, self.later()
        self.books.change(lambda world: desk.merge_contacts(world, loser_id=loser, winner_id=winner, at=at))
        return winner

    def edit_patient(self, patient: str, **fields: object) -> None:
        at = self.later()
        self.practice.change(lambda world: control.edit_record(world, "patients", patient, fields, at=at))

    def edit_contact(self, contact: str, **fields: object) -> None:
        at = self.later()
        self.books.change(lambda world: desk.edit_contact(world, contact, fields, at=at))

    def invoice(self, patient: str, price: str = "95", **fields: object) -> str:
        """Issue an invoice and return its id."""
        at, made = self.later(), ""
        place = {"patient_id": patient, "business_id": BUSINESS, "practitioner_id": PRACTITIONER}

        def issue(world: Any) -> Any:
            nonlocal made
            lines = [{"name": "Consult", "unit_price": price}]
            world, made = control.create_invoice(world, {**place, **fields}, lines, at=at)
            return world

        self.practice.change(issue)
        return made

    # --- what is there ----------------------------------------------------------------------------------------------

    def contact(self, number: str) -> Any:
        """Return the contact with our number."""
        return next(held for held in self.contacts() if held.number == number)

    def contacts(self) -> list[Any]:
        return list(self.books.world.only().contacts.values())

    def patient(self, patient: str) -> Mapping[str, Any]:
        return cliniko.get(self.practice.world, "patients", patient) or {}

    @contextmanager
    def heard(self) -> Iterator[list[str]]:
        """Collect every request meanwhile that would change something."""
        starts = [(host, len(host.log)) for host in (self.practice, self.books)]
        said: list[str] = []
        yield said
        for host, start in starts:
            requests = [exchange.request for exchange in host.log[start:]]
            said += [f"{one.method} {one.path}" for one in requests if one.method != "GET" and "token" not in one.path]
