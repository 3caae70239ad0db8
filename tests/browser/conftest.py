"""A real browser before the real server: Debian's Chromium, driven without a window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.at_work import AtWork, Made, at_work, make
from tests.browser.serving import Served, listening
from tests.web.conftest import LOOPBACK, RULES, Shop

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is missing: `make browser` installs it"
    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def served_shop(home: Path, *clinics: str) -> Iterator[Served]:
    """Serve the dashboard of a home with these clinics."""
    if clinics:
        (home / "clinics").mkdir()
    for name in clinics:
        (home / "clinics" / f"{name}.toml").write_text(RULES.format(name=name))
    shop = Shop(home=home, environ=dict(LOOPBACK))
    shop.open()
    try:
        with listening(shop.app) as url:
            yield Served(shop=shop, url=url)
    finally:
        shop.close()


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Served]:
    """A dashboard with an owner, who is signed in wherever a page is opened."""
    with served_shop(tmp_path, "North", "South") as served:
        owner = served.shop.owner()
        served.telephone = owner.telephone
        served.session = owner.client.cookies["ligament_session"]
        yield served


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[Served]:
    """A dashboard of an empty home."""
    with served_shop(tmp_path) as served:
        yield served


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A clinic at work, made once for all tests."""
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def clinic(made: Made, tmp_path: Path) -> Iterator[AtWork]:
    """A copy of the clinic at work, behind a dashboard that its owner is signed in to."""
    with at_work(made, tmp_path) as working:
        yield working
