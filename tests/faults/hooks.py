"""Webhooks of the simulated books: signed, taken in by the real receiver, and lost, doubled, late or out of order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ligament.app.results import Result
from ligament.app.sync import sync
from ligament.connectors.xero.simulator.webhooks import Delivery, Subscription, deliveries
from ligament.core.ids import BooksId
from ligament.flow.read.read import Hint
from ligament.service.incoming import GOOD, WebhookReceiver
from ligament.store.shared.webhook_events import WebhookEvents
from ligament.wiring.clinic import Clinic as OpenClinic
from tests.faults.homes import HOOK_KEY
from tests.faults.wires import Killed

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.world import World
    from tests.faults.simulation import Simulation

PATH = "/webhooks/xero"


@dataclass(slots=True)
class Hooks:
    """What the books tell of each change; what is not taken is sent again, what is on its way may arrive later."""

    sim: Simulation
    subscription: Subscription = field(default_factory=lambda: Subscription(key=HOOK_KEY))
    under_way: list[Delivery] = field(default_factory=list)
    receiver: WebhookReceiver = field(init=False)

    def __post_init__(self) -> None:
        sim = self.sim
        self.receiver = WebhookReceiver(
            current=lambda: sim.settings, database=sim.database, now=lambda: sim.time.at, wake=lambda: None
        )

    def tell(self, before: World, after: World) -> None:
        """Send what changed in the books, each delivery with its own fate."""
        self.subscription, posts = deliveries(before, after, self.subscription, at=self.sim.time.at)
        for post in posts:
            match self.sim.fate_of_hook():
                case "hook_lost":
                    continue
                case "hook_twice":
                    self._arrive(post)
                    self._arrive(post)
                case "hook_late":
                    # It arrives before the next run, behind everything that was sent later.
                    self.under_way.append(post)
                case _:
                    self._arrive(post)

    def catch_up(self) -> None:
        """Let everything arrive that is still under way, the newest first."""
        waiting, self.under_way = self.under_way, []
        for post in reversed(waiting):
            self._arrive(post)

    def _arrive(self, post: Delivery) -> None:
        headers = {name.lower(): value for name, value in post.headers}
        try:
            taken = self.receiver.receive(PATH, headers.__getitem__, post.body) == GOOD
        except Killed:
            # Nobody is there to take it; the process that should have dies at its own next step.
            taken = False
        if not taken:
            self.under_way.append(post)


def run_hinted(app: OpenClinic) -> Result:
    """Do what the scheduler does when hints wait and it is not time to read everything; else read the practice only."""
    clinic = app
    hints = WebhookEvents(clinic.database, clinic.clock.now)
    waiting = hints.of(clinic.settings.name)
    if not waiting:
        return sync(app, leave_books=True)
    named = tuple(Hint(kind=held.kind, id=BooksId(held.resource), at=held.at) for held in waiting)
    verdict = sync(app, hints=named)
    if not verdict.document.get("parked"):
        hints.done(clinic.settings.name, waiting)
    return verdict
