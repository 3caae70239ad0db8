"""How many calls a nightly comparison needs, beside the least that comparing in tiers takes.

The tiers are those of `failure-modes-and-limits.md` section 2.5: each month older than 90 days is counted (one call
for the practice, two for the books), what is younger is listed, and of the older months a thirtieth, so that every
month is listed once in thirty days. Before that stands what any run without changes needs. It is a medium clinic of
20,000 patients and 150,000 invoices with three years behind it; posting all of that first takes most of the time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from math import ceil
from pathlib import Path

from benchmarks.calls import ENVIRONMENT, Stage
from benchmarks.clinic import NOW, RULEBOOK, Size, raised_at
from benchmarks.figures import Figure
from ligament.app.reconcile import reconcile
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.settings import load_settings
from tests.support.mounting import mounted

SINCE = NOW - timedelta(days=3 * 365)
MEDIUM, DAY = Size(patients=20_000, invoices=150_000, since=SINCE), 5_000
RECENT, ROUND = timedelta(days=90), 30
_FILLING = 50_000
_QUIET_PRACTICE, _QUIET_BOOKS = 8, 4


def measure(*, small: bool = False) -> list[Figure]:
    """Post everything, let a night pass, and compare as the schedule does."""
    size = Size(patients=60, invoices=500, since=SINCE) if small else MEDIUM
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), size)


def _measured(home: Path, size: Size) -> list[Figure]:
    # Filling is not what is measured: it may use more calls in a day than a clinic has.
    stage = Stage(home, size, daily_calls=_FILLING)
    text = RULEBOOK.replace("2026-07-01", SINCE.date().isoformat())
    text = text.replace("xero_daily_calls = 5000", f"xero_daily_calls = {_FILLING}")
    (home / "ligament.toml").write_text(text, encoding="utf-8")
    posted = stage.run()[0].document["created"]["invoices"]
    assert posted == size.invoices, posted
    days = [raised_at(place, size).date() for place in range(size.invoices)]
    stage.later(timedelta(hours=14))
    stage.practice.clear_log()
    stage.books.clear_log()
    settings = load_settings(home=home, environ=ENVIRONMENT)
    transports = {"cliniko": mounted(stage.practice), "xero": mounted(stage.books)}
    with open_clinic(settings, outside=Overrides(transports=transports, clock=stage.clock)) as app:
        told = reconcile(app).document
    assert told["balanced"], told["variances"][:3]
    assert told["swept"]["counted"] > 0
    books = [one for one in stage.books.log if not one.request.path.startswith("/connect")]
    practice_least, books_least = least(days, stage.clock.now().date())
    name = f"nightly comparison, {size.invoices:,} invoices of three years"
    return [
        Figure(
            name=f"{name}: practice", measured=len(stage.practice.log), yardstick=practice_least, unit="calls",
            against="the least in tiers", limit=1.1, note=f"bytes {told['bytes']}",
        ),
        Figure(
            name=f"{name}: books", measured=len(books), yardstick=books_least, unit="calls",
            against="the least in tiers", limit=1.1,
        ),
        Figure(
            name=f"{name}: books, of the day", measured=len(books), yardstick=DAY / 10, unit="calls",
            against="a tenth of the day's allowance", limit=1.0,
        ),
    ]  # fmt: skip


def least(days: Sequence[date], today: date) -> tuple[int, int]:
    """Return the least calls to the practice and to the books for invoices of those days."""
    months = sorted({day.isoformat()[:7] for day in days})
    young = {month for month in months if _last(month) >= today - RECENT}
    old = [month for month in months if month not in young]
    due = old[: ceil(len(old) / ROUND)]
    recent = sum(day.isoformat()[:7] in young for day in days)
    again = sum(day.isoformat()[:7] in due for day in days)
    practice = _QUIET_PRACTICE + len(old) + ceil(recent / 100) + ceil(again / 100)
    books = _QUIET_BOOKS + 2 * len(old) + ceil(recent / 1000) + ceil(again / 1000) + 2
    return practice, books


def _last(month: str) -> date:
    return (date.fromisoformat(f"{month}-01") + timedelta(days=31)).replace(day=1) - timedelta(days=1)
