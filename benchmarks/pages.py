"""Pages: what a cold load weighs, when its first byte comes with a large clinic, and when a browser can use it."""

from __future__ import annotations

import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Browser, sync_playwright

from benchmarks.comparison import CLINIC, fill
from benchmarks.figures import Figure
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import RunId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.plans import Outcome, Plan, RecordKind, State
from ligament.wiring.clinic import open_clinic
from tests.browser.serving import listening
from tests.web.conftest import LOOPBACK, RULES, Shop

PAGES = (
    "", "waiting", "plan", "contacts", "runs", "reconciliation", "reports", "journal", "mapping", "rules", "settings",
    "connect",
)  # fmt: skip
TIMES = 15
MOST_MS, MOST_KB = 200.0, 60.0
LOADS, USABLE_MS = 5, 500.0
_OWN_FILE = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def measure(*, small: bool = False) -> list[Figure]:
    """Ask for each page of a large clinic."""
    with tempfile.TemporaryDirectory() as folder:
        return _pages(Path(folder), 2_000 if small else 50_000)


# --- one page at a time -----------------------------------------------------------------------------------------------


def _pages(home: Path, pairs: int) -> list[Figure]:
    (home / "ligament.toml").write_text(RULES.format(name=CLINIC), encoding="utf-8")
    shop = Shop(home=home, environ=dict(LOOPBACK))
    shop.open()
    # The journal first: linked records beside an empty one look as if its entries had been taken away.
    _hold(shop, 500)
    fill(shop.database, pairs, 100)
    with _signed_in(shop) as client:
        empty = _median_ms(client, "/nothing")
        figures = [one for path in PAGES for one in _of_page(client, f"/c/{CLINIC}/{path}", empty, pairs)]
        figures += _usable(client, pairs)
    shop.close()
    return figures


def _hold(shop: Shop, number: int) -> None:
    subjects = [Subject(kind=SubjectKind.INVOICE, id=str(10**18 + place)) for place in range(number)]
    holds = tuple(
        Hold(subject=one, code=HoldCode.UNMAPPED_ITEM, kind=HoldKind.INVOICE, number=one.id, sentence="No account.")
        for one in subjects
    )
    ended = tuple(
        Outcome(subject=one, kind=RecordKind.INVOICES, state=State.HELD, number=one.id, reason="unmapped_item")
        for one in subjects
    )
    settings = shop.door.place.runner.settings
    with open_clinic(settings, CLINIC, None, shop.database) as clinic:
        clinic.store.keep_outcomes(RunId("r1"), Plan(outcomes=ended, holds=holds), set(subjects))


@contextmanager
def _signed_in(shop: Shop) -> Iterator[httpx2.Client]:
    session = shop.owner().client.cookies["ligament_session"]
    with (
        listening(shop.app) as url,
        httpx2.Client(base_url=url, cookies={"ligament_session": session}, timeout=60) as client,
    ):
        yield client


def _median_ms(client: httpx2.Client, path: str) -> float:
    """Return how long the first byte takes, once the page has been made before."""
    client.get(path)
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        with client.stream("GET", path) as answer:
            took.append((time.perf_counter() - began) * 1000)
            answer.read()
    return statistics.median(took)


def _of_page(client: httpx2.Client, path: str, empty_ms: float, pairs: int) -> Iterator[Figure]:
    median = _median_ms(client, path)
    yield Figure(
        name=f"first byte of {path}, {3 * pairs:,} records, 500 holds",
        measured=median,
        yardstick=MOST_MS,
        unit="ms",
        against="200 ms",
        limit=1.0,
        note=f"an empty page of the same server in the same run: {empty_ms:.1f} ms",
    )
    yield Figure(
        name=f"weight of {path}, everything that a cold load brings",
        measured=_weight(client, path) / 1024,
        yardstick=MOST_KB,
        unit="KB",
        against="60 KB",
        limit=1.0,
    )


def _weight(client: httpx2.Client, path: str) -> int:
    page = client.get(path)
    files = sorted(set(_OWN_FILE.findall(page.text)))
    return page.num_bytes_downloaded + sum(client.get(file).num_bytes_downloaded for file in files)


def _usable(client: httpx2.Client, pairs: int) -> list[Figure]:
    """Return when a page can be used in a browser that has never seen it: all of it is there, and its script ran."""
    what = f"usable in a browser, {3 * pairs:,} records, 500 holds"
    if (chromium := shutil.which("chromium")) is None:
        return [Figure(name=what, skipped="Chromium is not installed")]
    figures = []
    session, url = client.cookies["ligament_session"], str(client.base_url)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        cookie = {"name": "ligament_session", "value": session, "url": url}
        empty_ms, empty_used_ms = _loaded(browser, url, cookie, "/nothing")
        for path in PAGES:
            median, used = _loaded(browser, url, cookie, f"/c/{CLINIC}/{path}")
            figures.append(
                Figure(
                    name=f"{what}: /c/{CLINIC}/{path}",
                    measured=median,
                    yardstick=USABLE_MS,
                    unit="ms",
                    against="0.5 s",
                    limit=1.0,
                    note=f"{used:.0f} ms of work in the browser; an empty page {empty_ms:.0f}, {empty_used_ms:.0f} ms",
                )
            )
        browser.close()
    return figures


def _loaded(browser: Browser, url: str, cookie: Any, path: str) -> tuple[float, float]:  # noqa: ANN401 - as the browser takes it
    """Return when a page was usable, and how long the browser's main thread worked for it, in milliseconds."""
    took, used = [], []
    for _ in range(LOADS):
        context = browser.new_context(base_url=url)
        context.add_cookies([cookie])
        page = context.new_page()
        meter = context.new_cdp_session(page)
        meter.send("Performance.enable")
        page.goto(path)
        took.append(float(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart")))
        told = {one["name"]: one["value"] for one in meter.send("Performance.getMetrics")["metrics"]}
        used.append(told["TaskDuration"] * 1000)
        context.close()
    return statistics.median(took), statistics.median(used)
