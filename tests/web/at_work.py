"""A clinic that ran once, and its dashboard: what many pages are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contacts.kit import ANA, BEN, Clinic
from tests.stories.acting import environment
from tests.support.mounting import LOOPBACK
from tests.web.conftest import Shop


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
