"""What every page must stand: axe, 320 px, dark and light, and a picture for people to look at."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SHOTS = Path(__file__).parents[2] / ".shots"
"""Pictures of every page, for people to look at; git ignores them."""
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


_DOUBLED = """() => {
    const ids = [...document.querySelectorAll("[id]")].map(one => one.id);
    return [...new Set(ids.filter((one, place) => ids.indexOf(one) !== place))];
}"""


def findings(page: Page) -> list[str]:
    """Return what axe finds on a page, each with the first place, and every id that stands there twice."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": _TAGS}})
    told = [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:120]}" for one in found.response["violations"]]
    return told + [f"the id {one} stands there twice" for one in page.evaluate(_DOUBLED)]


_ASIDE = """() => [...document.querySelectorAll('main td, main th, main .scroll')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth || one.scrollWidth > one.clientWidth + 1)
    .filter((one) => one.checkVisibility() && getComputedStyle(one).display !== "inline" && !one.closest("thead"))
    .map((one) => one.textContent.trim().slice(0, 80))"""


def hidden_aside(page: Page) -> list[str]:
    """Return what of the tables of a page runs out of the window, or out of its own box, at the side."""
    return [str(one) for one in page.evaluate(_ASIDE)]


def sideways(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
