"""Watched: how much slower a clinic posts while fifty people look at its live page, in one run on one machine.

A first, small posting loads everything; then the same clinic posts with nobody looking and with everybody looking, in
turns that begin with the other one each time. The best of each is compared: what else the machine does only ever adds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.calls import ENVIRONMENT, Stage
from benchmarks.clinic import LARGE, SMALL, Size
from benchmarks.figures import Figure
from benchmarks.measuring import cpu_s, peak_mb
from ligament.service.progress import BOARD
from tests.browser.serving import listening
from tests.web.conftest import LOOPBACK, Shop

VIEWERS, MOST_SLOWER = 50, 1.10
LEAST_TURNS, MOST_TURNS, ENOUGH_S = 2, 4, 200.0
"""How often each is measured: at least twice, and again while there is time; the whole of it within five minutes."""
_VIEWERS = Path(__file__).with_name("viewers.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One first run: how long it took, what the process used for it, pages included, and what the viewers saw."""

    took_s: float
    used_s: float
    events: int = 0
    pages: int = 0


def measure(*, small: bool = False) -> list[Figure]:
    """Let a clinic post again and again, with people who look on and without."""
    _posting(SMALL, 0)
    size, began = SMALL if small else LARGE, time.monotonic()
    alone: list[Posting] = []
    watched: list[Posting] = []
    while len(alone) < LEAST_TURNS or (len(alone) < MOST_TURNS and time.monotonic() - began < ENOUGH_S):
        for viewers in (0, VIEWERS) if len(alone) % 2 == 0 else (VIEWERS, 0):
            (watched if viewers else alone).append(_posting(size, viewers))
    return _figures(size, alone, watched)


def _figures(size: Size, alone: list[Posting], watched: list[Posting]) -> list[Figure]:
    name = f"posting {size.invoices:,} invoices with {VIEWERS} viewers"
    pages, events = (min(getattr(one, what) for one in watched) for what in ("pages", "events"))
    return [
        Figure(
            name=name,
            measured=min(one.took_s for one in watched),
            yardstick=min(one.took_s for one in alone),
            unit="s",
            against="with nobody looking",
            limit=MOST_SLOWER,
            note=f"best of {len(alone)} turns each; watched {_each(watched)}; alone {_each(alone)}",
        ),
        Figure(
            name=f"{name}: processor, pages included",
            measured=min(one.used_s for one in watched),
            yardstick=min(one.used_s for one in alone),
            unit="s",
            against="with nobody looking",
            limit=MOST_SLOWER,
            note=f"the viewers were told of changes and progress at least {events} times, and got {pages} pages",
        ),
        Figure(name=f"{name}: memory", measured=peak_mb(), yardstick=1024, unit="MB", against="1 GB", limit=1.0),
    ]


def _each(turns: list[Posting]) -> str:
    return ", ".join(f"{one.took_s:.1f}" for one in turns) + " s"


def _posting(size: Size, viewers: int) -> Posting:
    """Post a clinic for the first time while so many people look at its overview, each as our script does."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        stage = Stage(home, size)
        shop = Shop(home=home, environ={**ENVIRONMENT, **LOOPBACK})
        shop.open()
        clinic = shop.door.place.runner.settings.clinics[0]
        session = shop.owner().client.cookies["ligament_session"]
        with listening(shop.app) as url:
            command = [sys.executable, str(_VIEWERS), url, session, str(viewers), f"/c/{clinic.id}/"]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as looking:
                assert looking.stdin is not None
                assert looking.stdout is not None
                looking.stdout.readline()
                began, used = time.perf_counter(), cpu_s()
                with BOARD.working(clinic.name):
                    stage.run()
                took, spent = time.perf_counter() - began, cpu_s() - used
                looking.stdin.close()
                seen = json.loads(looking.stdout.readline())
        shop.close()
        assert viewers == 0 or seen["events"] > 0, "nobody saw anything"
        return Posting(took_s=took, used_s=spent, events=seen["events"], pages=seen["pages"])
