"""The limit that all organisations of one app share is kept."""

from __future__ import annotations

import pytest

from ligament.connectors.xero.simulator.switches import Switches
from ligament.connectors.xero.tests.books_kit import Desk, VirtualClock, desk
from ligament.core.ids import BooksId
from ligament.core.writes import OptionWrite, Verb
from ligament.net.governor import AppWide, Governor
from ligament.net.limit import Limit
from ligament.ports.errors import TryLater
from ligament.simkit.faults import FaultKind
from tests.support.windows import InMemoryWindows

APP = AppWide(scope="app", limit=Limit("app minute", 40, 60))


def of_app(clinic: str, clock: VirtualClock, windows: InMemoryWindows) -> Desk:
    switches = Switches(windows="rolling", app_minute_limit=40)
    return desk(switches=switches, clock=clock, governor=Governor(clinic, [], windows, clock, app_wide=APP))


def refused(here: Desk) -> int:
    return sum(1 for exchange in here.host.log if exchange.response and exchange.response.status == 429)


def test_the_limit_of_the_whole_app_is_foreseen() -> None:
    clock = VirtualClock()
    here = of_app("c1", clock, InMemoryWindows())
    for _ in range(100):
        here.books.users()
    assert refused(here) == 0
    assert sum(clock.pauses) >= 60_000


def test_when_the_servers_say_that_the_app_called_too_often_every_clinic_of_it_waits() -> None:
    clock, windows = VirtualClock(), InMemoryWindows()
    first, second = of_app("c1", clock, windows), of_app("c2", clock, windows)
    first.fail(FaultKind.ANSWER, status=429, headers=(("X-Rate-Limit-Problem", "appminute"), ("Retry-After", "20")))
    option = OptionWrite(category_id=BooksId("00000000-0000-0000-0000-000000000001"), name="Ada")
    with pytest.raises(TryLater):
        first.books.send(first.books.prepare(Verb.ADD_OPTION, [option]), "key")
    assert clock.pauses == []
    second.books.users()
    assert sum(clock.pauses) == 20_000
