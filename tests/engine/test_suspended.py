"""A worker suspended between keeping a call and sending it: another takes over, and the call never leaves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ligament.app.sync import sync
from ligament.store.database.errors import Fenced
from ligament.wiring.clinic import Overrides, open_clinic
from tests.faults.clocks import TrueTime, WorkerClock
from tests.support.mounting import mounted
from tests.support.stage import Stage, stage

PAYMENTS = "/api.xro/2.0/Payments"


@dataclass(slots=True)
class Suspended:
    """A worker's clock; `meanwhile` is what happens during its next wait, once it is set."""

    time: TrueTime
    meanwhile: list[Callable[[], None]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time.at

    def monotonic_ms(self) -> int:
        return WorkerClock(self.time).monotonic_ms()

    def pause_ms(self, milliseconds: int) -> None:
        WorkerClock(self.time).pause_ms(milliseconds)
        while self.meanwhile:
            self.meanwhile.pop()()


class LastOfTheMinute(httpx2.BaseTransport):
    """Says behind the new invoices that no call is left in this minute, so that the next one has to wait."""

    def __init__(self, inner: httpx2.BaseTransport, then: Callable[[], None]) -> None:
        self._inner, self._then = inner, then

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass a request on."""
        answer = self._inner.handle_request(request)
        if request.method == "PUT" and request.url.path.endswith("/Invoices"):
            answer.headers["X-MinLimit-Remaining"] = "0"
            self._then()
        return answer


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url").replace("postgresql+psycopg://", "postgresql://")
    return stage(tmp_path / "one", database=url)


def elsewhere(made: Stage) -> Stage:
    """Return the same clinic as another machine sees it: its own home, the same database."""
    home = made.home.with_name("another-machine")
    shutil.copytree(made.home, home, ignore=shutil.ignore_patterns("*.db*", "*.lock", "*.head"))
    return Stage(home=home, time=made.time, practice=made.practice, books=made.books, environ=made.environ)


def run(made: Stage, meanwhile: Callable[[], None]) -> dict[str, Any]:
    """Run a cycle; while its first payment, kept already, waits for its minute, something happens."""
    clock = Suspended(made.time)
    books = LastOfTheMinute(mounted(made.books), lambda: clock.meanwhile.append(meanwhile))
    outside = Overrides(transports={"cliniko": mounted(made.practice), "xero": books}, clock=clock)
    with open_clinic(made.settings(), outside=outside) as app:
        return sync(app).document


def test_what_an_overtaken_worker_had_kept_but_not_sent_never_leaves(made: Stage) -> None:
    invoice, seen = made.invoice(paid=True), list[str]()

    def overtaken() -> None:
        """Twenty minutes pass; the payment was a mistake and is taken back; another machine does a whole run."""
        with made.app() as app:
            seen.extend(one.verb.value for one in app.store.unfinished_intents())
        made.pass_time(minutes=20)
        made.unpay(invoice)
        seen.append(f"another machine settled {elsewhere(made).sync()['recovered']}")

    with pytest.raises(Fenced):
        run(made, overtaken)
    assert seen == ["pay", "another machine settled 1"]
    assert PAYMENTS not in [one.request.path for one in made.books.log if one.request.method == "PUT"]
    assert made.sync()["planned"]["payments"] == 0
    assert not made.kept_books().payments
