"""A clinic at work, made once: posted documents, a conflict, a void that asks, a difference; each test has a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ligament.app.reconcile import reconcile
from ligament.app.sync import sync
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator import control as desk
from ligament.simkit.hosting import Host
from ligament.wiring.clinic import Clinic as OpenClinic
from ligament.wiring.clinic import open_clinic
from ligament.wiring.settings import load_settings
from tests.browser.serving import Served, listening
from tests.contacts.kit import ANA, BEN, Clinic
from tests.stories.acting import environment
from tests.stories.clocks import StoryClock
from tests.web.browsing import Person, Telephone
from tests.web.conftest import Shop
from tests.web.crowd import STRANGE

HERE = "/c/riverside-physio"
MORE = """
[contacts.wins]
email = "ask"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is copied for each test: a home with its owner, and both worlds."""

    home: Path
    practice: Any
    books: Any
    now: datetime
    session: str
    telephone: Telephone
    invoices: tuple[str, ...]


@dataclass(slots=True)
class AtWork:
    """A copy at work: both systems listen, and the dashboard is served."""

    served: Served
    practice: Host[Any]
    books: Host[Any]
    clock: StoryClock
    invoices: tuple[str, ...]
    people: list[Person] = field(default_factory=list)

    @property
    def shop(self) -> Shop:
        """Return the installation."""
        return self.served.shop

    @contextmanager
    def opened(self) -> Iterator[OpenClinic]:
        """Open the clinic as another process would."""
        settings = load_settings(home=self.shop.home, environ=self.shop.environ)
        with open_clinic(settings, settings.clinics[0].name, None, self.shop.database) as clinic:
            yield clinic

    def run(self) -> None:
        """Let a run happen, as the schedule would."""
        with self.opened() as clinic:
            sync(clinic)

    def signed_in(self, email: str, role: str) -> str:
        """Let somebody join, and return the session of their browser."""
        person = self.shop.member(email, role)
        self.people.append(person)
        return str(person.client.cookies["ligament_session"])


def make(folder: Path) -> Made:
    """Make the clinic."""
    kit = Clinic(folder / "home")
    kit.rulebook(MORE)
    kit.edit_patient(BEN, last_name=STRANGE)
    invoices = (
        kit.invoice(ANA),
        kit.invoice(BEN, price="1120"),
        kit.invoice(ANA, price="60"),
        kit.invoice(ANA, price="45.50"),
    )
    kit.sync()
    kit.edit_contact(kit.contact(f"CLK-{ANA}").contact_id, EmailAddress="ana.books@example.org")
    kit.edit_patient(ANA, email="ana.practice@example.org")
    at = kit.later()
    kit.practice.change(lambda world: control.archive_invoice(world, invoices[2], at=at))
    kit.sync()
    ben = kit.contact(f"CLK-{BEN}").contact_id
    gone = next(one for one in kit.books.world.only().invoices.values() if one.contact_id == ben)
    at = kit.later()
    kit.books.change(lambda world: desk.void_invoice(world, gone.document_id, at=at))
    kit.sync()
    kit.later()
    with kit.app() as app:
        reconcile(app)
    return kept(kit, *invoices)


def kept(kit: Clinic, *invoices: str) -> Made:
    """Keep a clinic with its owner, so that it can be copied."""
    shop = Shop(home=kit.home, environ=environment("http://127.0.0.1:9/v1", "http://127.0.0.1:9"))
    shop.open()
    owner = shop.owner()
    shop.close()
    assert owner.telephone is not None
    return Made(
        home=kit.home,
        practice=kit.practice.world,
        books=kit.books.world,
        now=kit.clock.now(),
        session=str(owner.client.cookies["ligament_session"]),
        telephone=owner.telephone,
        invoices=invoices,
    )


@contextmanager
def at_work(made: Made, folder: Path) -> Iterator[AtWork]:
    """Copy the clinic and let it work."""
    home = folder / "home"
    shutil.copytree(made.home, home)
    clock = StoryClock(made.now)
    practice = Host(cliniko.handle, made.practice, clock=clock.tick, log_limit=10_000)
    books = Host(xero.handle, made.books, clock=clock.tick, log_limit=10_000)
    with practice, books:
        shop = Shop(home=home, environ=environment(f"{practice.url}/v1", books.url))
        shop.open()
        with listening(shop.app) as url:
            served = Served(shop=shop, url=url, session=made.session)
            served.telephone = Telephone(made.telephone.secret, made.telephone.used)
            yield AtWork(served=served, practice=practice, books=books, clock=clock, invoices=made.invoices)
        shop.close()
