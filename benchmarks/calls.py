"""How many calls a run needs, beside the least that the vendors' page and batch sizes allow.

The least for a first run is `failure-modes-and-limits.md` section 2.3, with N patients, M invoices, I lines and P
payments, 100 rows a page in the practice, 50 elements a write and 1,000 rows a page in the books:

    practice = N/100 + M/100 + I/100 + 10
    books    = N/50 + M/50 + P/50 (written)  +  N/1000 + M/1000 + P/1000 + 5 (verified); each rounded up

A run with nothing to do may use 8 calls of the practice and 4 of the books.

The least for changed invoices is what a run without changes needs (six lists and settings of the practice; the
organisation and three lists of the books; places and people are read again every half hour only), and on top: one call
for the lines of the changed invoices (80 ids each); three for accounts, tax rates and tracking, which are read before
anything is written; for edits the documents are read again before they are changed (40 ids a call); one write for each
50.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

from benchmarks.clinic import LARGE, NOW, RULEBOOK, SMALL, Size, books_world, edited, paid, practice_world
from benchmarks.clock import JumpingClock
from benchmarks.figures import Figure
from ligament.app.results import Result
from ligament.app.sync import sync
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator.charts import CLIENT_SECRET, CUSTOM_CLIENT_ID
from ligament.net.session import path_template
from ligament.simkit.hosting import Exchange, Host
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.settings import load_settings
from tests.support.mounting import LOOPBACK, mounted

CHANGED = 50
ENVIRONMENT = {
    "CLINIKO_API_KEY": cliniko.DEFAULT_KEY,
    "LIGAMENT_CLINIKO_URL": f"{LOOPBACK}/v1",
    "XERO_CLIENT_ID": CUSTOM_CLIENT_ID,
    "XERO_CLIENT_SECRET": CLIENT_SECRET,
    "LIGAMENT_XERO_API_URL": LOOPBACK,
    "LIGAMENT_XERO_IDENTITY_URL": LOOPBACK,
}


class Stage:
    """Both simulators mounted under the real client, on a clock that nobody waits for."""

    def __init__(self, home: Path, size: Size, *, daily_calls: int = 5_000) -> None:
        self.clock = JumpingClock(NOW)
        self.size = size
        self.practice = Host(cliniko.handle, practice_world(size), clock=self.clock.tick, log_limit=100_000)
        self.books = Host(xero.handle, books_world(daily_calls), clock=self.clock.tick, log_limit=100_000)
        self._home = home
        (home / "ligament.toml").write_text(RULEBOOK, encoding="utf-8")

    def run(self) -> tuple[Result, list[Exchange], list[Exchange]]:
        """Run once; returns the verdict and what was said to practice and books."""
        self.practice.clear_log()
        self.books.clear_log()
        settings = load_settings(home=self._home, environ=ENVIRONMENT)
        outside = Overrides(
            transports={"cliniko": mounted(self.practice), "xero": mounted(self.books)}, clock=self.clock
        )
        with open_clinic(settings, outside=outside) as app:
            verdict = sync(app)
        said = [exchange for exchange in self.books.log if not exchange.request.path.startswith("/connect")]
        return verdict, self.practice.log, said

    def later(self, wait: timedelta) -> None:
        """Let time pass."""
        self.clock.pause_ms(wait // timedelta(milliseconds=1))


def least_of_first(size: Size) -> tuple[int, int]:
    """Return the least calls of a first run to the practice and to the books."""
    patients, invoices, payments = size.patients, size.invoices, size.payments()
    reads = ceil(patients / 100) + ceil(invoices / 100) + ceil(size.items() / 100) + 10
    writes = ceil(patients / 50) + ceil(invoices / 50) + ceil(payments / 50)
    checks = ceil(patients / 1000) + ceil(invoices / 1000) + ceil(payments / 1000) + 5
    return reads, writes + checks


def measure(*, small: bool = False) -> list[Figure]:
    """Run a clinic through its first run, a quiet one, fifty edits and fifty payments."""
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Stage(Path(folder), SMALL if small else LARGE))


def _measured(stage: Stage) -> list[Figure]:
    size = stage.size
    verdict, practice, books = stage.run()
    posted = verdict.document["created"]
    assert (posted["invoices"], posted["payments"]) == (size.invoices, size.payments()), posted
    reads, writes = least_of_first(size)
    name = f"first run, {size.invoices:,} invoices"
    figures = [
        _figure(f"{name}: practice", practice, reads, 1.10),
        _figure(f"{name}: books", books, writes, 1.10),
    ]
    stage.later(timedelta(minutes=1))
    figures += _quiet(stage, "nothing to do", 1.0)
    open_ones = [place for place in range(size.invoices) if size.is_open(place) and place % 10 not in {2, 5, 8}]
    figures += _changed(stage, f"{CHANGED} edited", edited, open_ones[:CHANGED], rereads=ceil(CHANGED / 40))
    figures += _changed(stage, f"{CHANGED} paid", paid, open_ones[-CHANGED:], rereads=0)
    stage.later(timedelta(hours=1))
    figures += _quiet(stage, "nothing to do, an hour later", 1.0)
    late = open_ones[CHANGED : 2 * CHANGED]
    figures += _changed(stage, f"{CHANGED} edited, an hour later", edited, late, rereads=ceil(CHANGED / 40))
    return figures


def _quiet(stage: Stage, name: str, limit: float | None) -> list[Figure]:
    verdict, practice, books = stage.run()
    assert not any(verdict.document["created"].values()), verdict.document["created"]
    return [
        _figure(f"{name}: practice", practice, 8, limit, against="8 calls"),
        _figure(f"{name}: books", books, 4, limit, against="4 calls"),
    ]


def _changed(
    stage: Stage,
    name: str,
    change: Callable[[Any, list[int], Any], Any],
    places: list[int],
    rereads: int,
) -> list[Figure]:
    stage.later(timedelta(minutes=6))
    stage.practice.change(lambda world: change(world, places, stage.clock.now()))
    stage.later(timedelta(minutes=1))
    verdict, practice, books = stage.run()
    done = verdict.document["updated"]["invoices"] + verdict.document["created"]["payments"]
    assert done == len(places), verdict.document
    return [
        _figure(f"{name}: practice", practice, 6 + ceil(CHANGED / 80), 1.3),
        _figure(f"{name}: books", books, 4 + 3 + rereads + ceil(CHANGED / 50), 1.3),
    ]


def _figure(
    name: str, said: Sequence[Exchange], least: int, limit: float | None, against: str = "the least possible"
) -> Figure:
    tally = Counter(f"{one.request.method} {path_template(one.request.path)}" for one in said)
    parts = ", ".join(f"{count} {what}" for what, count in tally.most_common(14))
    # More than a tenth of a call too much is no measure for single calls: the note says where all of them went.
    return Figure(
        name=name, measured=len(said), yardstick=least, unit="calls", against=against, limit=limit, note=parts
    )
