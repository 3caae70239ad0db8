"""The clinics that pages are looked at with: one at its first day, one at work, a crowded one, the demo's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ligament.app.access.demo import demo_link
from ligament.app.approvals import approve
from ligament.app.notices.subscriptions import NewHook, add
from ligament.app.reconcile import reconcile
from ligament.app.sync import sync
from ligament.connectors.xero.simulator import control as desk
from ligament.core.events import EventType, example
from ligament.core.holds import HoldCode
from ligament.demo.demo import set_stage
from ligament.engine.schedule import paused
from ligament.simkit.story import Size
from ligament.store.shared.deliveries import keep_events
from ligament.wiring.clinic import open_clinic
from tests.browser.at_work import HERE, AtWork, Made, at_work, kept, make
from tests.browser.serving import Served, listening
from tests.contacts.kit import Clinic
from tests.web.conftest import LOOPBACK, RULES, Shop
from tests.web.crowd import STRANGE, hold_many

MANY = 500


@dataclass(slots=True)
class World:
    """A served dashboard, and the addresses in it that only this one has, by name."""

    served: Served
    root: str
    known: dict[str, str] = field(default_factory=dict)
    work: AtWork | None = None

    def address(self, path: str) -> str:
        """Return an address of this dashboard; `@/` is the clinic, and `{name}` what only this one has."""
        return path.replace("@", self.root, 1).format(**self.known)


@contextmanager
def first_day(home: Path) -> Iterator[World]:
    """Several clinics of which nothing was ever read, one that stopped, and one with a name longer than any column."""
    (home / "clinics").mkdir(parents=True)
    names = ("North", "South", f"{STRANGE.partition('> ')[2]} Physiotherapy and Hydrotherapy Centre")
    for name in names:
        (home / "clinics" / f"{name[:5]}.toml").write_text(RULES.format(name=name))
    with _served(home, dict(LOOPBACK)) as served:
        runner = served.shop.door.place.runner
        stopped = runner.statuses.one("South")
        runner.statuses.keep(paused(stopped, runner.clock.now(), "Sign in to Xero again: its answer was no."))
        invited = served.shop.invited(
            "bookkeeper.with.a.long.name@riverside-physiotherapy.example", "bookkeeper", "north"
        )
        served.shop.member("viewer@x.example", "viewer")
        demo_link(served.shop.access)
        link = invited.split("8321", 1)[-1]
        yield World(served, "/c/north", {"invitation": link.lstrip("/"), "hook": _hooked(served.shop, "South")})


def _hooked(shop: Shop, name: str) -> str:
    """Let a clinic have a hook with a message on its way, and return the hook's id."""
    wanted = NewHook(
        url="https://93.184.216.34/webhook/ligament-of-the-riverside-clinic",
        events=tuple(one.value for one in EventType),
    )
    with open_clinic(shop.access.settings(), name, None, shop.database) as clinic:
        made = add(clinic, wanted).document
        told = example(EventType.RUN_COMPLETED, clinic.journal.told_as)
        with clinic.journal.writing() as writing:
            keep_events(writing.connection, clinic.journal.clinic, [told], clinic.clock.now())
    return str(made["id"])


@contextmanager
def crowded(home: Path) -> Iterator[World]:
    """A clinic whose records wait by the hundred, for every reason there is."""
    (home / "clinics").mkdir(parents=True)
    (home / "clinics" / "north.toml").write_text(RULES.format(name="North"))
    with _served(home, dict(LOOPBACK)) as served:
        hold_many(served.shop, MANY)
        yield World(served, "/c/north")


@contextmanager
def working(home: Path, made: Made | None = None) -> Iterator[World]:
    """The clinic at work: a conflict, a void that asks, a difference, and a name that would do harm."""
    with at_work(made or make(home / "made"), home) as work:
        with work.opened() as clinic:
            (conflict,) = [one for one in clinic.store.open_holds() if one.code is HoldCode.FIELD_CONFLICT]
            comparison = clinic.variances.comparisons(1)[0]
            runs = [run for run in clinic.runs.newest(20) if run.kind == "sync"]
            known = {
                "conflict": conflict.id,
                "comparison": comparison.id,
                "run": str(runs[-1].id),
                "contact": conflict.subject.id,
                "document": work.invoices[0],
                "gone": work.invoices[1],
            }
        yield World(work.served, HERE, known, work)


@contextmanager
def doubtful(home: Path) -> Iterator[World]:
    """A clinic in whose books two contacts may be the same patient."""
    kit = Clinic(home / "made")
    for name in ("Ana Silva", "Silva Ana"):
        element, at = {"Name": name, "EmailAddress": "ana@example.org"}, kit.later()
        kit.books.world = desk.create_contact(kit.books.world, element, at=at)[0]
    kit.sync()
    with at_work(kept(kit), home) as work:
        with work.opened() as clinic:
            (hold,) = clinic.store.open_holds()
        yield World(work.served, HERE, {"hold": hold.id}, work)


@contextmanager
def made_up(home: Path) -> Iterator[World]:
    """The demo's clinic after its first runs, the last of which is still to come: something waits to be approved."""
    del home
    with set_stage(1, Size.SMALL) as stage:
        with stage.app() as clinic:
            sync(clinic)
            approve(clinic, by="demo")
            sync(clinic)
            reconcile(clinic)
        environ = {"LIGAMENT_NOW": stage.clock.now().isoformat()}
        for server in stage.servers.values():
            environ.update(server.part.environment(server.host.world, server.host.url))
        with _served(stage.settings.home, environ) as served:
            demo_link(served.shop.access)
            (clinic_id,) = served.shop.access.clinics()
            yield World(served, f"/c/{clinic_id}")


@contextmanager
def untouched(home: Path) -> Iterator[World]:
    """A home in which nothing is: set-up begins."""
    home.mkdir(parents=True)
    shop = Shop(home=home, environ=dict(LOOPBACK))
    shop.open()
    try:
        with listening(shop.app) as url:
            yield World(Served(shop=shop, url=url), "", {"key": shop.key})
    finally:
        shop.close()


@contextmanager
def _served(home: Path, environ: dict[str, str]) -> Iterator[Served]:
    """Serve a home, with an owner who is signed in wherever a page is opened."""
    shop = Shop(home=home, environ=environ)
    shop.open()
    try:
        owner = shop.owner()
        with listening(shop.app) as url:
            served = Served(shop=shop, url=url, session=str(owner.client.cookies["ligament_session"]))
            served.telephone = owner.telephone
            yield served
    finally:
        shop.close()
