"""A clinic with something of everything behind the interface, for calls that are made from its description."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ligament.core.events import EventType
from tests.faults.clocks import WorkerClock
from tests.support.mounting import mounted
from tests.support.practice import PATIENT
from tests.support.stage import RULEBOOK, stage
from tests.web.calling import Tool, tool
from tests.web.conftest import Shop
from tests.web.test_interface_runs import runner

ASKING = RULEBOOK.replace('first_run = "auto"', 'first_run = "ask"')


@dataclass(slots=True)
class Ground:
    """A served clinic, and the names that lead to what it holds, by path parameter and by noun."""

    shop: Shop
    known: dict[str, list[str]]

    def tool(self, *scopes: str) -> Tool:
        return tool(self.shop, *scopes)

    def work(self) -> bool:
        """Do one run that was asked for, as the service does."""
        return runner(self.shop).once()


@contextmanager
def opened_ground(home: Path) -> Iterator[Ground]:
    """Open it: documents, a hold, changes that wait, a hook with deliveries, runs and a comparison."""
    here = stage(home, rulebook=f"{ASKING}[hooks]\nallow_private = ['127.0.0.1']\n")
    shop = Shop(home=here.home, environ=dict(here.environ))
    shop.open()
    working = shop.door.place.runner
    working.transports = {"cliniko": mounted(here.practice), "xero": mounted(here.books)}
    working.calendar = WorkerClock(here.time)
    made = tool(shop, "admin")
    (row,) = made.get("/api/v1/clinics").json["data"]
    root = f"/api/v1/clinics/{row['id']}"
    invoice = here.invoice(paid=True)
    here.invoice(tax_name="Odd", tax_rate="10")
    hook, spare = (made.post(f"{root}/hooks", {"url": "http://127.0.0.1:9/in"}).json["id"] for _ in range(2))
    run = made.post(f"{root}/runs").json["id"]
    made.post(f"{root}/reconciliations")
    while runner(shop).once():
        pass
    lists = {
        name: [one["id"] for one in made.get(f"{root}/{name}").json["data"]]
        for name in ("holds", "variances", "approvals", "reconciliations", f"hooks/{hook}/deliveries")
    }
    assert all(lists.values()), lists
    known = {
        "clinic": [row["id"]],
        "contacts": [PATIENT],
        "documents": [invoice],
        "delivery": lists[f"hooks/{hook}/deliveries"],
        "name": ["revenue", "gst", "debtors", "payers", "activity"],
        "type": [kind.value for kind in EventType],
        "runs": [run],
        "hooks": [hook],
        "hooks to end": [spare],
        "reconciliations": lists["reconciliations"],
        "holds": lists["holds"],
        "variances": lists["variances"],
    }
    try:
        yield Ground(shop, known)
    finally:
        shop.close()
