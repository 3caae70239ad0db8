"""What trouble costs in calls: none without faults, a tenth at most with 2 % of them, a backlog at 1.2 x the least."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from pathlib import Path
from random import Random

import httpx2

from benchmarks.calls import ENVIRONMENT, Stage, least_of_first
from benchmarks.clinic import LARGE, SMALL, Size, edited
from benchmarks.figures import Figure
from ligament.app.sync import sync
from ligament.ports.errors import PortError
from ligament.simkit.hosting import Exchange
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.settings import load_settings
from tests.support.mounting import mounted

PERCENT = 2
OUTAGE, POLL = timedelta(hours=12), timedelta(minutes=10)
BACKLOG = 200
BUSY_POLLS = 36
"""In so many of the polls during the outage somebody edits invoices."""
KINDS = ("no_connection", "dropped_before", "dropped_after", "torn", "500", "503", "429")


class Struck(httpx2.BaseTransport):
    """Carries requests, strikes some of them, and counts all that left."""

    def __init__(self, inner: httpx2.BaseTransport, stage: Stage, percent: int) -> None:
        self._inner, self._stage, self._percent = inner, stage, percent
        self._rng = Random("retries")
        self.sent = self.struck = 0
        self.down_until: datetime | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request, or what becomes of it."""
        self.sent += 1
        if self.down_until is not None and self._stage.clock.now() < self.down_until:
            return httpx2.Response(503)
        # Signing in is not part of the work that is counted.
        if self._rng.random() * 100 >= self._percent or request.url.path.startswith("/connect"):
            return self._inner.handle_request(request)
        self.struck += 1
        return self._trouble(KINDS[self.struck % len(KINDS)], request)

    def _trouble(self, kind: str, request: httpx2.Request) -> httpx2.Response:
        match kind:
            case "no_connection":
                raise httpx2.ConnectError("connection refused")
            case "dropped_before":
                raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")
            case "dropped_after":
                self._inner.handle_request(request)
                raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")
            case "torn":
                answer = self._inner.handle_request(request)
                body = answer.read()
                return httpx2.Response(answer.status_code, content=body[: len(body) // 2])
            case "429":
                return httpx2.Response(429, headers={"Retry-After": "2", "X-Rate-Limit-Problem": "minute"})
            case _:
                return httpx2.Response(int(kind))


class Troubled(Stage):
    """Both simulators behind a wire that fails now and then."""

    def __init__(self, home: Path, size: Size, percent: int) -> None:
        super().__init__(home, size)
        self.wires = {
            "cliniko": Struck(mounted(self.practice), self, percent),
            "xero": Struck(mounted(self.books), self, percent),
        }
        self._home = home

    def sent(self) -> int:
        """Return how many requests left, signing in included."""
        return sum(wire.sent for wire in self.wires.values())

    def struck(self) -> int:
        """Return how many of them were struck."""
        return sum(wire.struck for wire in self.wires.values())

    def go(self) -> tuple[bool, dict[str, dict[str, int]]]:
        """Run once; says whether it came to its end, and what it made."""
        settings = load_settings(home=self._home, environ=ENVIRONMENT)
        try:
            with open_clinic(settings, outside=Overrides(transports=self.wires, clock=self.clock)) as app:
                return True, sync(app).document
        except PortError:
            return False, {}

    def until_done(self) -> None:
        """Run until a run comes to its end."""
        for _ in range(20):
            if self.go()[0]:
                return
            self.later(timedelta(minutes=1))
        raise AssertionError("twenty runs in a row did not come to their end")


def measure(*, small: bool = False) -> list[Figure]:
    """Run a first run without faults and with some, and drain what gathered while the books were away."""
    size = SMALL if small else LARGE
    with tempfile.TemporaryDirectory() as folder:
        calm = Troubled(_home(folder, "calm"), size, 0)
        calm.until_done()
        repeated = _repeated(calm.practice.log) + _repeated(calm.books.log)
        struck = Troubled(_home(folder, "struck"), size, PERCENT)
        struck.until_done()
        assert struck.struck(), "nothing was struck"
        away = Troubled(_home(folder, "away"), SMALL, 0)
        return [
            Figure(
                name="retries: calls repeated without faults",
                measured=calm.sent() + repeated,
                yardstick=calm.sent(),
                unit="calls",
                against="the calls of the run",
                limit=1,
            ),
            Figure(
                name=f"retries: first run with {PERCENT} % of all calls struck",
                measured=struck.sent(),
                yardstick=calm.sent(),
                unit="calls",
                against="the same without faults",
                limit=1.1,
                note=f"{struck.struck()} calls struck, the least possible are {sum(least_of_first(size))}",
            ),
            _backlog(away),
        ]


def _home(folder: str, name: str) -> Path:
    home = Path(folder) / name
    home.mkdir()
    return home


def _repeated(log: list[Exchange]) -> int:
    """Return how many requests said exactly what another one of the same run said."""
    said = Counter((one.request.method, one.request.path, one.request.query, one.request.body) for one in log)
    return sum(count - 1 for what, count in said.items() if not what[1].startswith("/connect"))


def _backlog(stage: Troubled) -> Figure:
    stage.until_done()
    stage.later(timedelta(minutes=6))
    stage.go()
    stage.wires["xero"].down_until = stage.clock.now() + OUTAGE
    places = [place for place in range(stage.size.invoices) if stage.size.is_open(place)][:BACKLOG]
    ends = stage.clock.now() + OUTAGE
    step = 0
    while stage.clock.now() < ends:
        if step < BUSY_POLLS:
            stage.practice.change(partial(edited, places=places[step::BUSY_POLLS], at=stage.clock.now()))
        stage.go()
        step += 1
        stage.later(POLL)
    before = stage.sent()
    done, document = stage.go()
    assert done, "the first run after the outage did not come to its end"
    assert document["updated"]["invoices"] == len(places), document["updated"]
    # As in benchmarks/calls.py: six lists of the practice and the lines, which were read during the outage; four of
    # the books, three for the chart; documents are read before they are changed, 40 at once, and written by 50. After
    # twelve hours places and people are read again (five calls), and the sign-in has run out (two).
    least = 6 + ceil(len(places) / 80) + 4 + 3 + ceil(len(places) / 40) + ceil(len(places) / 50) + 5 + 2
    return Figure(
        name=f"retries: {len(places)} edits after an outage of 12 hours",
        measured=stage.sent() - before,
        yardstick=least,
        unit="calls",
        against="the least possible",
        limit=1.2,
        note=f"{before} calls before it, {step} runs during the outage",
    )
