"""A clinic that ran once, and its dashboard: what many pages are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ligament.wiring.clinic import open_clinic
from tests.contacts.kit import ANA, BEN, Clinic
from tests.stories.acting import environment
from tests.support.mounting import LOOPBACK
from tests.web.browsing import Person
from tests.web.conftest import Shop

KEYS = {
    "cliniko/key": "MS0xLWtleQ-au1",
    "xero/client_id": "0123456789ABCDEF0123456789ABCDEF",
    "xero/client_secret": "a-secret-of-the-custom-connection",
}
"""What a clinic that is connected has in its vault."""


def connect(shop: Shop) -> None:
    """Let the first clinic be connected to both systems; nothing was read yet."""
    settings = shop.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, shop.database) as clinic:
        for name, secret in KEYS.items():
            clinic.vault.put(name, secret)


def at_work(home: Path, rulebook: str = "") -> Clinic:
    """Return a clinic that posted two invoices, the second of which is large; `rulebook` is added to its rulebook."""
    made = Clinic(home)
    if rulebook:
        made.rulebook(rulebook)
    made.invoice(ANA)
    made.invoice(BEN, price="1120")
    made.sync()
    return made


@contextmanager
def shop_over(made: Clinic) -> Iterator[Shop]:
    """Serve the dashboard over a clinic's home until the test is over."""
    shop = Shop(home=made.home, environ=environment(f"{LOOPBACK}/v1", LOOPBACK))
    shop.open()
    try:
        yield shop
    finally:
        shop.close()


ASKS = '[approval]\nfirst_run = "auto"\ncreate = "ask above 500.00"\n[contacts.wins]\nemail = "ask"\n'


@contextmanager
def asking(home: Path) -> Iterator[Clinic]:
    """Return a clinic that asks about conflicts of e-mail and large invoices, both of its systems served."""
    made = Clinic(home)
    file = made.home / "ligament.toml"
    file.write_text(file.read_text(encoding="utf-8").partition("[approval]")[0] + ASKS, encoding="utf-8")
    with made.practice, made.books:
        yield made


def conflict(made: Clinic, who: str, name: str) -> None:
    """Let somebody's e-mail be changed to another one in each system."""
    made.edit_contact(made.contact(f"CLK-{who}").contact_id, EmailAddress=f"{name}.books@example.org")
    made.edit_patient(who, email=f"{name}.practice@example.org")


@contextmanager
def owner_over(made: Clinic) -> Iterator[Person]:
    """Return the owner, signed in to the dashboard over a clinic whose systems are served."""
    shop = Shop(home=made.home, environ=environment(f"{made.practice.url}/v1", made.books.url))
    shop.open()
    try:
        yield shop.owner()
    finally:
        shop.close()
