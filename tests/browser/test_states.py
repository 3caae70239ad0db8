"""Every page in every state can be read by everybody: axe finds nothing, and nothing runs out of a narrow window."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.pictures import QUICK, walked
from tests.browser.scenes import WORLDS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_every_state_stands_axe_and_a_narrow_window_light_and_dark(name: str, browser: Browser, tmp_path: Path) -> None:
    make, scenes = WORLDS[name]
    with make(tmp_path / "world") as world:
        told = [pair for look in QUICK for pair in walked(browser, world, scenes, look)]
    assert len(told) == len(QUICK) * len(scenes)
    assert {what: said for what, said in told if said} == {}
