"""An installation with two clinics behind the real application, over a real database, and people before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from litestar.testing import TestClient

from ligament.app.access import proofs
from ligament.app.access.first_start import start_link
from ligament.app.access.users import Acting, Invited, invite
from ligament.engine.inline import InlineEngine
from ligament.service.health import Metrics
from ligament.service.incoming import WebhookReceiver
from ligament.service.opening import Service
from ligament.service.runner import ClinicRunner
from ligament.service.scheduler import Scheduler, reloading
from ligament.service.stopping import StopSign
from ligament.store.database.connection import Database, open_database
from ligament.web.application import application
from ligament.wiring.access import Access, open_access
from ligament.wiring.settings import load_settings
from ligament.wiring.setup_key import setup_key
from tests.web.browsing import Person, seen_from

RULES = """[clinic]
name = "{name}"
time_zone = "Australia/Melbourne"
[accounts]
default = "200"
[payments]
account = "090"
"""
HERE = "http://127.0.0.1:8321"


@dataclass(slots=True)
class Shop:
    """The dashboard of one home; opened again, it is as after a restart."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)
    moved_on: timedelta = timedelta(0)
    database: Database = field(init=False)
    door: Service = field(init=False)
    app: Any = None

    def open(self) -> None:
        """Start."""
        settings = load_settings(home=self.home, environ=self.environ, may_be_empty=True)
        self.database = open_database(settings.database_url)
        runner = ClinicRunner(settings=settings, database=self.database, sign=StopSign())
        place = Scheduler(runner=runner, engine=InlineEngine(), executor="this", reload=reloading(self.home))
        place.ticked_at = datetime.now(UTC)
        receiver = WebhookReceiver(
            current=lambda: runner.settings, database=self.database, now=runner.clock.now, wake=place.wake.now
        )
        self.door = Service(place=place, receiver=receiver, metrics=Metrics())
        start_link(settings, self.database, HERE)
        self.app = application(self.door)

    def close(self) -> None:
        """Stop."""
        self.database.close()

    def restart(self, later: timedelta = timedelta(0)) -> None:
        """Stop and start again, perhaps with a calendar that has gone on."""
        self.close()
        self.moved_on += later
        if self.moved_on:
            self.environ["LIGAMENT_NOW"] = (datetime.now(UTC) + self.moved_on).isoformat()
        self.open()

    @property
    def access(self) -> Access:
        return open_access(lambda: self.door.place.runner.settings, self.database)

    @property
    def key(self) -> str:
        return setup_key(self.home)

    def person(self, address: str = "127.0.0.1", base: str = HERE) -> Person:
        """Return somebody with a browser of their own."""
        return Person(client=TestClient(seen_from(self.app, address), base_url=base))

    def returns(self, person: Person) -> Person:
        """Return the same browser, cookies and all, before what was started anew."""
        again = self.person()
        for cookie in person.client.cookies.jar:
            again.client.cookies.set(cookie.name, cookie.value or "", domain=cookie.domain, path=cookie.path)
        again.telephone = person.telephone
        return again

    def invited(self, email: str, role: str, *only: str) -> str:
        """Invite somebody on the command line's way, and return the link."""
        found = invite(self.access, Acting(actor="test", source="cli"), email=email, role=role, only=only)
        assert isinstance(found, Invited)
        return self.access.link("/invitation", found.key)

    def member(self, email: str, role: str, *only: str) -> Person:
        """Return somebody who joined, signed in."""
        person = self.person()
        person.join(self.invited(email, role, *only))
        return person

    def owner(self) -> Person:
        """Return the owner, signed in."""
        person = self.person()
        person.set_up(self.key)
        return person


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let passwords cost next to nothing here; one test looks at what they really cost."""
    monkeypatch.setattr(proofs, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    proofs._of_nobody.cache_clear()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "clinics").mkdir()
    for name in ("North", "South"):
        (tmp_path / "clinics" / f"{name}.toml").write_text(RULES.format(name=name))
    made = Shop(home=tmp_path, environ=dict(LOOPBACK))
    made.open()
    yield made
    made.close()


@pytest.fixture
def empty_shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(home=tmp_path, environ=dict(LOOPBACK))
    made.open()
    yield made
    made.close()


LOOPBACK = {
    "LIGAMENT_CLINIKO_URL": "http://127.0.0.1:1/v1",
    "LIGAMENT_XERO_API_URL": "http://127.0.0.1:1",
    "LIGAMENT_XERO_IDENTITY_URL": "http://127.0.0.1:1",
}
"""Addresses at which nothing answers, so that a test may set the calendar."""
