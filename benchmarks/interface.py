"""What a page of the interface costs over the wire, beside a route that does nothing, asked in turns in one run."""

from __future__ import annotations

import http.client
import logging
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from benchmarks.figures import Figure
from ligament.web.api.limits import Meter
from tests.browser.serving import listening
from tests.web.calling import tool
from tests.web.conftest import LOOPBACK, RULES, Shop
from tests.web.crowd import hold

HOLDS, ROWS, CALLS, FEW, LIMIT = 2_000, 100, 400, 60, 3.0
SHARE = 0.95


def measure(*, small: bool = False) -> list[Figure]:
    """Ask for a page of a hundred holds and for nothing, one after the other, many times."""
    calls = FEW if small else CALLS
    # A line for each call is for tests, not for a service.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    pages, nothing = (sorted(spent) for spent in _spent(calls))
    place = int(calls * SHARE)
    return [
        Figure(
            name=f"a page of {ROWS} holds out of {HOLDS:,}, p95",
            measured=pages[place] * 1000,
            yardstick=nothing[place] * 1000,
            unit="ms",
            against="an empty route",
            limit=LIMIT,
            note=f"{calls / sum(pages):,.0f} pages a second on one connection; empty: {calls / sum(nothing):,.0f}",
        )
    ]


def _spent(calls: int) -> tuple[list[float], list[float]]:
    """Return the seconds that each page took, and each empty answer."""
    # The limit for each token is what keeps a tool from asking this often.
    Meter.wait_s = _at_once  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "clinics").mkdir()
        (home / "clinics" / "North.toml").write_text(RULES.format(name="North"), encoding="utf-8")
        shop = Shop(home=home, environ=dict(LOOPBACK))
        shop.open()
        hold(shop, *range(HOLDS))
        headers = {"authorization": f"Bearer {tool(shop).token}"}
        with listening(shop.app) as served, listening(_empty()) as bare:
            page, empty = _Caller(served, headers), _Caller(bare, headers)
            path = f"/api/v1/clinics/north/holds?limit={ROWS}"
            for _ in range(10):
                page.ask(path), empty.ask("/")
            pairs = [(page.ask(path), empty.ask("/")) for _ in range(calls)]
        shop.close()
    return [one for one, _ in pairs], [other for _, other in pairs]


def _at_once(self: Meter, token: str) -> int:
    del self, token
    return 0


def _empty() -> Litestar:
    async def nothing() -> ASGIResponse:
        return ASGIResponse(body=b"")

    return Litestar([HTTPRouteHandler("/", http_method=["GET"])(nothing)], openapi_config=None)


class _Caller:
    """One connection that stays open."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = headers

    def ask(self, path: str) -> float:
        """Ask once, and return the seconds until the whole answer was there."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        return time.perf_counter() - began
